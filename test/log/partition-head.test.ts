/** What a head says of itself: where its tail lies, and its newest timestamp. */

import { expect, test } from 'vitest';
import {
  emptyHead,
  maxTimestampMs,
  placeEntries,
  placeTail,
  type TailEntry,
} from '../../lib/log/partition-head.js';

function entry(recordCount: number, timestampMs: number): TailEntry {
  const place = { objectKey: 'k', position: 4, sizeBytes: 70, splits: [] };
  return { ...place, recordCount, maxTimestampMs: timestampMs, stamps: [] };
}

test('a new partition is empty and begins at 0', () => {
  expect(emptyHead).toMatchObject({ logStartOffset: 0, nextOffset: 0, tailBaseOffset: 0 });
  expect(placeTail(emptyHead)).toEqual([]);
  expect(maxTimestampMs(emptyHead)).toBe(-1);
});

test('entries follow on from each other without a gap', () => {
  const head = { ...emptyHead, tailBaseOffset: 40, tail: [entry(3, 1), entry(1, 1), entry(5, 1)] };
  expect(placeTail(head).map(({ baseOffset }) => baseOffset)).toEqual([40, 43, 44]);
});

test('a placed location is the location it was', () => {
  const location = entry(3, 1);
  expect(placeEntries(7, [location])).toEqual([{ ...location, baseOffset: 7 }]);
});

test.each([
  ['the tail', 5, [1, 9, 2], 9],
  ['the pages', 20, [1, 9, 2], 20],
  ['the pages, without a tail', 5, [], 5],
])('the newest timestamp may lie in %s', (_where, pagedMaxTimestampMs, times, newest) => {
  const tail = times.map((time) => entry(1, time));
  expect(maxTimestampMs({ ...emptyHead, pagedMaxTimestampMs, tail })).toBe(newest);
});
