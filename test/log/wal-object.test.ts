/** WAL objects: bytes for ever what the golden file says, and a directory that does not lie. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planObject } from '../../lib/log/append-plan.js';
import { copyRange, sizeOf } from '../../lib/log/byte-parts.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import {
  decodeWalDirectory,
  encodeWalObject,
  type WalRange,
  walMagicBytes,
  walTrailerBytes,
} from '../../lib/log/wal-object.js';
import { damaged, decodes, golden, propertyRuns } from './samples.js';
import { testCodecs } from './test-codecs.js';

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const parts = [
  golden('kafka-java-gzip.bin'),
  golden('kafkajs-plain.bin'),
  golden('kafka-python-plain.bin'),
];
const ranges: WalRange[] = [
  { topicId, partition: 0, position: 4, sizeBytes: 321, recordCount: 8 },
  { topicId, partition: 9_999, position: 325, sizeBytes: 450, recordCount: 5 },
];

test('an object is written as it always was, and read', () => {
  const object = encodeWalObject(parts, ranges, testCodecs);
  expect(copyRange(object)).toEqual(golden('wal-object-v1.bin'));
  expect(decodeWalDirectory(golden('wal-object-v1.bin'), testCodecs)).toEqual(ranges);
});

test('small parts are copied together, large ones are handed on as they are', () => {
  const range = (sizeBytes: number) => [
    { topicId, partition: 0, position: 4, sizeBytes, recordCount: 1 },
  ];
  const small = [new Uint8Array(10), new Uint8Array(10)];
  expect(encodeWalObject(small, range(20), testCodecs)).toHaveLength(1);
  const large = new Uint8Array(100_000).fill(1);
  const object = encodeWalObject([large], range(large.length), testCodecs);
  expect(object.indexOf(large)).toBe(1);
  const bytes = copyRange(object);
  expect(bytes.subarray(4, 4 + large.length)).toEqual(large);
  expect(decodeWalDirectory(bytes, testCodecs)).toEqual(range(large.length));
});

const anyPending = fc
  .record({
    ref: fc.record({ topicId: fc.uuid(), partition: fc.nat({ max: 9_999 }) }),
    parts: fc.array(fc.uint8Array({ maxLength: 30 }), { minLength: 1, maxLength: 3 }),
    recordCount: fc.nat({ max: 2 ** 31 - 1 }),
    maxTimestampMs: fc.nat(),
  })
  .map((batch) => ({ ...batch, sizeBytes: sizeOf(batch.parts) }));

test('every directory comes back, and leads to the bytes', () => {
  const property = fc.property(fc.array(anyPending, { maxLength: 8 }), (pending) => {
    const layout = planObject(pending);
    const bytes = copyRange(encodeWalObject(layout.parts, layout.ranges, testCodecs));
    expect(decodeWalDirectory(bytes, testCodecs)).toEqual(layout.ranges);
    const laidOut = layout.partitions.flatMap(({ batches }) => batches);
    for (const { batch, position } of laidOut) {
      expect(bytes.subarray(position, position + batch.sizeBytes)).toEqual(copyRange(batch.parts));
    }
  });
  fc.assert(property, propertyRuns);
});

/** An object around this directory, with the right CRC. */
function withDirectory(directory: readonly number[], bodyBytes = 10): Uint8Array {
  const sealedDirectory = Uint8Array.from(directory);
  const end = walMagicBytes + bodyBytes + directory.length;
  const bytes = new Uint8Array(end + walTrailerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(sealedDirectory, walMagicBytes + bodyBytes);
  view.setUint32(0, 0x4c425731);
  view.setUint32(end, directory.length);
  view.setUint32(end + 4, testCodecs.crc32c(sealedDirectory));
  view.setUint32(end + 8, 0x4c425731);
  return bytes;
}

const id = Array(16).fill(0);

test('a directory made by hand is read', () => {
  expect(decodeWalDirectory(withDirectory([1, ...id, 7, 4, 10, 3]), testCodecs)).toEqual([
    {
      topicId: '00000000-0000-0000-0000-000000000000',
      partition: 7,
      position: 4,
      sizeBytes: 10,
      recordCount: 3,
    },
  ]);
});

test.each<[string, Uint8Array]>([
  ['nothing in it', new Uint8Array()],
  ['a magic and no trailer', golden('wal-object-v1.bin').subarray(0, 4)],
  ['its last byte missing', golden('wal-object-v1.bin').subarray(0, -1)],
  ['an empty directory', withDirectory([])],
  ['a range beyond the body', withDirectory([1, ...id, 0, 4, 11, 1])],
  ['a lying count', withDirectory([0xff, 0xff, 0xff, 0xff, 0x0f])],
  ['a byte too many in its directory', withDirectory([0, 0])],
  ['less in its directory than it says', withDirectory([1, ...id, 0, 4])],
])('an object with %s is corrupt', (_what, bytes) => {
  expect(() => decodeWalDirectory(bytes, testCodecs)).toThrow(CorruptData);
});

test('a change of any byte of the directory or its trailer is noticed', () => {
  const valid = golden('wal-object-v1.bin');
  for (let at = valid.length - walTrailerBytes - 45; at < valid.length; at++) {
    const bytes = valid.slice();
    bytes[at] = (bytes[at] as number) ^ 1;
    expect(() => decodeWalDirectory(bytes, testCodecs)).toThrow(CorruptData);
  }
});

test('a directory length beyond the object is corrupt', () => {
  const bytes = golden('wal-object-v1.bin');
  new DataView(bytes.buffer).setUint32(bytes.length - walTrailerBytes, 2 ** 32 - 1);
  expect(() => decodeWalDirectory(bytes, testCodecs)).toThrow(CorruptData);
});

test('damaged bytes are read or corrupt', () => {
  const object = fc.constant(golden('wal-object-v1.bin'));
  const directory = fc.uint8Array({ maxLength: 60 }).map((bytes) => withDirectory([...bytes]));
  const property = fc.property(damaged(object), directory, (hurt, sealedGarbage) => {
    decodes(() => decodeWalDirectory(hurt, testCodecs));
    decodes(() => decodeWalDirectory(sealedGarbage, testCodecs));
  });
  fc.assert(property, { ...propertyRuns, numRuns: 1000 });
});
