/**
 * Records that did not come as a batch: they are checked and become one, at once or, small ones, in the flush
 * that they share with others.
 */

import type { PendingBatch } from '../log/append-plan.js';
import type { BatchProducer } from '../log/batch-builder.js';
import type { Codecs, Compression } from '../log/codecs.js';
import { recordHeadersMax, sharedBatchBytesMax, sharingBytesMax } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { LogRecord } from '../log/record.js';
import { encodeRecordBatch, plainBatchBytesMax } from '../log/record-batch.js';
import type { PendingAppend } from '../log/shared-batch.js';
import { type TopicConfigs, topicConfigDefaults } from '../log/topic-configs.js';
import {
  appendedNow,
  checkBatchBytes,
  checkKeyless,
  checkRecordCount,
  checkTimestamp,
  sequences,
} from './append-rules.js';
import { BrokerError } from './broker-error.js';

/** Encodes records. They become one batch: all of them or none. */
export function acceptRecords(
  ref: PartitionRef,
  received: readonly LogRecord[],
  codecs: Codecs,
  nowMs: number,
  producer?: BatchProducer,
  configs: TopicConfigs = topicConfigDefaults,
): PendingBatch {
  const records = configs.logAppendTime
    ? received.map((record) => ({ ...record, timestampMs: nowMs }))
    : received;
  const compression = checkRecords(records, codecs, nowMs, configs);
  const bytes = encodeRecordBatch({ records, compression, producer }, codecs);
  checkBatchBytes(bytes.length, configs);
  const pending: PendingBatch = {
    ref,
    parts: [bytes],
    sizeBytes: bytes.length,
    recordCount: records.length,
    maxTimestampMs: maxTimestampMsOf(records),
    producer: producer && sequences(producer, records.length),
    inlineBytesMax: configs.inlineBytesMax,
  };
  return configs.logAppendTime ? appendedNow(pending, codecs, nowMs) : pending;
}

/** What a request says of its records. */
export type AppendTerms = {
  readonly producer?: BatchProducer | undefined;
  readonly expectedNextOffset?: number | undefined;
  readonly fencingToken?: string | undefined;
};

/** The same for what a request says of its records. Small ones without a number or a condition share their batch. */
export function acceptAppend(
  ref: PartitionRef,
  records: readonly LogRecord[],
  codecs: Codecs,
  nowMs: number,
  terms: AppendTerms = {},
  configs: TopicConfigs = topicConfigDefaults,
): PendingAppend {
  const { producer, expectedNextOffset, fencingToken } = terms;
  const isPlain = (producer ?? expectedNextOffset ?? fencingToken) === undefined;
  const sizeBytes = plainBatchBytesMax(records);
  const isSmall = sizeBytes <= Math.min(sharingBytesMax, configs.maxMessageBytes);
  // A batch has one time of append.
  if (!isPlain || !isSmall || configs.logAppendTime) {
    const batch = acceptRecords(ref, records, codecs, nowMs, producer, configs);
    return { ...batch, expectedNextOffset, fencingToken };
  }
  return {
    ref,
    records,
    compression: checkRecords(records, codecs, nowMs, configs),
    sizeBytes,
    recordCount: records.length,
    maxTimestampMs: maxTimestampMsOf(records),
    batchBytesMax: Math.min(sharedBatchBytesMax, configs.maxMessageBytes),
    inlineBytesMax: configs.inlineBytesMax,
  };
}

function maxTimestampMsOf(records: readonly LogRecord[]): number {
  return records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), 0);
}

/** Returns how they are to be compressed. */
function checkRecords(
  records: readonly LogRecord[],
  codecs: Codecs,
  nowMs: number,
  configs: TopicConfigs,
): Compression {
  checkEach(records, nowMs);
  if (records.some(({ key }) => key === null)) checkKeyless(configs);
  return compressionOf(configs, codecs);
}

function checkEach(records: readonly LogRecord[], nowMs: number): void {
  if (records.length === 0) throw new BrokerError('INVALID_RECORD', 'There are no records.');
  checkRecordCount(records.length);
  for (const record of records) {
    checkTimestamp(record.timestampMs, nowMs);
    if (record.headers.length <= recordHeadersMax) continue;
    throw new BrokerError(
      'INVALID_RECORD',
      `A record has at most ${recordHeadersMax} headers, not ${record.headers.length}.`,
      { details: { limit: recordHeadersMax } },
    );
  }
}

/** The setting was checked when it was set; this server may be another one. */
function compressionOf({ compression }: TopicConfigs, codecs: Codecs): Compression {
  if (compression === 'producer') return 'none';
  if (codecs.available.has(compression)) return compression;
  const message = `The topic has compression.type=${compression}, which this server cannot write.`;
  throw new BrokerError('UNSUPPORTED_COMPRESSION_TYPE', message);
}
