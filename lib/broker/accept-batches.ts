/**
 * The batches that the broker lets in: the checks between a binary body and the log. A batch that passes can be
 * stored as it is and read by everybody for ever.
 */

import type { PendingBatch } from '../log/append-plan.js';
import { type BatchHeader, verifyCrc } from '../log/batch-header.js';
import { type ByteParts, subRange } from '../log/byte-parts.js';
import type { Codecs } from '../log/codecs.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../log/corrupt-data.js';
import type { PartitionRef } from '../log/partition-head.js';
import { eachBatch, validateRecords } from '../log/record-batch.js';
import { createScratch } from '../log/scratch.js';
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
  checkRecordCount(header.recordCount);
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
