/** Retention: only ever a prefix of whole locations, by age, by size, by both or not at all. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlacedLocation, placeEntries } from '../../lib/log/partition-head.js';
import { planRetention } from '../../lib/log/retention-plan.js';
import { propertyRuns } from './samples.js';

const nowMs = 1_000_000;

/** Locations of ten records each, from offset 100 on. */
function locations(...ages: readonly (readonly [ageMs: number, sizeBytes: number])[]) {
  const bare = ages.map(([ageMs, sizeBytes], i) => ({
    objectKey: `k${i}`,
    position: 4,
    sizeBytes,
    recordCount: 10,
    maxTimestampMs: nowMs - ageMs,
    splits: [],
  }));
  return placeEntries(100, bare);
}

const three = locations([900, 50], [500, 50], [100, 50]);

test.each<[string, PlacedLocation[], number, number, number | undefined]>([
  ['no limit keeps everything', three, -1, -1, undefined],
  ['nothing is old enough', three, 1000, -1, undefined],
  ['the very age of the limit stays', three, 900, -1, undefined],
  ['one more than the limit goes', three, 899, -1, 110],
  ['two are too old', three, 300, -1, 120],
  ['everything may go', three, 0, -1, 130],
  ['an old one behind a young one stays', locations([1, 9], [999, 9]), 500, -1, undefined],
  ['the size fits', three, -1, 150, undefined],
  ['what is left would be below the limit', three, -1, 101, undefined],
  ['what is left is the limit exactly', three, -1, 100, 110],
  ['two are too much', three, -1, 50, 120],
  ['no byte may stay', three, -1, 0, 130],
  ['age reaches further than size', three, 300, 100, 120],
  ['size reaches further than age', three, 800, 50, 120],
  ['there is nothing', [], 0, 0, undefined],
])('%s', (_why, from, retentionMs, retentionBytes, start) => {
  const totalBytes = from.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(planRetention(from, { retentionMs, retentionBytes }, totalBytes, nowMs)).toBe(start);
});

test('bytes beyond the locations that were looked at count', () => {
  expect(planRetention(three, { retentionMs: -1, retentionBytes: 100 }, 1000, nowMs)).toBe(130);
});

test('the start lands between locations, and nothing that may go is left at the front', () => {
  const aged = fc.array(fc.tuple(fc.nat({ max: 999 }), fc.nat({ max: 99 })), { maxLength: 9 });
  const limit = fc.integer({ min: -1, max: 999 });
  const property = fc.property(aged, limit, limit, (ages, retentionMs, retentionBytes) => {
    const all = locations(...ages);
    const bytesFrom = (offset: number) =>
      all.reduce((sum, l) => sum + (l.baseOffset >= offset ? l.sizeBytes : 0), 0);
    const retention = { retentionMs, retentionBytes };
    const start = planRetention(all, retention, bytesFrom(0), nowMs) ?? 100;
    expect((start - 100) % 10).toBe(0);
    const tooOld = (l: PlacedLocation) =>
      retentionMs >= 0 && nowMs - l.maxTimestampMs > retentionMs;
    const tooMuch = (l: PlacedLocation) =>
      retentionBytes >= 0 && bytesFrom(l.baseOffset + 10) >= retentionBytes;
    for (const l of all) {
      if (l.baseOffset < start) expect(tooOld(l) || tooMuch(l)).toBe(true);
      if (l.baseOffset === start) expect(tooOld(l) || tooMuch(l)).toBe(false);
    }
  });
  fc.assert(property, propertyRuns);
});
