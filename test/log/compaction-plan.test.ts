/** Which pages become a segment: the oldest, whole, when there are enough of them or they are old. */

import { expect, test } from 'vitest';
import { bytesOf, isOld, oldBucketAt, planSegment } from '../../lib/log/compaction-plan.js';
import type { IndexPage } from '../../lib/log/index-page.js';

const uuid = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/** One page per entry: its bytes, and the buckets of what lies in it. */
function pagesOf(...facts: readonly (readonly [sizeBytes: number, ...buckets: number[]])[]) {
  return facts.map(([sizeBytes, ...buckets], i): IndexPage => {
    const locations = buckets.map((bucket, at) => ({
      objectKey: bucket === 0 ? `segments/${uuid}/0/x` : `wal/${bucket}/${uuid}`,
      position: 4,
      sizeBytes: at === 0 ? sizeBytes : 0,
      recordCount: 1,
      maxTimestampMs: 0,
      splits: [],
    }));
    const ends = { baseOffset: i * 10, nextOffset: i * 10 + 10, maxTimestampMs: 0, endBytes: 0 };
    return { ...ends, locations };
  });
}

const [young, old] = [2026112310, 2026112307];
const goal = { segmentBytes: 100, oldBucket: 2026112308 };

test.each<[string, IndexPage[], number]>([
  ['there is nothing', [], 0],
  ['it is little and young', pagesOf([50, young], [49, young]), 0],
  ['it is enough exactly', pagesOf([50, young], [50, young], [50, young]), 2],
  ['the first alone is enough', pagesOf([500, young], [50, young]), 1],
  ['all of it is old', pagesOf([1, old], [1, old]), 2],
  ['the hour itself counts as old', pagesOf([1, goal.oldBucket]), 1],
  ['one location of it is old', pagesOf([1, young, old], [1, young]), 1],
  ['something old lies behind something young', pagesOf([1, young], [1, old], [1, young]), 2],
  ['it is enough before the old end', pagesOf([60, old], [60, old], [60, old]), 2],
  ['it lies in segments', pagesOf([1, 0]), 0],
])('where %s', (_what, pages, count) => {
  expect(planSegment(pages, goal)).toEqual(pages.slice(0, count));
});

test('bytes of a page are those of all its locations', () => {
  expect(bytesOf(pagesOf([7, old, young])[0] as IndexPage)).toBe(7);
});

test('an instant makes the hour that is old', () => {
  expect(oldBucketAt(Date.UTC(2026, 10, 23, 9, 30), 3_600_000)).toBe(2026112308);
  expect(oldBucketAt(Date.UTC(2026, 10, 23, 9), 3_600_000)).toBe(2026112308);
  expect(oldBucketAt(Date.UTC(2026, 10, 23, 9) - 1, 3_600_000)).toBe(2026112307);
});

test('inline batches grow old as well, segments never do', () => {
  const at = { position: 0, sizeBytes: 1, recordCount: 1, maxTimestampMs: 0, splits: [] };
  expect(isOld({ ...at, objectKey: `inline/${old}/${uuid}` }, goal.oldBucket)).toBe(true);
  expect(isOld({ ...at, objectKey: `inline/${young}/${uuid}` }, goal.oldBucket)).toBe(false);
  expect(isOld({ ...at, objectKey: `segments/${uuid}/0/x` }, goal.oldBucket)).toBe(false);
});
