/**
 * Record batches against the bytes of three Kafka clients (golden/README.md), and what validation
 * must not let through.
 */

import { describe, expect, test } from 'vitest';
import { readBatchHeader, sealBatch, writeBatchHeader } from '../../lib/log/batch-header.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../../lib/log/corrupt-data.js';
import { batchUncompressedBytesMax } from '../../lib/log/limits.js';
import type { LogRecord } from '../../lib/log/record.js';
import {
  decodeRecords,
  eachBatch,
  encodeRecordBatch,
  validateBatch,
} from '../../lib/log/record-batch.js';
import { golden } from './samples.js';
import { testCodecs } from './test-codecs.js';

const utf8 = new TextEncoder();
const time = 1_780_000_000_123;

function record(
  delta: number,
  key: string | null,
  value: string | null,
  headers: readonly (readonly [string, string | null])[] = [],
): LogRecord {
  const bytes = (text: string | null) => (text === null ? null : utf8.encode(text));
  return {
    timestampMs: time + delta,
    key: bytes(key),
    value: bytes(value),
    headers: headers.map(([name, text]) => [name, bytes(text)]),
  };
}

const duplicates = [
  ['a', '1'],
  ['a', '2'],
  ['naïve ☃', null],
] as const;
const start = [record(0, 'k1', 'v1'), record(1, null, 'only a value')];
const java = [
  ...start,
  record(-7, 'tombstone', null, [...duplicates, ['', '']]),
  record(2 ** 33, '', '', [['𝄞', 'unicode']]),
  record(0, 'ключ', 'x'.repeat(300)),
];
const python = [
  ...start,
  record(-7, 'tombstone', null, duplicates),
  record(2 ** 33, '', ''),
  record(0, 'big', 'x'.repeat(300)),
];
const kafkajs = [
  ...start,
  record(7, 'tombstone', null, [...duplicates.slice(0, 2), ['naïve ☃', 'x']]),
];
const javaProducer = { producerId: 4242, producerEpoch: 3, baseSequence: 2 ** 31 - 2 };
const pythonProducer = { producerId: 99, producerEpoch: 1, baseSequence: 10 };
const kafkajsProducer = { producerId: 5, producerEpoch: 2, baseSequence: 40 };

describe.each([
  ['kafka-java-plain.bin', java],
  ['kafka-java-gzip.bin', java],
  ['kafka-java-log-append-time.bin', java.map((r) => ({ ...r, timestampMs: 1_790_000_000_000 }))],
  ['kafka-python-plain.bin', python],
  ['kafka-python-gzip.bin', python],
  ['kafkajs-plain.bin', kafkajs],
  ['kafkajs-gzip.bin', kafkajs],
])('%s', (name, records) => {
  test('is valid, and holds the records that its client put in', () => {
    const bytes = golden(name);
    expect(() => validateBatch(bytes, readBatchHeader(bytes), testCodecs)).not.toThrow();
    const placed = records.map((r, offset) => ({ ...r, offset }));
    expect(decodeRecords(bytes, testCodecs)).toEqual(placed);
  });
});

test.each([
  ['kafka-java-plain.bin', java, javaProducer],
  ['kafka-python-plain.bin', python, pythonProducer],
  ['kafkajs-plain.bin', kafkajs, kafkajsProducer],
])('we encode to the bytes of %s', (name, records, producer) => {
  expect(encodeRecordBatch({ records, producer }, testCodecs)).toEqual(golden(name));
});

test('gzip changes what the records take, and nothing that they say', () => {
  const bytes = encodeRecordBatch({ records: java, compression: 'gzip' }, testCodecs);
  const header = readBatchHeader(bytes);
  expect(header).toMatchObject({ compression: 'gzip', producerId: -1, recordCount: 5 });
  validateBatch(bytes, header, testCodecs);
  expect(bytes.length).toBeLessThan(golden('kafka-java-plain.bin').length);
  const placed = java.map((r, offset) => ({ ...r, offset }));
  expect(decodeRecords(bytes, testCodecs)).toEqual(placed);
});

test('a codec that the runtime lacks is named as such, on write and on read', () => {
  const bytes = golden('kafka-java-snappy.bin');
  const header = readBatchHeader(bytes);
  expect(header.compression).toBe('snappy');
  expect(() => validateBatch(bytes, header, testCodecs)).toThrow(UnsupportedCompression);
  expect(() => decodeRecords(bytes, testCodecs)).toThrow(UnsupportedCompression);
});

test('no records make no batch', () => {
  expect(() => encodeRecordBatch({ records: [] }, testCodecs)).toThrow('at least one record');
});

test('records count from the offset that the batch was placed at', () => {
  const bytes = golden('kafka-java-plain.bin');
  writeBatchHeader(bytes, { ...readBatchHeader(bytes), baseOffset: 2 ** 40 });
  const offsets = decodeRecords(bytes, testCodecs).map(({ offset }) => offset - 2 ** 40);
  expect(offsets).toEqual([0, 1, 2, 3, 4]);
});

type Claims = {
  readonly recordCount?: number;
  readonly lastOffsetDelta?: number;
  readonly maxTimestampMs?: number;
  readonly gzip?: boolean;
};

