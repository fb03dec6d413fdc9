/**
 * Port: immutable objects. A `put` that returned is durable, or will be so before any commit to the index
 * of the same stores that is made after it; an object never changes afterwards. Failures throw
 * `StoreError`.
 */

import type { ByteParts } from '../log/byte-parts.js';

export type PutOutcome = 'written' | 'exists';

export type ObjectStore = {
  /**
   * Writes the object if there is none under that key. `exists` may be our own earlier attempt whose
   * reply was lost; keys hold a fresh uuid, so it cannot be anybody else's. The parts are the object's
   * bytes one after another, and must not change any more.
   */
  put(key: string, parts: ByteParts): Promise<PutOutcome>;
  /**
   * Exactly `sizeBytes` bytes from `position`, in memory the caller may write to. `missing` when the
   * object is not there; `StoreError` with reason `corrupt` when it is shorter than that.
   */
  read(
    key: string,
    position: number,
    sizeBytes: number,
  ): Promise<{ kind: 'bytes'; bytes: Uint8Array } | { kind: 'missing' }>;
  /** Deleting what is not there is fine. */
  delete(keys: readonly string[]): Promise<void>;
};
