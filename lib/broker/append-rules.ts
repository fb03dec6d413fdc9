/**
 * The rules that hold for whatever is appended, however it comes: how large and how many, which times, and what
 * a producer's numbers may be.
 */

import type { BatchSequences, PendingBatch } from '../log/append-plan.js';
import { withAppendTime } from '../log/append-time.js';
import type { BatchProducer } from '../log/batch-builder.js';
import { readBatchHeader } from '../log/batch-header.js';
import { onePiece } from '../log/byte-parts.js';
import type { Codecs } from '../log/codecs.js';
import { batchRecordsMax, timestampAheadMsMax } from '../log/limits.js';
import { advanceSequence } from '../log/producer-state.js';
import type { TopicConfigs } from '../log/topic-configs.js';
import { BrokerError } from './broker-error.js';

/** Which value is the last of a key cannot be said of a record that has none. */
export function checkKeyless({ cleanupPolicy }: TopicConfigs): void {
  if (!cleanupPolicy.compact) return;
  const message = 'A record has no key: the topic has compact in its cleanup.policy.';
  throw new BrokerError('INVALID_RECORD', message, { details: { setting: 'cleanup.policy' } });
}

export function checkBatchBytes(sizeBytes: number, { maxMessageBytes }: TopicConfigs): void {
  if (sizeBytes <= maxMessageBytes) return;
  throw new BrokerError(
    'MESSAGE_TOO_LARGE',
    `The records for one partition take ${sizeBytes} bytes as a batch; the topic's max.message.bytes is ${maxMessageBytes}.`,
    { details: { limitBytes: maxMessageBytes, sizeBytes, setting: 'max.message.bytes' } },
  );
}

export function checkRecordCount(recordCount: number): void {
  if (recordCount <= batchRecordsMax) return;
  throw new BrokerError(
    'RECORD_LIST_TOO_LARGE',
    `A batch holds at most ${batchRecordsMax} records, not ${recordCount}.`,
    { details: { limit: batchRecordsMax } },
  );
}

/** A timestamp from the far future would hide every later record from searches by time. */
export function checkTimestamp(timestampMs: number, nowMs: number): void {
  const whole = Number.isInteger(timestampMs);
  if (whole && timestampMs >= 0 && timestampMs <= nowMs + timestampAheadMsMax) return;
  throw new BrokerError(
    'INVALID_TIMESTAMP',
    `Timestamp ${timestampMs} is no whole number of milliseconds since 1970, at most an hour from now.`,
    { details: { timestampMs, latestMs: nowMs + timestampAheadMsMax } },
  );
}

export function sequences(producer: BatchProducer, recordCount: number): BatchSequences {
  const { producerId, producerEpoch: epoch, baseSequence } = producer;
  if (epoch < 0 || baseSequence < 0) {
    throw new BrokerError(
      'INVALID_RECORD',
      `A producer id needs an epoch and a sequence of at least 0, not ${epoch} and ${baseSequence}.`,
    );
  }
  const nextSequence = advanceSequence(baseSequence, recordCount);
  return { producer: String(producerId), epoch, baseSequence, nextSequence };
}

/** The batch as the topic's `message.timestamp.type=LogAppendTime` wants it. */
export function appendedNow(pending: PendingBatch, codecs: Codecs, nowMs: number): PendingBatch {
  const plain = onePiece(pending.parts);
  const bytes = withAppendTime(plain, readBatchHeader(plain), nowMs, codecs);
  return { ...pending, parts: [bytes], sizeBytes: bytes.length, maxTimestampMs: nowMs };
}
