/** Index pages: bytes for ever what the golden file says, and neighbours joined without loss. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import {
  coalesce,
  decodeIndexPage,
  encodeIndexPage,
  type IndexPage,
} from '../../lib/log/index-page.js';
import { type BatchLocation, placeEntries } from '../../lib/log/partition-head.js';
import { anyIndexPage, damaged, decodes, golden, propertyRuns } from './samples.js';

const page: IndexPage = {
  baseOffset: 5_000_000_000,
  nextOffset: 5_000_000_130,
  maxTimestampMs: 1_780_000_000_999,
  endBytes: 7_000_000_000,
  locations: [
    {
      objectKey: 'wal/2026112307/0f8fad5b-d9cb-469f-a165-70867728950e',
      position: 4,
      sizeBytes: 900_000,
      recordCount: 100,
      maxTimestampMs: 1_780_000_000_123,
      splits: [{ recordDelta: 60, positionDelta: 540_000 }],
    },
    {
      objectKey: 'segments/7c9e6679-7425-40de-944b-e07fc1f90ae7/0/5000000100',
      position: 0,
      sizeBytes: 77,
      recordCount: 30,
      maxTimestampMs: -1,
      splits: [],
    },
  ],
};

test('a page is written as it always was, and read', () => {
  expect(encodeIndexPage(page)).toEqual(golden('index-page-v2.bin'));
  expect(decodeIndexPage(golden('index-page-v2.bin'))).toEqual(page);
});

test('a page of version 1 is read: it does not say how many bytes there were', () => {
  expect(decodeIndexPage(golden('index-page-v1.bin'))).toEqual({ ...page, endBytes: 0 });
});

test('every page comes back', () => {
  const property = fc.property(anyIndexPage, (any) => {
    expect(decodeIndexPage(encodeIndexPage(any))).toEqual(any);
  });
  fc.assert(property, propertyRuns);
});

test('damaged bytes are read or corrupt, and what is read covers its range', () => {
  const property = fc.property(damaged(anyIndexPage.map(encodeIndexPage)), (bytes) => {
    decodes(() => {
      const { baseOffset, nextOffset, locations } = decodeIndexPage(bytes);
      const records = locations.reduce((sum, { recordCount }) => sum + recordCount, 0);
      expect(records).toBe(nextOffset - baseOffset);
    });
  });
  fc.assert(property, { ...propertyRuns, numRuns: 1000 });
});

test.each<[string, Uint8Array]>([
  ['a version to come', Uint8Array.of(3, 0, 0, 0, 0, 0)],
  ['a lying count', Uint8Array.of(1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ['a byte too many', Uint8Array.of(1, 0, 0, 0, 0, 0)],
  ['an end that its locations do not reach', encodeIndexPage({ ...page, nextOffset: 1 })],
])('a page with %s is corrupt', (_what, bytes) => {
  expect(() => decodeIndexPage(bytes)).toThrow(CorruptData);
});

const place = { sizeBytes: 10, recordCount: 3, maxTimestampMs: 5, splits: [] };

test.each<[string, string, number]>([
  ['another object', 'b', 14],
  ['a gap', 'a', 15],
  ['an overlap', 'a', 13],
])('%s between neighbours keeps them apart', (_what, objectKey, position) => {
  const locations = [
    { ...place, objectKey: 'a', position: 4 },
    { ...place, objectKey, position },
  ];
  expect(coalesce(locations)).toEqual(locations);
});

test('stamps stay behind', () => {
  const entry = { ...place, objectKey: 'a', position: 4, stamps: [] };
  expect(coalesce([entry])).toEqual([{ ...place, objectKey: 'a', position: 4 }]);
});

/** Every place where a reader may start, as offset and position in an object. */
function starts(locations: readonly BatchLocation[]): string[] {
  return placeEntries(0, locations).flatMap(({ objectKey, position, baseOffset, splits }) =>
    [{ recordDelta: 0, positionDelta: 0 }, ...splits].map(
      ({ recordDelta, positionDelta }) =>
        `${baseOffset + recordDelta} ${objectKey} ${position + positionDelta}`,
    ),
  );
}

test('joining loses no record, no byte and no place to start, and leaves no neighbours', () => {
  const piece = fc.record({
    fresh: fc.constantFrom(0, 0, 1),
    sizeBytes: fc.integer({ min: 2, max: 99 }),
    recordCount: fc.integer({ min: 2, max: 99 }),
    maxTimestampMs: fc.integer({ min: -1, max: 99 }),
    split: fc.boolean(),
  });
  const property = fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
    let [object, position] = [0, 4];
    const locations = pieces.map(({ fresh, split, ...sizes }) => {
      if (fresh === 1) [object, position] = [object + 1, 4];
      const splits = split ? [{ recordDelta: 1, positionDelta: 1 }] : [];
      const location = { objectKey: `o${object}`, position, ...sizes, splits };
      position += sizes.sizeBytes;
      return location;
    });
    const joined = coalesce(locations);
    expect(starts(joined)).toEqual(starts(locations));
    expect(joined.length).toBe(new Set(locations.map(({ objectKey }) => objectKey)).size);
    const sum = (of: readonly BatchLocation[], what: 'sizeBytes' | 'recordCount') =>
      of.reduce((total, location) => total + location[what], 0);
    expect(sum(joined, 'sizeBytes')).toBe(sum(locations, 'sizeBytes'));
    expect(sum(joined, 'recordCount')).toBe(sum(locations, 'recordCount'));
    const newest = (of: readonly BatchLocation[]) => Math.max(...of.map((l) => l.maxTimestampMs));
    expect(newest(joined)).toBe(newest(locations));
  });
  fc.assert(property, propertyRuns);
});
