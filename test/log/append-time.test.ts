/** lib/log/append-time.js: what Kafka's brokers do to a batch, byte for byte. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withAppendTime } from '../../lib/log/append-time.js';
import { batchHeaderBytes, readBatchHeader } from '../../lib/log/batch-header.js';
import {
  decodeRecords,
  encodeRecordBatch,
  findRecords,
  validateBatch,
} from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';

const record = (timestampMs: number) => ({
  key: null,
  value: new Uint8Array([1, 2]),
  headers: [],
  timestampMs,
});

test('every record has the time of the append, and the rest is as it was', () => {
  const bytes = encodeRecordBatch({ records: [record(7), record(3)] }, nodeCodecs);
  const header = readBatchHeader(bytes);
  const before = bytes.slice();
  const stamped = withAppendTime(bytes, header, 1_000, nodeCodecs);
  expect(bytes).toEqual(before);
  const after = readBatchHeader(stamped);
  const { crc: _, ...rest } = header;
  expect(after).toMatchObject({ ...rest, logAppendTime: true, maxTimestampMs: 1_000 });
  validateBatch(stamped, after, nodeCodecs);
  const times = decodeRecords(stamped, nodeCodecs).map(({ timestampMs }) => timestampMs);
  expect(times).toEqual([1_000, 1_000]);
  const found = findRecords(stamped, after, nodeCodecs).map(({ timestampMs }) => timestampMs);
  expect(found).toEqual(times);
  expect(stamped.subarray(batchHeaderBytes)).toEqual(bytes.subarray(batchHeaderBytes));
});

test('a batch that Kafka stamped is what we make of it', () => {
  const file = new URL('golden/kafka-java-log-append-time.bin', import.meta.url);
  const kafka = new Uint8Array(readFileSync(file));
  const header = readBatchHeader(kafka);
  expect(header.logAppendTime).toBe(true);
  const again = withAppendTime(kafka, header, header.maxTimestampMs, nodeCodecs);
  expect(again).toEqual(kafka);
});
