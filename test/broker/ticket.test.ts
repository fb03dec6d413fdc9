/** A ticket is its batch or its records, every field of them, and who waits. */

import { expect, test } from 'vitest';
import { createRecordsTicket, createTicket } from '../../lib/broker/ticket.js';
import type { PendingBatch } from '../../lib/log/append-plan.js';
import type { PendingRecords } from '../../lib/log/shared-batch.js';
import { refA } from './broker-fixture.js';

const producer = { producer: '7', epoch: 0, baseSequence: 4, nextSequence: 5 };
const batch: Required<PendingBatch> = {
  ref: refA,
  parts: [new Uint8Array(3)],
  sizeBytes: 3,
  recordCount: 1,
  maxTimestampMs: 5,
  producer,
  expectedNextOffset: 9,
  fencingToken: 'token',
  inlineBytesMax: 100,
};

test('nothing of the batch is lost', () => {
  const settle = () => {};
  expect(createTicket(batch, producer, settle)).toEqual({ ...batch, settle });
});

test('a number that the writer gives stands for the producer', () => {
  const own = { ...producer, producer: 'w1' };
  const ticket = createTicket({ ...batch, producer: undefined }, own, () => {});
  expect(ticket).toMatchObject({ ...batch, producer: own });
});

test('nothing of records that wait is lost', () => {
  const records: Required<Omit<PendingRecords, 'producer'>> = {
    ref: refA,
    records: [{ key: null, value: null, headers: [], timestampMs: 5 }],
    compression: 'gzip',
    sizeBytes: 100,
    recordCount: 1,
    maxTimestampMs: 5,
    batchBytesMax: 1_000,
    inlineBytesMax: 100,
  };
  const settle = () => {};
  expect(createRecordsTicket(records, settle)).toEqual({ ...records, settle });
});
