/**
 * What the broker lets in: the checks between a request and the log. A batch that passes can be stored
 * as it is and read by everybody for ever.
 */

import type { PendingBatch } from '../log/append-plan.js';
import { withAppendTime } from '../log/append-time.js';
import type { BatchProducer } from '../log/batch-builder.js';
import { type BatchHeader, readBatchHeader, verifyCrc } from '../log/batch-header.js';
import { type ByteParts, onePiece, subRange } from '../log/byte-parts.js';
import type { Codecs, Compression } from '../log/codecs.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../log/corrupt-data.js';
import { batchRecordsMax, recordHeadersMax, timestampAheadMsMax } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import { advanceSequence } from '../log/producer-state.js';
import type { LogRecord } from '../log/record.js';
import { eachBatch, encodeRecordBatch, validateRecords } from '../log/record-batch.js';
import { createScratch } from '../log/scratch.js';
import { type TopicConfigs, topicConfigDefaults } from '../log/topic-configs.js';
import { BrokerError } from './broker-error.js';

const scratch = createScratch();

/** Reads a binary body, in the parts it came in: one or more RecordBatches, one after another. */
export function acceptBatches(
  ref: PartitionRef,
  body: ByteParts,
  codecs: Codecs,
  nowMs: number,
  configs: TopicConfigs = topicConfigDefaults,
): PendingBatch[] {
  try {
    let position = 0;
    const batches = [...eachBatch(scratch.gather(body))].map(({ header, bytes: batch }) => {
      // Size first, for what follows costs as much; then whether the header can be believed.
      checkBatchBytes(header.sizeBytes, configs);
      verifyCrc(batch, header, codecs);
      checkHeader(header, codecs);
      // A producer's clock does not matter where it is not believed.
      if (!configs.logAppendTime) checkTimestamps(header, nowMs);
      const { firstKeyless } = validateRecords(batch, header, codecs);
      if (firstKeyless !== undefined) checkKeyless(configs);
      const parts = subRange(body, position, header.sizeBytes);
      position += header.sizeBytes;
      const pending = pendingBatch(ref, parts, header, configs);
      return configs.logAppendTime ? appendedNow(pending, codecs, nowMs) : pending;
    });
    if (batches.length > 0) return batches;
  } catch (error) {
    throw refusalOf(error);
  }
  throw new BrokerError('INVALID_RECORD', 'The body holds no record batch.');
}

function checkHeader(header: BatchHeader, codecs: Codecs): void {
  if (header.recordCount > batchRecordsMax) throw tooManyRecords(header.recordCount);
  if (header.transactional || header.control) {
    throw new BrokerError('INVALID_RECORD', 'Transactional and control batches are not supported.');
  }
  if (header.deleteHorizonMs !== undefined) {
    throw new BrokerError('INVALID_RECORD', 'A producer cannot say when its tombstones may go.');
  }
  if (header.logAppendTime) {
    const message = 'A producer cannot say that timestamps are those of the append.';
    throw new BrokerError('INVALID_TIMESTAMP', message);
  }
  if (!codecs.available.has(header.compression)) {
    throw new UnsupportedCompression(header.compression);
  }
}

function checkTimestamps(header: BatchHeader, nowMs: number): void {
  checkTimestamp(header.baseTimestampMs, nowMs);
  checkTimestamp(header.maxTimestampMs, nowMs);
}

function appendedNow(pending: PendingBatch, codecs: Codecs, nowMs: number): PendingBatch {
  const plain = onePiece(pending.parts);
  const bytes = withAppendTime(plain, readBatchHeader(plain), nowMs, codecs);
  return { ...pending, parts: [bytes], sizeBytes: bytes.length, maxTimestampMs: nowMs };
}

function pendingBatch(
  ref: PartitionRef,
  parts: ByteParts,
  header: BatchHeader,
  { inlineBytesMax }: TopicConfigs,
): PendingBatch {
  const { sizeBytes, recordCount, maxTimestampMs, producerId, producerEpoch, baseSequence } =
    header;
  const producer =
    producerId < 0
      ? undefined
      : sequences({ producerId, producerEpoch, baseSequence }, recordCount);
  return { ref, parts, sizeBytes, recordCount, maxTimestampMs, producer, inlineBytesMax };
}

