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

  /** Writes an object piece by piece, holding no more than about a part of it in memory. */
  create(key: string): Promise<ObjectWriter>;
  /** Keys that begin with `prefix` and come after `after`, in their order, at most `countMax`. */
  list(prefix: string, countMax: number, after?: string): Promise<readonly string[]>;
  /** The names between `prefix` and the next slash, of all keys that begin with it. */
  listPrefixes(prefix: string): Promise<readonly string[]>;
  /**
   * Deletes what `list(prefix, countMax)` names, and says how much it was. Less than `countMax`: nothing
   * is left below the prefix, nor is it named by `listPrefixes`. For prefixes that end with a slash.
   */
  deletePrefix(prefix: string, countMax: number): Promise<number>;
};

/** The object is there, all of it, when `finish` has returned; before that there is nothing. */
export type ObjectWriter = {
  /** Takes the bytes before it returns: the caller may go on to change them. */
  append(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Gives it up; harmless after a failed `finish`. */
  abort(): Promise<void>;
};
