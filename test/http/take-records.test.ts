/**
 * Records are taken from batches as asked: from an offset, as many as wanted, and no more than an answer
 * should hold.
 */

import { expect, test } from 'vitest';
import { takeRecords } from '../../lib/http/take-records.js';
import { placeBatch } from '../../lib/log/batch-header.js';
import { encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';

function batchAt(baseOffset: number, count: number, valueBytes = 1): Uint8Array {
  const value = new Uint8Array(valueBytes);
  const records = Array.from({ length: count }, () => ({
    key: null,
    value,
    headers: [],
    timestampMs: 1,
  }));
  const batch = encodeRecordBatch({ records, compression: 'gzip' }, nodeCodecs);
  placeBatch(batch, baseOffset, 0);
  return batch;
}

const offsetsOf = (from: number, countMax: number) => {
  const batches = [batchAt(10, 5), batchAt(15, 5)];
  const { records, complete } = takeRecords(batches, from, nodeCodecs, countMax);
  return { offsets: records.map(({ offset }) => offset), complete };
};

test('what lies before the offset in its batch is left out', () => {
  expect(offsetsOf(13, 100)).toEqual({ offsets: [13, 14, 15, 16, 17, 18, 19], complete: true });
});

test('as many as wanted are taken, and more being there is told', () => {
  expect(offsetsOf(13, 3)).toEqual({ offsets: [13, 14, 15], complete: false });
  expect(offsetsOf(10, 10)).toMatchObject({ complete: true });
});

test('batches that hold far more than their size are cut, but never to nothing', () => {
  const batches = Array.from({ length: 6 }, (_, i) => batchAt(i, 1, 30 * 1024 * 1024));
  const { records, complete } = takeRecords(batches, 0, nodeCodecs, 100);
  expect(complete).toBe(false);
  expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2]);
});
