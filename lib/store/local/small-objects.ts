/**
 * Small objects lie in the index, not in files: then a flush of little records costs one transaction and
 * no file. Such a put returns before it is on disk; the commit that points to the object is in the same
 * transaction or a later one, and is refused should the object not have made it.
 */

import { type ByteParts, copyRange, sizeOf } from '../../log/byte-parts.js';
import { keepNewest } from '../../log/keep-newest.js';
import { deleteListed } from '../delete-listed.js';
import type { ObjectStore } from '../object-store.js';
import { StoreError } from '../store-error.js';
import type { Table } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { LocalObjects } from './local-objects.js';
import type { Reading } from './reading.js';

/** Above this a file of its own is cheaper than the pages that LMDB would copy and free. */
export const smallObjectBytesMax = 256 * 1024;

/** Far more than flushes are under way at once. */
const failuresMax = 10_000;

export type SmallObjects = ObjectStore & {
  /** Inside a transaction: throws unless the object is there, or comes with this transaction. */
  assertPut(key: string): void;
};

/** Keys are ASCII: this comes after all that can follow a prefix. */
const lastCharacter = '\uffff';

/** One look per name, however many keys share it. */
function namesBelow(table: Table<Uint8Array>, prefix: string): string[] {
  const names: string[] = [];
  const end = `${prefix}${lastCharacter}`;
  for (let start = prefix; ; ) {
    const [key] = table.keys({ start, end, countMax: 1 }) as string[];
    if (key === undefined) return names;
    const [name = '', ...rest] = key.slice(prefix.length).split('/');
    if (rest.length > 0) names.push(name);
    start = `${prefix}${name}${rest.length > 0 ? '/' : ''}${lastCharacter}`;
  }
}

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
    // The commit that points to it is on its way.
    commits
      .runSoon<void>(() => ({ answer: undefined, write: () => table.put(key, bytes) }))
      .catch((failure: StoreError) => keepNewest(failed, key, failure, failuresMax))
      .finally(() => pending.delete(key));
  }

  function find(key: string): Uint8Array | undefined {
    return reading(() => pending.get(key) ?? table.get(key));
  }

  const store: SmallObjects = {
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
      // No look for a file: who puts a key again brings the same bytes, and as many lie here.
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
    create: (key) => files.create(key),
    async list(prefix, countMax, after) {
      const range = { ...(after === undefined ? { start: prefix } : { after }), countMax };
      const small = reading(() => table.keys({ ...range, end: `${prefix}${lastCharacter}` }));
      const large = await files.list(prefix, countMax, after);
      return [...(small as string[]), ...large].sort().slice(0, countMax);
    },
    async listPrefixes(prefix) {
      const names = new Set(await files.listPrefixes(prefix));
      for (const name of reading(() => namesBelow(table, prefix))) names.add(name);
      return [...names];
    },
    deletePrefix: (prefix, countMax) => deleteListed(store, prefix, countMax),
  };
  return store;
}
