/** Small objects under keys of kind `inline`, where a store has a place of its own for them: objects like any. */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { inlineBytesCap } from '../../lib/log/limits.js';
import { StoreError } from '../../lib/store/store-error.js';
import type { Stores } from '../../lib/store/stores.js';
import { walKey } from './log-builders.js';

export function inlineObjectsSuite(stores: () => Stores): void {
  const inlineKey = () => walKey().replace('wal/', 'inline/');
  const bytesOf = (sizeBytes: number, seed = 0) =>
    Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + seed) % 251);

  describe('inline objects', () => {
    test('are written once, in parts, and read in ranges', async () => {
      const { objects } = stores();
      const key = inlineKey();
      const bytes = bytesOf(3_000);
      expect(await objects.put(key, [bytes.subarray(0, 7), bytes.subarray(7)])).toBe('written');
      expect(await objects.put(key, [bytesOf(3_000, 2)])).toBe('exists');
      expect(await objects.read(key, 0, 3_000)).toEqual({ kind: 'bytes', bytes });
      const middle = { kind: 'bytes', bytes: bytes.slice(1_000, 1_500) };
      expect(await objects.read(key, 1_000, 500)).toEqual(middle);
      await expect(objects.read(key, 2_999, 2)).rejects.toThrow(StoreError);
    });

    test('are as large as a topic may want them', async () => {
      const { objects } = stores();
      const key = inlineKey();
      const bytes = bytesOf(inlineBytesCap);
      await objects.put(key, [bytes]);
      expect(await objects.read(key, 0, bytes.length)).toEqual({ kind: 'bytes', bytes });
    });

    test('are deleted together with others, and then are not there', async () => {
      const { objects } = stores();
      const keys = [...Array.from({ length: 30 }, inlineKey), walKey()];
      await Promise.all(keys.map((key) => objects.put(key, [bytesOf(10)])));
      await objects.delete([...keys, inlineKey()]);
      const reads = await Promise.all(keys.map((key) => objects.read(key, 0, 10)));
      expect(reads).toEqual(keys.map(() => ({ kind: 'missing' })));
    });

    test('are listed by their hour, in order, page by page, until the hour is deleted', async () => {
      const { objects } = stores();
      const hour = `19${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
      const prefix = `inline/${hour}/`;
      const keys = Array.from({ length: 40 }, () => prefix + randomUUID()).sort();
      expect(await objects.list(prefix, 10)).toEqual([]);
      await Promise.all(keys.map((key) => objects.put(key, [bytesOf(10)])));
      const other = prefix.replace('/19', '/18') + randomUUID();
      await objects.put(other, [bytesOf(10)]);
      // Small ones may still be on their way into the index.
      await expect.poll(() => objects.list(prefix, 100)).toEqual(keys);
      for (const countMax of [1, 7, 39, 40]) {
        const listed: string[] = [];
        for (let page: readonly string[] = []; ; ) {
          page = await objects.list(prefix, countMax, page.at(-1));
          listed.push(...page);
          if (page.length < countMax) break;
        }
        expect(listed).toEqual(keys);
      }
      expect(await objects.listPrefixes('inline/')).toContain(hour);
      expect(await objects.deletePrefix(prefix, 30)).toBe(30);
      expect(await objects.list(prefix, 100)).toEqual(keys.slice(30));
      expect(await objects.listPrefixes('inline/')).toContain(hour);
      expect(await objects.deletePrefix(prefix, 30)).toBe(10);
      expect(await objects.listPrefixes('inline/')).not.toContain(hour);
      expect(await objects.deletePrefix(prefix, 30)).toBe(0);
      expect(await objects.read(other, 0, 10)).toEqual({ kind: 'bytes', bytes: bytesOf(10) });
      // The same instance begins the hour again.
      await objects.put(keys[0] as string, [bytesOf(10)]);
      await expect.poll(() => objects.listPrefixes('inline/')).toContain(hour);
      await objects.deletePrefix(prefix, 30);
      await objects.delete([other]);
    });
  });
}
