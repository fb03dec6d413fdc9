/**
 * Records between the two worlds. A Kinesis record is a log record whose key is the partition key; what
 * the log cannot say otherwise stands in a header. A log record without a key, or whose key is no text,
 * is shown with a partition key that says so.
 */

import { Buffer } from 'node:buffer';
import type { LogRecord, PlacedRecord, RecordHeader } from '../log/record.js';
import { utf8Bytes } from '../log/utf8-bytes.js';
import type { Wire } from './wire.js';

export const explicitHashKeyHeader = 'kinesis-explicit-hash-key';
/** Kinesis has no empty partition key. */
export const noKeyText = '-';
/** In front of the key as base64. */
export const binaryKeyPrefix = 'base64:';

export type PutEntry = {
  /** Undefined only where the stream distributes records itself. */
  readonly PartitionKey?: string;
  readonly ExplicitHashKey?: string;
  readonly Data: Uint8Array;
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const noHeaders: readonly RecordHeader[] = [];
const noBytes = new Uint8Array(0);

/** The server's time is the record's: a Kinesis producer has none of its own to give. */
export function logRecordOf(entry: PutEntry, timestampMs: number): LogRecord {
  const { PartitionKey, ExplicitHashKey, Data } = entry;
  const headers: readonly RecordHeader[] =
    ExplicitHashKey === undefined
      ? noHeaders
      : [[explicitHashKeyHeader, utf8Bytes(ExplicitHashKey)]];
  const key = PartitionKey === undefined ? null : utf8Bytes(PartitionKey);
  return { key, value: Data, headers, timestampMs };
}

export function partitionKeyOf(key: Uint8Array | null): string {
  if (key === null || key.length === 0) return noKeyText;
  try {
    return strictUtf8.decode(key);
  } catch {
    return binaryKeyPrefix + Buffer.from(key).toString('base64');
  }
}

export function kinesisRecord(
  record: PlacedRecord,
  sequenceNumber: string,
  encrypted: boolean,
  wire: Wire,
) {
  return {
    SequenceNumber: sequenceNumber,
    ApproximateArrivalTimestamp: wire.time(record.timestampMs),
    Data: wire.blob(record.value ?? noBytes),
    PartitionKey: partitionKeyOf(record.key),
    ...(encrypted && { EncryptionType: 'KMS' }),
  };
}
