/**
 * A batch, or records that get their batch in the flush, and the one who waits for it, on their way through
 * the broker.
 */

import type { BatchSequences, PendingBatch } from '../log/append-plan.js';
import type { PendingRecords } from '../log/shared-batch.js';
import type { BatchResult } from './batch-verdicts.js';

/** `settle` is called exactly once. */
export type Ticket = PendingBatch & { settle(result: BatchResult): void };

export type RecordsTicket = PendingRecords & Pick<Ticket, 'settle'>;
export type AppendTicket = Ticket | RecordsTicket;

/** Field by field: copying a batch by a spread costs a small one as much as its encoding. */
export function createTicket(
  batch: PendingBatch,
  producer: BatchSequences | undefined,
  settle: Ticket['settle'],
): Ticket {
  return {
    ref: batch.ref,
    parts: batch.parts,
    sizeBytes: batch.sizeBytes,
    recordCount: batch.recordCount,
    maxTimestampMs: batch.maxTimestampMs,
    producer,
    expectedNextOffset: batch.expectedNextOffset,
    fencingToken: batch.fencingToken,
    inlineBytesMax: batch.inlineBytesMax,
    settle,
  } satisfies Record<keyof Ticket, unknown>;
}

export function createRecordsTicket(
  pending: PendingRecords,
  settle: Ticket['settle'],
): RecordsTicket {
  return {
    ref: pending.ref,
    records: pending.records,
    compression: pending.compression,
    sizeBytes: pending.sizeBytes,
    recordCount: pending.recordCount,
    maxTimestampMs: pending.maxTimestampMs,
    batchBytesMax: pending.batchBytesMax,
    inlineBytesMax: pending.inlineBytesMax,
    settle,
  } satisfies Record<Exclude<keyof RecordsTicket, 'producer'>, unknown>;
}
