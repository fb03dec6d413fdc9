/**
 * The exact twin of the other key stores, in memory.
 */

import type { KeyStore, StoredKey } from '../key-store.js';

export function createMemoryKeys(): KeyStore {
  const keys = new Map<string, StoredKey>();
  return {
    async create(key) {
      const there = keys.get(key.keyId);
      if (there) return there.sealedSecret === key.sealedSecret ? 'created' : 'exists';
      keys.set(key.keyId, key);
      return 'created';
    },
    find: async (keyId) => keys.get(keyId),
    async list(countMax, after) {
      const ids = [...keys.keys()].sort().filter((id) => after === undefined || id > after);
      const page = ids.slice(0, countMax).map((id) => keys.get(id) as StoredKey);
      const last = page.at(-1);
      return ids.length > countMax && last ? { keys: page, after: last.keyId } : { keys: page };
    },
    async revoke(keyId, atMs) {
      const key = keys.get(keyId);
      if (!key) return 'missing';
      keys.set(keyId, { ...key, revokedAtMs: key.revokedAtMs ?? atMs });
      return 'revoked';
    },
  };
}