function sequences(
  producer: BatchProducer,
  recordCount: number,
): PendingBatch['producer'] & object {
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

/** Encodes records that came as JSON. They become one batch: all of them or none. */
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
  checkRecords(records, nowMs);
  if (records.some(({ key }) => key === null)) checkKeyless(configs);
  const compression = compressionOf(configs, codecs);
  const bytes = encodeRecordBatch({ records, compression, producer }, codecs);
  checkBatchBytes(bytes.length, configs);
  const pending: PendingBatch = {
    ref,
    parts: [bytes],
    sizeBytes: bytes.length,
    recordCount: records.length,
    maxTimestampMs: records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), 0),
    producer: producer && sequences(producer, records.length),
    inlineBytesMax: configs.inlineBytesMax,
  };
  return configs.logAppendTime ? appendedNow(pending, codecs, nowMs) : pending;
}

function checkRecords(records: readonly LogRecord[], nowMs: number): void {
  if (records.length === 0) throw new BrokerError('INVALID_RECORD', 'There are no records.');
  if (records.length > batchRecordsMax) throw tooManyRecords(records.length);
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

/** Which value is the last of a key cannot be said of a record that has none. */
function checkKeyless({ cleanupPolicy }: TopicConfigs): void {
  if (!cleanupPolicy.compact) return;
  const message = 'A record has no key: the topic has compact in its cleanup.policy.';
  throw new BrokerError('INVALID_RECORD', message, { details: { setting: 'cleanup.policy' } });
}

/** The setting was checked when it was set; this server may be another one. */
function compressionOf({ compression }: TopicConfigs, codecs: Codecs): Compression {
  if (compression === 'producer') return 'none';
  if (codecs.available.has(compression)) return compression;
  const message = `The topic has compression.type=${compression}, which this server cannot write.`;
  throw new BrokerError('UNSUPPORTED_COMPRESSION_TYPE', message);
}

function checkBatchBytes(sizeBytes: number, { maxMessageBytes }: TopicConfigs): void {
  if (sizeBytes <= maxMessageBytes) return;
  throw new BrokerError(
    'MESSAGE_TOO_LARGE',
    `The records for one partition take ${sizeBytes} bytes as a batch; the topic's max.message.bytes is ${maxMessageBytes}.`,
    { details: { limitBytes: maxMessageBytes, sizeBytes, setting: 'max.message.bytes' } },
  );
}

function tooManyRecords(recordCount: number): BrokerError {
  return new BrokerError(
    'RECORD_LIST_TOO_LARGE',
    `A batch holds at most ${batchRecordsMax} records, not ${recordCount}.`,
    { details: { limit: batchRecordsMax } },
  );
}

/** A timestamp from the far future would hide every later record from searches by time. */
function checkTimestamp(timestampMs: number, nowMs: number): void {
  const whole = Number.isInteger(timestampMs);
  if (whole && timestampMs >= 0 && timestampMs <= nowMs + timestampAheadMsMax) return;
  throw new BrokerError(
    'INVALID_TIMESTAMP',
    `Timestamp ${timestampMs} is no whole number of milliseconds since 1970, at most an hour from now.`,
    { details: { timestampMs, latestMs: nowMs + timestampAheadMsMax } },
  );
}

function refusalOf(error: unknown): unknown {
  if (error instanceof TooLarge) {
    return new BrokerError(
      'MESSAGE_TOO_LARGE',
      `Decompressed, the batch is too large: ${error.message}.`,
      {
        details: { limitBytes: error.limitBytes },
        cause: error,
      },
    );
  }
  if (error instanceof UnsupportedCompression) {
    return new BrokerError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `This server cannot read ${error.message} batches.`,
      { cause: error },
    );
  }
  if (error instanceof CorruptData) {
    return new BrokerError('CORRUPT_MESSAGE', `The record batch is corrupt: ${error.message}.`, {
      cause: error,
    });
  }
  return error;
}
