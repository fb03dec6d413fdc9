/**
 * Access keys in LMDB, their secrets sealed by a key that lies beside it in a file of its own.
 */

import type { KeyStore, StoredKey } from '../key-store.js';
import type { Table } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { Reading } from './reading.js';

export function createLocalKeys(
  keys: Table<StoredKey>,
  commits: GroupCommit,
  reading: Reading,
): KeyStore {
  return {
    create: (key) =>
      commits.run<'created' | 'exists'>(() => {
        const there = keys.get(key.keyId);
        if (!there) return { answer: 'created', write: () => keys.put(key.keyId, key) };
        return { answer: there.sealedSecret === key.sealedSecret ? 'created' : 'exists' };
      }),
    find: async (keyId) => reading(() => keys.get(keyId)),
    list: async (countMax, after) =>
      reading(() => {
        const range = { ...(after !== undefined && { after }), countMax: countMax + 1 };
        const found = keys.values(range);
        const page = found.slice(0, countMax);
        const last = page.at(-1);
        return found.length > countMax && last ? { keys: page, after: last.keyId } : { keys: page };
      }),
    revoke: (keyId, atMs) =>
      commits.run<'revoked' | 'missing'>(() => {
        const key = keys.get(keyId);
        if (!key) return { answer: 'missing' };
        if (key.revokedAtMs !== null) return { answer: 'revoked' };
        const write = () => keys.put(keyId, { ...key, revokedAtMs: atMs });
        return { answer: 'revoked', write };
      }),
  };
}
