/** What every store of maintenance promises: lib/store/job-store.js. */

import { describe, expect, test } from 'vitest';
import type { Stores } from '../../lib/store/stores.js';

export function jobsSuite(stores: () => Stores): void {
  describe('runs of maintenance', () => {
    test('leave where they stopped, until one comes to the end', async () => {
      const { jobs } = stores();
      expect(await jobs.readCursor()).toBeUndefined();
      await jobs.writeCursor(undefined);
      const cursor = { topic: 'a.b-c_d', partition: 0 };
      for (const partition of [0, 1_000]) {
        await jobs.writeCursor({ ...cursor, partition });
        expect(await jobs.readCursor()).toEqual({ ...cursor, partition });
      }
      expect(await jobs.claimAsk(1_000, 10)).toBe(true);
      expect(await jobs.readCursor()).toEqual({ ...cursor, partition: 1_000 });
      await jobs.writeCursor(undefined);
      expect(await jobs.readCursor()).toBeUndefined();
    });

    test('are asked for by one of many, and by none within a time of the last', async () => {
      const { jobs } = stores();
      const start = 1_790_000_000_000;
      const many = await Promise.all(Array.from({ length: 8 }, () => jobs.claimAsk(start, 5_000)));
      expect(many.filter(Boolean)).toHaveLength(1);
      expect(await jobs.claimAsk(start + 4_999, 5_000)).toBe(false);
      expect(await jobs.claimAsk(start - 4_000, 5_000)).toBe(false);
      expect(await jobs.claimAsk(start + 5_000, 5_000)).toBe(true);
      // A clock that was far ahead: nobody waits until its time comes.
      expect(await jobs.claimAsk(start + 9e9, 5_000)).toBe(true);
      expect(await jobs.claimAsk(start + 20_000, 5_000)).toBe(true);
      expect(await jobs.claimAsk(start + 20_001, 5_000)).toBe(false);
    });
  });
}
