/** What every key store promises: lib/store/key-store.js. */

import { describe, expect, test } from 'vitest';
import type { StoredKey } from '../../lib/store/key-store.js';
import type { Stores } from '../../lib/store/stores.js';

let made = 0;

function newKey(): StoredKey {
  made++;
  return {
    keyId: `LBSUITE${String(made).padStart(4, '0')}`,
    name: 'Größe "1"',
    scopes: [{ operations: ['produce', 'read-only'], topics: ['', 'a-'], groups: [] }],
    limits: { requestsPerSecond: 0.5 },
    createdAtMs: 1_700_000_000_000,
    expiresAtMs: made % 2 === 0 ? null : 1_800_000_000_000,
    revokedAtMs: null,
    sealedSecret: `sealed-${made}`,
  };
}

export function keysSuite(stores: () => Stores): void {
  describe('access keys', () => {
    const keys = () => stores().keys;

    test('are found as they were created', async () => {
      for (const key of [newKey(), newKey()]) {
        expect(await keys().find(key.keyId)).toBeUndefined();
        expect(await keys().create(key)).toBe('created');
        expect(await keys().find(key.keyId)).toEqual(key);
      }
    });

    test('are created once: the same again changes nothing, another of the id is refused', async () => {
      const key = newKey();
      await keys().create(key);
      expect(await keys().create(key)).toBe('created');
      expect(await keys().create({ ...key, sealedSecret: 'other' })).toBe('exists');
      expect(await keys().find(key.keyId)).toEqual(key);
    });

    test('stay revoked since the first time', async () => {
      const key = newKey();
      expect(await keys().revoke(key.keyId, 5)).toBe('missing');
      await keys().create(key);
      expect(await keys().revoke(key.keyId, 10)).toBe('revoked');
      expect(await keys().revoke(key.keyId, 20)).toBe('revoked');
      expect(await keys().find(key.keyId)).toEqual({ ...key, revokedAtMs: 10 });
    });

    test('list in order of ids, in pages', async () => {
      const some = [newKey(), newKey(), newKey()];
      for (const key of [...some].reverse()) await keys().create(key);
      const seen: StoredKey[] = [];
      let after: string | undefined;
      do {
        const page = await keys().list(2, after);
        expect(page.keys.length).toBeLessThanOrEqual(2);
        seen.push(...page.keys);
        after = page.after;
      } while (after !== undefined);
      const ids = seen.map(({ keyId }) => keyId);
      expect(ids).toEqual([...new Set(ids)].sort());
      expect(seen).toEqual(expect.arrayContaining(some));
    });
  });
}
