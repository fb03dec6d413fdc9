/** The header of a record batch: every field at its place, and what a header may not say. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BatchHeader,
  batchHeaderBytes,
  placeBatch,
  readBatchHeader,
  sealBatch,
  verifyCrc,
  writeBatchHeader,
} from '../../lib/log/batch-header.js';
import { compressions } from '../../lib/log/codecs.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { damaged, decodes, golden, propertyRuns } from './samples.js';
import { testCodecs } from './test-codecs.js';

const int16 = fc.integer({ min: -32_768, max: 32_767 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int64 = fc.maxSafeInteger();

const anyHeader: fc.Arbitrary<Omit<BatchHeader, 'crc'>> = fc.record({
  baseOffset: int64,
  sizeBytes: fc.integer({ min: batchHeaderBytes, max: 200 }),
  partitionLeaderEpoch: int32,
  compression: fc.constantFrom(...compressions),
  logAppendTime: fc.boolean(),
  transactional: fc.boolean(),
  control: fc.boolean(),
  lastOffsetDelta: int32,
  baseTimestampMs: int64,
  maxTimestampMs: int64,
  producerId: int64,
  producerEpoch: int16,
  baseSequence: int32,
  recordCount: int32,
});

test('every header comes back, from any place in a buffer', () => {
  const property = fc.property(anyHeader, fc.nat({ max: 9 }), (header, position) => {
    const buffer = new Uint8Array(position + header.sizeBytes + 3).fill(0xee);
    const bytes = buffer.subarray(position, position + header.sizeBytes);
    writeBatchHeader(bytes, header);
    sealBatch(bytes, testCodecs);
    const read = readBatchHeader(buffer, position);
    expect(read).toEqual({ ...header, crc: testCodecs.crc32c(bytes.subarray(21)) });
    expect(() => verifyCrc(bytes, read, testCodecs)).not.toThrow();
  });
  fc.assert(property, propertyRuns);
});

test('the header of the Java client says what was asked of it', () => {
  expect(readBatchHeader(golden('kafka-java-plain.bin'))).toEqual({
    baseOffset: 0,
    sizeBytes: 470,
    partitionLeaderEpoch: 0,
    crc: expect.any(Number),
    compression: 'none',
    logAppendTime: false,
    transactional: false,
    control: false,
    lastOffsetDelta: 4,
    baseTimestampMs: 1_780_000_000_123,
    maxTimestampMs: 1_788_589_934_715,
    producerId: 4242,
    producerEpoch: 3,
    baseSequence: 2_147_483_646,
    recordCount: 5,
  });
});

test('placing a batch changes its offset and leader epoch, and not its CRC', () => {
  const bytes = golden('kafka-java-gzip.bin');
  const before = readBatchHeader(bytes);
  placeBatch(bytes, 2 ** 40 + 7, 12);
  const after = readBatchHeader(bytes);
  expect(after).toEqual({ ...before, baseOffset: 2 ** 40 + 7, partitionLeaderEpoch: 12 });
  expect(() => verifyCrc(bytes, after, testCodecs)).not.toThrow();
});

test('a change of any byte that the CRC covers is noticed', () => {
  const bytes = golden('kafka-python-plain.bin');
  for (let at = 17; at < bytes.length; at++) {
    const hurt = bytes.slice();
    hurt[at] = (hurt[at] as number) ^ 0x40;
    expect(decodes(() => verifyCrc(hurt, readBatchHeader(hurt), testCodecs))).toBe(false);
  }
});

const int32At = (at: number, value: number) => (bytes: Uint8Array) =>
  new DataView(bytes.buffer).setInt32(at, value);
const int8At = (at: number, value: number) => (bytes: Uint8Array) =>
  new DataView(bytes.buffer).setInt8(at, value);

test.each<[string, (bytes: Uint8Array) => void, RegExp]>([
  ['an old magic', int8At(16, 1), /magic is 1/],
  ['a length below the header', int32At(8, 48), /says 60 bytes/],
  ['a length beyond the bytes', int32At(8, 459), /says 471 bytes/],
  ['a negative length', int32At(8, -1), /says 11 bytes/],
  ['the greatest length', int32At(8, 2 ** 31 - 1), /470 are there/],
  ['codec 5', int8At(22, 5), /codec 5/],
  ['codec 7', int8At(22, 7), /codec 7/],
  ['a timestamp beyond 2^53', int8At(35, 0x7f), /over 2\^53/],
])('%s is corrupt', (_what, change, complaint) => {
  const bytes = golden('kafka-java-plain.bin');
  change(bytes);
  expect(() => readBatchHeader(bytes)).toThrow(CorruptData);
  expect(() => readBatchHeader(bytes)).toThrow(complaint);
});

test.each([0, 60, 469])('the first %i bytes of a batch are corrupt', (count) => {
  const bytes = golden('kafka-java-plain.bin').subarray(0, count);
  expect(() => readBatchHeader(bytes)).toThrow(CorruptData);
});

test('a place beyond the end is corrupt', () => {
  expect(() => readBatchHeader(golden('kafka-java-plain.bin'), 471)).toThrow(CorruptData);
});

test('damaged bytes are read or corrupt', () => {
  const valid = fc.constantFrom(golden('kafka-java-plain.bin'), golden('kafkajs-gzip.bin'));
  const property = fc.property(damaged(valid), fc.nat({ max: 500 }), (bytes, position) => {
    decodes(() => readBatchHeader(bytes, position));
  });
  fc.assert(property, propertyRuns);
});
