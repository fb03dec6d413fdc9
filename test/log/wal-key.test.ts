/** Keys of WAL objects: the hour they lie in, and back. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatWalKey, parseWalKey, walBucketOf } from '../../lib/log/wal-key.js';
import { propertyRuns } from './samples.js';

const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';

test.each([
  ['2026-11-23T07:00:00.000Z', 2_026_112_307],
  ['2026-11-23T07:59:59.999Z', 2_026_112_307],
  ['2026-11-23T08:00:00.000Z', 2_026_112_308],
  ['2026-12-31T23:59:59.999Z', 2_026_123_123],
  ['2027-01-01T00:00:00.000Z', 2_027_010_100],
  ['2028-02-29T12:00:00.000Z', 2_028_022_912],
  ['1970-01-01T00:00:00.000Z', 1_970_010_100],
])('%s lies in bucket %i', (instant, bucket) => {
  expect(walBucketOf(Date.parse(instant))).toBe(bucket);
});

test('buckets grow with time', () => {
  const instant = fc.integer({ min: 0, max: Date.parse('2200-01-01') });
  const property = fc.property(instant, instant, (a, b) => {
    const [early, late] = [Math.min(a, b), Math.max(a, b)];
    expect(walBucketOf(early)).toBeLessThanOrEqual(walBucketOf(late));
  });
  fc.assert(property, propertyRuns);
});

test('a key says its bucket, its uuid and its place', () => {
  const instant = fc.integer({ min: 0, max: Date.parse('2200-01-01') });
  const property = fc.property(instant, fc.uuid(), fc.boolean(), (nowMs, id, inline) => {
    const key = { bucket: walBucketOf(nowMs), uuid: id, inline };
    expect(parseWalKey(formatWalKey(key))).toEqual(key);
  });
  fc.assert(property, propertyRuns);
});

test.each([
  `wal/2026112307/${uuid.toUpperCase()}`,
  `wal/202611230/${uuid}`,
  `wal/20261123071/${uuid}`,
  `wal/0026112307/${uuid}`,
  `wal/2026112307/${uuid}\n`,
  `/wal/2026112307/${uuid}`,
  `wal/2026112307/${uuid}/x`,
  'segments/a/0/1',
  '',
])('%j is a key of another kind', (key) => {
  expect(parseWalKey(key)).toBeUndefined();
});
