/**
 * Small objects lie in the index, not in files: then a flush of little records costs one transaction and
 * no file. Such a put returns before it is on disk; the commit that points to the object is in the same
 * transaction or a later one, and is refused should the object not have made it.
 */

import { type ByteParts, copyRange, sizeOf } from '../../log/byte-parts.js';
import type { ObjectStore } from '../object-store.js';
import { StoreError } from '../store-error.js';
import type { Table } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { Reading } from './local-index.js';
import type { LocalObjects } from './local-objects.js';

/** Above this a file of its own is cheaper than the pages that LMDB would copy and free. */
export const smallObjectBytesMax = 256 * 1024;

export type SmallObjects = ObjectStore & {
  /** Inside a transaction: throws unless the object is there, or comes with this transaction. */
  assertPut(key: string): void;
};

export function createSmallObjects(
  table: Table<Uint8Array>,
  files: LocalObjects,
  commits: GroupCommit,
  reading: Reading,
): SmallObjects {
  /** Puts that are not on disk yet. */
  const pending = new Map<string, Uint8Array>();
  /** Puts that never got there. Kept, because a refused commit is tried again. */
  const failed = new Map<string, StoreError>();

  function putInIndex(key: string, parts: ByteParts): void {
    const bytes = copyRange(parts);
    pending.set(key, bytes);
    commits
      .run<void>(() => ({ answer: undefined, write: () => table.put(key, bytes) }))
      .catch((failure: StoreError) => failed.set(key, failure))
      .finally(() => pending.delete(key));
  }

  function find(key: string): Uint8Array | undefined {
    return reading(() => pending.get(key) ?? table.get(key));
  }

  return {
    assertPut(key) {
      const unsettled = pending.has(key) || failed.has(key);
      if (!unsettled || table.get(key) !== undefined) return;
      const cause = failed.get(key);
      const reason = cause?.reason ?? 'unavailable';
      const message = `object ${key} was not written: ${cause?.message ?? 'no reason known'}`;
      throw new StoreError(message, { reason, effect: 'none', cause });
    },
    async put(key, parts) {
      if (find(key) !== undefined) return 'exists';
      if (sizeOf(parts) > smallObjectBytesMax) return files.put(key, parts);
      if (files.has(key)) return 'exists';
      putInIndex(key, parts);
      return 'written';
    },
    async read(key, position, sizeBytes) {
      const object = find(key);
      if (object === undefined) return files.read(key, position, sizeBytes);
      if (position + sizeBytes <= object.length) {
        return {
          kind: 'bytes',
          bytes: new Uint8Array(object.subarray(position, position + sizeBytes)),
        };
      }
      throw new StoreError(`object ${key} ends before ${position + sizeBytes}`, {
        reason: 'corrupt',
        effect: 'none',
      });
    },
    async delete(keys) {
      const rest = await commits.run(() => {
        const small = new Set(keys.filter((key) => table.get(key) !== undefined));
        const write = () => {
          for (const key of small) table.remove(key);
        };
        return { answer: keys.filter((key) => !small.has(key)), write };
      });
      if (rest.length > 0) await files.delete(rest);
    },
  };
}
