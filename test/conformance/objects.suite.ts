/** What every object store does: written once and never changed, read in ranges, honest when short. */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/store/store-error.js';
import type { Stores } from '../../lib/store/stores.js';
import { walKey } from './log-builders.js';

export function objectsSuite(stores: () => Stores): void {
  const bytesOf = (sizeBytes: number, seed = 0) =>
    Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + seed) % 251);

  const segmentKey = () => `segments/${randomUUID()}/0/${randomUUID()}`;

  describe('objects', () => {
    test('stay what they were first', async () => {
      const { objects } = stores();
      const key = walKey();
      expect(await objects.put(key, [bytesOf(100, 1)])).toBe('written');
      expect(await objects.put(key, [bytesOf(100, 2)])).toBe('exists');
      expect(await objects.read(key, 0, 100)).toEqual({ kind: 'bytes', bytes: bytesOf(100, 1) });
    });

    // Fault 8 of docs/faults.md.
    test('are written once, also by many at once', async () => {
      const { objects } = stores();
      const key = walKey();
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, seed) => objects.put(key, [bytesOf(5_000, seed)])),
      );
      expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1);
      expect(await objects.read(key, 0, 5_000)).toEqual({
        kind: 'bytes',
        bytes: bytesOf(5_000, outcomes.indexOf('written')),
      });
    });

    test('do not change with the memory they came from or went to', async () => {
      const { objects } = stores();
      const key = walKey();
      const given = bytesOf(1_000);
      await objects.put(key, [given.subarray(100, 900)]);
      given.fill(0);
      const expected = { kind: 'bytes', bytes: bytesOf(1_000).subarray(100, 900) };
      for (let reads = 0; reads < 2; reads++) {
        const read = await objects.read(key, 0, 800);
        expect(read).toEqual(expected);
        if (read.kind === 'bytes') read.bytes.fill(0);
      }
    });

    test('are put in parts', async () => {
      const { objects } = stores();
      for (const sizeBytes of [1_000, 400_000]) {
        const key = walKey();
        const bytes = bytesOf(sizeBytes);
        const [a, b] = [3, sizeBytes - 70];
        const parts = [bytes.subarray(0, a), new Uint8Array(0), bytes.subarray(a, b)];
        expect(await objects.put(key, [...parts, bytes.subarray(b)])).toBe('written');
        expect(await objects.read(key, 0, sizeBytes)).toEqual({ kind: 'bytes', bytes });
      }
    });

    test('are read in ranges', async () => {
      const { objects } = stores();
      const key = walKey();
      const bytes = bytesOf(3_000_000);
      await objects.put(key, [bytes]);
      const ranges = [
        [0, 1],
        [0, 3_000_000],
        [2_999_999, 1],
        [1_000, 70_000],
        [123_456, 2_000_001],
      ] as const;
      await Promise.all(
        ranges.map(async ([position, sizeBytes]) => {
          const read = await objects.read(key, position, sizeBytes);
          if (read.kind !== 'bytes') throw new Error('the object is missing');
          expect(read.bytes.length).toBe(sizeBytes);
          const wanted = bytes.subarray(position, position + sizeBytes);
          expect(Buffer.compare(read.bytes, wanted)).toBe(0);
        }),
      );
    });

    test('that are shorter than asked for are corrupt', async () => {
      const { objects } = stores();
      const key = walKey();
      await objects.put(key, [bytesOf(100)]);
      for (const [position, sizeBytes] of [
        [0, 101],
        [99, 2],
        [100, 1],
        [5_000, 10],
      ] as const) {
        const error = await objects.read(key, position, sizeBytes).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(StoreError);
        expect(error).toMatchObject({ reason: 'corrupt', effect: 'none' });
      }
    });

    test('that are not there, or no longer, are missing', async () => {
      const { objects } = stores();
      const [stays, goes, never] = [walKey(), walKey(), walKey()];
      expect(await objects.read(never, 0, 1)).toEqual({ kind: 'missing' });
      await objects.put(stays, [bytesOf(1)]);
      await objects.put(goes, [bytesOf(1)]);
      await objects.delete([goes, never]);
      await objects.delete([goes]);
      await objects.delete([]);
      expect(await objects.read(goes, 0, 1)).toEqual({ kind: 'missing' });
      expect(await objects.read(stays, 0, 1)).toEqual({ kind: 'bytes', bytes: bytesOf(1) });
    });

    test('are deleted by the thousand', async () => {
      const { objects } = stores();
      const bucket = walKey()
        .replace(/[^/]*$/, '')
        .replace('wal/20', 'wal/19');
      const keys = Array.from({ length: 1_100 }, () => bucket + walKey().split('/')[2]);
      const some = [keys[0], keys[999], keys[1_000], keys[1_099]] as string[];
      await Promise.all(some.map((key) => objects.put(key, [bytesOf(10)])));
      await objects.delete(keys);
      for (const key of some) {
        expect(await objects.read(key, 0, 10)).toEqual({ kind: 'missing' });
      }
      const again = keys[0] as string;
      expect(await objects.put(again, [bytesOf(10)])).toBe('written');
    });

    test('are written piece by piece, and are there only when all of them is', async () => {
      const { objects } = stores();
      const key = segmentKey();
      const bytes = bytesOf(20_000_000);
      const writer = await objects.create(key);
      for (let at = 0; at < bytes.length; at += 3_333_333) {
        const piece = bytes.slice(at, at + 3_333_333);
        await writer.append(piece);
        piece.fill(0);
        expect(await objects.read(key, 0, 1)).toEqual({ kind: 'missing' });
      }
      await writer.finish();
      await writer.abort();
      const read = await objects.read(key, 0, bytes.length);
      if (read.kind !== 'bytes') throw new Error('the object is missing');
      expect(Buffer.compare(read.bytes, bytes)).toBe(0);
    });

    test('that are given up were never there, small or large', async () => {
      const { objects } = stores();
      for (const sizeBytes of [0, 10, 9_000_000]) {
        const key = segmentKey();
        const writer = await objects.create(key);
        await writer.append(bytesOf(sizeBytes));
        await writer.abort();
        await writer.abort();
        expect(await objects.read(key, 0, 1)).toEqual({ kind: 'missing' });
        const again = await objects.create(key);
        await again.append(bytesOf(3));
        await again.finish();
        expect(await objects.read(key, 0, 3)).toEqual({ kind: 'bytes', bytes: bytesOf(3) });
      }
    });

    test('are deleted by what their keys begin with, so many at a time', async () => {
      const { objects } = stores();
      const home = `segments/${randomUUID()}/`;
      const put = async (key: string) => {
        const writer = await objects.create(key);
        await writer.append(bytesOf(5));
        await writer.finish();
      };
      for (const name of ['0/a', '0/b', '1/a', '2/a', '2/b']) await put(home + name);
      const stranger = home.replace(/.\/$/, '/x');
      await put(stranger);
      expect(await objects.deletePrefix(home, 3)).toBe(3);
      expect(await objects.list(home, 10)).toEqual([`${home}2/a`, `${home}2/b`]);
      expect(await objects.deletePrefix(home, 2)).toBe(2);
      expect(await objects.deletePrefix(home, 2)).toBe(0);
      expect(await objects.read(`${home}0/a`, 0, 1)).toEqual({ kind: 'missing' });
      expect(await objects.read(stranger, 0, 5)).toEqual({ kind: 'bytes', bytes: bytesOf(5) });
    });

    test('are listed by what their keys begin with, in order, page by page', async () => {
      const { objects } = stores();
      const home = `segments/${randomUUID()}/`;
      const keys = ['0/a', '0/b', '0/c', '1/a', '10/a'].map((name) => home + name);
      for (const key of keys) {
        const writer = await objects.create(key);
        await writer.append(bytesOf(5));
        await writer.finish();
      }
      const bucket = `wal/19${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}/`;
      const mixed = [bytesOf(10), bytesOf(600_000), bytesOf(10)].map((bytes, i) => ({
        key: `${bucket}${i}`,
        bytes,
      }));
      for (const { key, bytes } of mixed) await objects.put(key, [bytes]);
      // Small ones may still be on their way into the index.
      await expect.poll(() => objects.list(bucket, 10)).toEqual(mixed.map(({ key }) => key));
      expect(await objects.list(home, 10)).toEqual(keys);
      expect(await objects.list(home, 2)).toEqual(keys.slice(0, 2));
      expect(await objects.list(home, 2, keys[1])).toEqual(keys.slice(2, 4));
      expect(await objects.list(home, 9, keys[4])).toEqual([]);
      expect(await objects.list(`${home}1/`, 10)).toEqual([keys[3]]);
      expect(await objects.list(`${home}7/`, 10)).toEqual([]);
      expect([...(await objects.listPrefixes(home))].sort()).toEqual(['0', '1', '10']);
      expect(await objects.listPrefixes('wal/')).toContain(bucket.slice(4, -1));
      expect(await objects.listPrefixes(`${home}7/`)).toEqual([]);
      await objects.delete([...keys, ...mixed.map(({ key }) => key)]);
      expect(await objects.list(home, 10)).toEqual([]);
      expect(await objects.listPrefixes('wal/')).not.toContain(bucket.slice(4, -1));
    });
  });
}
