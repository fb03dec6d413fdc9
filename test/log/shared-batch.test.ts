/** lib/log/shared-batch.js: small appends share batches in their order, and what is read is what was sent. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PendingBatch } from '../../lib/log/append-plan.js';
import { readBatchHeader, verifyCrc } from '../../lib/log/batch-header.js';
import type { Compression } from '../../lib/log/codecs.js';
import type { LogRecord } from '../../lib/log/record.js';
import {
  decodeRecords,
  encodeRecordBatch,
  plainBatchBytesMax,
} from '../../lib/log/record-batch.js';
import { encodeShared, type PendingRecords, shareBatches } from '../../lib/log/shared-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { anyRecords, propertyRuns } from './samples.js';

const ref = { topicId: 't', partition: 0 };
const batchBytesMax = 1_000;

function pendingOf(
  records: readonly LogRecord[],
  compression: Compression = 'none',
): PendingRecords {
  return {
    ref,
    records,
    compression,
    sizeBytes: plainBatchBytesMax(records),
    recordCount: records.length,
    maxTimestampMs: Math.max(...records.map(({ timestampMs }) => timestampMs)),
    batchBytesMax,
    inlineBytesMax: 7,
  };
}

const batch: PendingBatch = {
  ref,
  parts: [new Uint8Array(9)],
  sizeBytes: 9,
  recordCount: 1,
  maxTimestampMs: 0,
};

const anyAppend = fc.oneof(
  { weight: 5, arbitrary: anyRecords.map((records) => pendingOf(records)) },
  { weight: 1, arbitrary: anyRecords.map((records) => pendingOf(records, 'gzip')) },
  { weight: 1, arbitrary: fc.constant(null).map(() => ({ ...batch })) },
);

test('nothing is lost, moved, or mixed with what differs; no more is shared than may be', () => {
  const property = fc.property(fc.array(anyAppend, { maxLength: 30 }), (appends) => {
    const shared = shareBatches<PendingRecords, PendingBatch>(appends);
    expect(shared.flat()).toEqual(appends);
    for (const one of shared) {
      if (!Array.isArray(one)) continue;
      const members = one as readonly PendingRecords[];
      expect(new Set(members.map(({ compression }) => compression)).size).toBe(1);
      const sizeBytes = members.reduce((sum, member) => sum + member.sizeBytes, 0);
      if (members.length > 1) expect(sizeBytes).toBeLessThanOrEqual(batchBytesMax);
    }
  });
  fc.assert(property, propertyRuns);
});

test('neighbours share as far as the batch reaches, and begin another one there', () => {
  const third = pendingOf([{ key: null, value: new Uint8Array(200), headers: [], timestampMs: 1 }]);
  const sizes = (appends: readonly (PendingRecords | PendingBatch)[]) =>
    shareBatches<PendingRecords, PendingBatch>(appends).map((one) =>
      Array.isArray(one) ? one.length : 'batch',
    );
  expect(third.sizeBytes * 3).toBeLessThanOrEqual(batchBytesMax);
  expect(third.sizeBytes * 4).toBeGreaterThan(batchBytesMax);
  expect(sizes(Array(7).fill(third))).toEqual([3, 3, 1]);
  expect(sizes([third, batch, third, third])).toEqual([1, 'batch', 2]);
  expect(sizes([third, { ...third, compression: 'gzip' }, third])).toEqual([1, 1, 1]);
  expect(sizes([third, third, { ...third, batchBytesMax: 600 }])).toEqual([2, 1]);
  expect(sizes([])).toEqual([]);
});

test('a shared batch holds the records of its members, one after another', () => {
  const members = fc.array(
    anyRecords.map((records) =>
      pendingOf(records.map((one) => ({ ...one, timestampMs: Math.max(0, one.timestampMs) }))),
    ),
    { minLength: 1, maxLength: 6 },
  );
  const property = fc.property(
    members,
    fc.constantFrom<Compression>('none', 'gzip'),
    (plain, compression) => {
      const pending = encodeShared(
        plain.map((member) => ({ ...member, compression })),
        nodeCodecs,
      );
      const [bytes = new Uint8Array()] = pending.parts;
      const header = readBatchHeader(bytes);
      verifyCrc(bytes, header, nodeCodecs);
      const records = plain.flatMap((member) => member.records);
      expect(decodeRecords(bytes, nodeCodecs)).toEqual(
        records.map((record, offset) => ({ ...record, offset })),
      );
      expect(header).toMatchObject({ compression, producerId: -1, baseOffset: 0 });
      expect(pending).toMatchObject({
        ref,
        sizeBytes: bytes.length,
        recordCount: records.length,
        maxTimestampMs: header.maxTimestampMs,
        inlineBytesMax: 7,
      });
    },
  );
  fc.assert(property, propertyRuns);
});

test('no batch takes more than was foreseen', () => {
  const property = fc.property(anyRecords, (records) => {
    const bytes = encodeRecordBatch({ records }, nodeCodecs);
    expect(bytes.length).toBeLessThanOrEqual(plainBatchBytesMax(records));
  });
  fc.assert(property, propertyRuns);
});