/** A batch around these record bytes, sealed: what a broken or hostile client might send. */
function sealed(body: readonly number[], claims: Claims = {}): Uint8Array {
  const plain = Uint8Array.from(body);
  const records = claims.gzip ? testCodecs.compress('gzip', plain) : plain;
  const bytes = new Uint8Array(61 + records.length);
  bytes.set(records, 61);
  const recordCount = claims.recordCount ?? 1;
  const header = readBatchHeader(golden('kafkajs-plain.bin'));
  writeBatchHeader(bytes, {
    ...header,
    maxTimestampMs: claims.maxTimestampMs ?? header.baseTimestampMs,
    compression: claims.gzip ? 'gzip' : 'none',
    sizeBytes: bytes.length,
    recordCount,
    lastOffsetDelta: claims.lastOffsetDelta ?? recordCount - 1,
  });
  sealBatch(bytes, testCodecs);
  return bytes;
}

const least = [12, 0, 0, 0, 1, 1, 0];
const second = [12, 0, 0, 2, 1, 1, 0];

test('the least batch is valid', () => {
  const bytes = sealed([...least, ...second], { recordCount: 2 });
  expect(() => validateBatch(bytes, readBatchHeader(bytes), testCodecs)).not.toThrow();
});

test.each<[string, number[], Claims]>([
  ['no record', [], { recordCount: 0 }],
  ['a negative count', least, { recordCount: -1 }],
  ['two billion records', least, { recordCount: 2 ** 31 - 1 }],
  ['fewer records than there are', [...least, ...second], { recordCount: 1 }],
  ['more records than there are', least, { recordCount: 2 }],
  ['a last offset that is not the last', least, { lastOffsetDelta: 1 }],
  ['a greatest timestamp that no record has', least, { maxTimestampMs: 0 }],
  ['offsets that skip', second, {}],
  ['offsets that repeat', [...least, ...least], { recordCount: 2 }],
  ['bytes behind the last record', [...least, 0], {}],
  ['a record cut short', least.slice(0, 6), {}],
  ['a record that says less than it is', [10, ...least.slice(1)], {}],
  ['a record that reaches into the next', [14, 0, 0, 0, 1, 1, 0, ...second], { recordCount: 2 }],
  ['a key of length -2', [12, 0, 0, 0, 3, 1, 0], {}],
  ['a key that reaches into the next', [12, 0, 0, 0, 4, 1, 0, ...second], { recordCount: 2 }],
  ['two billion headers', [20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f], {}],
  ['a header without a name', [16, 0, 0, 0, 1, 1, 2, 1, 1], {}],
  ['a header name that is not UTF-8', [18, 0, 0, 0, 1, 1, 2, 2, 0xff, 1], {}],
  [
    'a key length that Kafka reads no further',
    [22, 0, 0, 0, 0x81, 128, 128, 128, 128, 0, 1, 0],
    {},
  ],
  ['an offset that Kafka reads no further', [22, 0, 0, 128, 128, 128, 128, 128, 0, 1, 1, 0], {}],
])('a batch with %s is corrupt', (_what, body, claims) => {
  const plain = sealed(body, claims);
  expect(() => validateBatch(plain, readBatchHeader(plain), testCodecs)).toThrow(CorruptData);
  const gzip = sealed(body, { ...claims, gzip: true });
  expect(() => validateBatch(gzip, readBatchHeader(gzip), testCodecs)).toThrow(CorruptData);
});

test('a batch with the wrong CRC is corrupt before anything is decompressed', () => {
  const bytes = golden('kafka-java-gzip.bin');
  bytes[100] = (bytes[100] as number) ^ 1;
  const codecs = { ...testCodecs, decompress: () => expect.unreachable('was decompressed') };
  const validate = () => validateBatch(bytes, readBatchHeader(bytes), codecs);
  expect(validate).toThrow(/CRC-32C is 0x[0-9a-f]{8}, the header says 0x[0-9a-f]{8}/);
});

test('a decompression bomb stops at the cap', () => {
  const bomb = sealed([], { recordCount: 1 });
  const zeros = testCodecs.compress('gzip', new Uint8Array(batchUncompressedBytesMax + 1));
  const bytes = new Uint8Array(61 + zeros.length);
  bytes.set(bomb);
  bytes.set(zeros, 61);
  const header = readBatchHeader(bomb);
  writeBatchHeader(bytes, { ...header, compression: 'gzip', sizeBytes: bytes.length });
  sealBatch(bytes, testCodecs);
  expect(bytes.length).toBeLessThan(100_000);
  expect(() => validateBatch(bytes, readBatchHeader(bytes), testCodecs)).toThrow(TooLarge);
  expect(() => decodeRecords(bytes, testCodecs)).toThrow(TooLarge);
});

test('batches that lie one after another are walked as views, each whole', () => {
  const [a, b] = [golden('kafka-java-gzip.bin'), golden('kafkajs-plain.bin')];
  const all = new Uint8Array([...a, ...b]);
  const walked = [...eachBatch(all)];
  expect(walked.map(({ bytes }) => bytes)).toEqual([a, b]);
  expect(walked.map(({ header }) => header)).toEqual([readBatchHeader(a), readBatchHeader(b)]);
  expect(walked.every(({ bytes }) => bytes.buffer === all.buffer)).toBe(true);
});

test('no bytes hold no batch, and half a batch at the end is corrupt', () => {
  expect([...eachBatch(new Uint8Array())]).toEqual([]);
  const all = new Uint8Array([...golden('kafkajs-plain.bin'), 0, 0]);
  expect(() => [...eachBatch(all)]).toThrow(CorruptData);
});
