/**
 * Small batches that come by requests of their own share one, where they meet in a flush: one header, one
 * checksum and one look for readers instead of many. All records of a request stay side by side, and are in the log
 * together or not at all, as in a batch of their own.
 */

import type { PendingBatch } from './append-plan.js';
import type { Codecs, Compression } from './codecs.js';
import type { PartitionRef } from './partition-head.js';
import type { LogRecord } from './record.js';
import { encodeRecordBatch } from './record-batch.js';

/** Validated records on their way into a partition, which get their batch when they are flushed. */
export type PendingRecords = {
  readonly ref: PartitionRef;
  readonly records: readonly LogRecord[];
  readonly compression: Compression;
  /** As much as they can take in a batch of their own. */
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly maxTimestampMs: number;
  /** A batch that holds more than they do has at most this. */
  readonly batchBytesMax: number;
  readonly inlineBytesMax: number | undefined;
  /** Only what has neither a number nor a condition of its own may be in a batch with others. */
  readonly producer?: undefined;
};

export type PendingAppend = PendingBatch | PendingRecords;

export function isPendingRecords<R extends PendingRecords>(append: R | PendingBatch): append is R {
  return 'records' in append;
}

/**
 * Divides the records of one partition, in their order, into those that share a batch. What has its batch already
 * stands alone, and nothing passes it.
 */
export function shareBatches<R extends PendingRecords, B extends PendingBatch>(
  appends: readonly (R | B)[],
): (B | readonly R[])[] {
  const shared: (B | R[])[] = [];
  let open: R[] = [];
  let openBytes = 0;
  for (const append of appends) {
    if (!isPendingRecords<R>(append)) {
      shared.push(append);
      open = [];
    } else if (open[0] && fits(append, open[0], openBytes)) {
      open.push(append);
      openBytes += append.sizeBytes;
    } else {
      open = [append];
      openBytes = append.sizeBytes;
      shared.push(open);
    }
  }
  return shared;
}

function fits(append: PendingRecords, first: PendingRecords, openBytes: number): boolean {
  const isAlike = append.compression === first.compression;
  return isAlike && openBytes + append.sizeBytes <= append.batchBytesMax;
}

/** One batch of all the records of `members`, of which there is at least one. */
export function encodeShared(members: readonly PendingRecords[], codecs: Codecs): PendingBatch {
  const { ref, compression, inlineBytesMax } = members[0] as PendingRecords;
  const records = members.flatMap((member) => member.records);
  const bytes = encodeRecordBatch({ records, compression }, codecs);
  const maxTimestampMs = members.reduce((max, member) => Math.max(max, member.maxTimestampMs), 0);
  return {
    ref,
    parts: [bytes],
    sizeBytes: bytes.length,
    recordCount: records.length,
    maxTimestampMs,
    inlineBytesMax,
  };
}
