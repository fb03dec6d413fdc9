/** Segments: bytes for ever what the golden file says, and an index that does not lie. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { splitIntervalBytes } from '../../lib/log/limits.js';
import {
  createSegmentBuilder,
  decodeSegmentIndex,
  encodeSegmentEnd,
  type SegmentIndex,
  segmentMagic,
  segmentTrailerBytes,
} from '../../lib/log/segment-object.js';
import { damaged, decodes, golden, propertyRuns } from './samples.js';
import { testCodecs } from './test-codecs.js';

const body = [golden('kafkajs-plain.bin'), golden('kafka-python-plain.bin')];
const index: SegmentIndex = {
  baseOffset: 4_294_967_290,
  nextOffset: 4_294_967_303,
  maxTimestampMs: 1_790_000_000_123,
  entries: [
    { recordDelta: 5, positionDelta: 524_288, maxTimestampMs: -1 },
    { recordDelta: 9, positionDelta: 1_572_864, maxTimestampMs: 1_790_000_000_100 },
  ],
};

function segmentOf(of: SegmentIndex, batches: readonly Uint8Array[] = body): Uint8Array {
  const parts = [segmentMagic, ...batches, encodeSegmentEnd(of, testCodecs)];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test('a segment is written as it always was, and read', () => {
  expect(segmentOf(index)).toEqual(golden('segment-object-v1.bin'));
  expect(decodeSegmentIndex(golden('segment-object-v1.bin'), testCodecs)).toEqual(index);
});

test('every index comes back', () => {
  const step = fc.record({
    records: fc.nat({ max: 2 ** 20 }),
    bytes: fc.nat({ max: 2 ** 30 }),
    maxTimestampMs: fc.integer({ min: -1, max: 2 ** 45 }),
  });
  const property = fc.property(fc.nat(), fc.array(step, { maxLength: 6 }), (baseOffset, steps) => {
    let [recordDelta, positionDelta] = [0, 0];
    const entries = steps.map(({ records, bytes, maxTimestampMs }) => {
      recordDelta += records;
      positionDelta += bytes;
      return { recordDelta, positionDelta, maxTimestampMs };
    });
    const of = { baseOffset, nextOffset: baseOffset + recordDelta, maxTimestampMs: 7, entries };
    expect(decodeSegmentIndex(segmentOf(of), testCodecs)).toEqual(of);
  });
  fc.assert(property, propertyRuns);
});

test('a reader may start wherever half a megabyte has passed, and is told how old what lies before is', () => {
  const builder = createSegmentBuilder(100);
  const add = (nextOffset: number, sizeBytes: number, maxTimestampMs: number) =>
    builder.add({ baseOffset: nextOffset - 1, nextOffset, sizeBytes, maxTimestampMs });
  add(103, splitIntervalBytes - 1, 50);
  add(104, 1, 40);
  add(110, 5, 60);
  add(111, splitIntervalBytes, 10);
  add(112, 1, 70);
  expect(builder.sizeBytes).toBe(2 * splitIntervalBytes + 6);
  expect(builder.index()).toEqual({
    baseOffset: 100,
    nextOffset: 112,
    maxTimestampMs: 70,
    entries: [
      { recordDelta: 4, positionDelta: splitIntervalBytes, maxTimestampMs: 50 },
      { recordDelta: 11, positionDelta: 2 * splitIntervalBytes + 5, maxTimestampMs: 60 },
    ],
  });
});

/** A segment around these bytes of index, with the right CRC. */
function withIndex(bytes: readonly number[]): Uint8Array {
  const sealed = Uint8Array.from(bytes);
  const segment = new Uint8Array(segmentMagic.length + sealed.length + segmentTrailerBytes);
  const view = new DataView(segment.buffer);
  segment.set(segmentMagic);
  segment.set(sealed, segmentMagic.length);
  const end = segmentMagic.length + sealed.length;
  view.setUint32(end, sealed.length);
  view.setUint32(end + 4, testCodecs.crc32c(sealed));
  view.setUint32(end + 8, 0x4c425331);
  return segment;
}

test('an index made by hand is read', () => {
  expect(decodeSegmentIndex(withIndex([3, 5, 1, 1, 2, 9, 4]), testCodecs)).toEqual({
    baseOffset: 3,
    nextOffset: 5,
    maxTimestampMs: -1,
    entries: [{ recordDelta: 2, positionDelta: 9, maxTimestampMs: 2 }],
  });
});

test.each<[string, Uint8Array]>([
  ['nothing in it', new Uint8Array()],
  ['a magic and no trailer', segmentMagic],
  ['its last byte missing', golden('segment-object-v1.bin').subarray(0, -1)],
  ['an empty index', withIndex([])],
  ['a lying count', withIndex([0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ['a byte too many in its index', withIndex([0, 1, 0, 0, 0])],
  ['less in its index than it says', withIndex([0, 1, 0, 1, 1])],
  ['an end before its beginning', withIndex([2, 1, 0, 0])],
])('a segment with %s is corrupt', (_what, bytes) => {
  expect(() => decodeSegmentIndex(bytes, testCodecs)).toThrow(CorruptData);
});

test('a change of any byte of the index or its trailer is noticed', () => {
  const valid = golden('segment-object-v1.bin');
  for (let at = valid.length - segmentTrailerBytes - 32; at < valid.length; at++) {
    const bytes = valid.slice();
    bytes[at] = (bytes[at] as number) ^ 1;
    expect(() => decodeSegmentIndex(bytes, testCodecs)).toThrow(CorruptData);
  }
});

test('damaged bytes are read or corrupt', () => {
  const segment = fc.constant(golden('segment-object-v1.bin'));
  const garbage = fc.uint8Array({ maxLength: 60 }).map((bytes) => withIndex([...bytes]));
  const property = fc.property(damaged(segment), garbage, (hurt, sealedGarbage) => {
    decodes(() => decodeSegmentIndex(hurt, testCodecs));
    decodes(() => decodeSegmentIndex(sealedGarbage, testCodecs));
  });
  fc.assert(property, { ...propertyRuns, numRuns: 1000 });
});
