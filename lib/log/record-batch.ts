/**
 * Makes and reads RecordBatch v2. A producer's bytes are stored as they came; only what arrives as JSON
 * is encoded here, and only what leaves as JSON is decoded.
 */

import { BatchBuilder, type BatchProducer } from './batch-builder.js';
import { type BatchHeader, batchHeaderBytes, readBatchHeader, verifyCrc } from './batch-header.js';
import { ByteReader } from './byte-reader.js';
import type { Codecs, Compression } from './codecs.js';
import { CorruptData } from './corrupt-data.js';
import { batchUncompressedBytesMax, recordHeadersMax } from './limits.js';
import {
  FoundRecord,
  type LogRecord,
  type PlacedRecord,
  readHeaderName,
  readRecord,
  recordBytesMax,
} from './record.js';
import { sharedBytesMax, takeMemory } from './shared-memory.js';

export type BatchToEncode = {
  /** At least one. */
  readonly records: readonly LogRecord[];
  readonly compression?: Compression | undefined;
  readonly producer?: BatchProducer | undefined;
};

/** Encodes with base offset 0: the commit decides the real one, outside the CRC. */
export function encodeRecordBatch(batch: BatchToEncode, codecs: Codecs): Uint8Array {
  const { records, compression, producer } = batch;
  const builder = new BatchBuilder(memoryFor(records));
  for (const record of records) builder.add(record);
  return builder.finish({ compression, producer }, codecs);
}

function memoryFor(records: readonly LogRecord[]): Uint8Array | number {
  const bytes = plainBatchBytesMax(records);
  return bytes > sharedBytesMax ? bytes : takeMemory(bytes);
}

/** What a batch of these records takes at most, before it is compressed. */
export function plainBatchBytesMax(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytesMax(record), batchHeaderBytes);
}

/** The batch's records, decompressed; never more than `batchUncompressedBytesMax` of them. */
function recordBytes(bytes: Uint8Array, header: BatchHeader, codecs: Codecs): Uint8Array {
  const records = bytes.subarray(batchHeaderBytes, header.sizeBytes);
  if (header.compression === 'none') return records;
  return codecs.decompress(header.compression, records, batchUncompressedBytesMax);
}

/**
 * Decodes the batch that starts at `bytes[0]`; offsets are those of its header. The CRC is the caller's
 * to check, once, where the bytes come in.
 */
export function decodeRecords(bytes: Uint8Array, codecs: Codecs): PlacedRecord[] {
  const header = readBatchHeader(bytes);
  const records = recordsAsWritten(bytes, header, codecs);
  if (!header.logAppendTime) return records;
  return records.map((record) => ({ ...record, timestampMs: header.maxTimestampMs }));
}

/** The same for whoever goes through them one by one, and may keep few of them. */
export function findRecords(bytes: Uint8Array, header: BatchHeader, codecs: Codecs): FoundRecord[] {
  const { baseOffset, baseTimestampMs, recordCount } = header;
  const appendTimeMs = header.logAppendTime ? header.maxTimestampMs : undefined;
  const reader = new ByteReader(recordBytes(bytes, header, codecs));
  const records: FoundRecord[] = [];
  while (records.length < recordCount) {
    records.push(new FoundRecord(reader, baseOffset, baseTimestampMs, appendTimeMs));
  }
  return records;
}

/** With the timestamps that their producer gave them, whatever the topic says of those. */
export function recordsAsWritten(
  bytes: Uint8Array,
  header: BatchHeader,
  codecs: Codecs,
): PlacedRecord[] {
  const reader = new ByteReader(recordBytes(bytes, header, codecs));
  const records: PlacedRecord[] = [];
  while (records.length < header.recordCount) {
    records.push(readRecord(reader, header.baseOffset, header.baseTimestampMs));
  }
  return records;
}

/**
 * Throws `CorruptData` (or `TooLarge`, for a decompression bomb) unless the batch at `bytes[0]` is
 * whole: right CRC, and records as `validateRecords` wants them.
 */
export function validateBatch(bytes: Uint8Array, header: BatchHeader, codecs: Codecs): void {
  verifyCrc(bytes.subarray(0, header.sizeBytes), header, codecs);
  validateRecords(bytes, header, codecs);
}

/**
 * The records must be exactly those that the header counts. Their contents are not decoded. A batch that
 * passes this and has the right CRC can be read by everybody for ever. Tells which record is the first
 * without a key.
 */
export function validateRecords(
  bytes: Uint8Array,
  header: BatchHeader,
  codecs: Codecs,
): { readonly firstKeyless: number | undefined } {
  if (header.recordCount < 1) throw new CorruptData('a batch holds at least one record');
  if (header.lastOffsetDelta !== header.recordCount - 1) {
    throw new CorruptData(
      `lastOffsetDelta ${header.lastOffsetDelta} does not fit recordCount ${header.recordCount}`,
    );
  }
  const reader = new ByteReader(recordBytes(bytes, header, codecs));
  let maxDeltaMs = Number.NEGATIVE_INFINITY;
  let firstKeyless: number | undefined;
  for (let i = 0; i < header.recordCount; i++) {
    const { timestampDeltaMs, hasKey } = checkRecord(reader, i);
    maxDeltaMs = Math.max(maxDeltaMs, timestampDeltaMs);
    if (!hasKey) firstKeyless ??= i;
  }
  if (reader.remainingBytes !== 0) {
    throw new CorruptData(`${reader.remainingBytes} bytes after the last record`);
  }
  // Retention and searches by time go by the header: a wrong one would delete or hide records.
  const maxTimestampMs = header.baseTimestampMs + maxDeltaMs;
  if (!header.logAppendTime && maxTimestampMs !== header.maxTimestampMs) {
    throw new CorruptData(
      `maxTimestamp ${header.maxTimestampMs} is not that of the records, ${maxTimestampMs}`,
    );
  }
  return { firstKeyless };
}

/**
 * Walks over one record: its lengths must add up, and its offset must be its place.
 */
function checkRecord(
  reader: ByteReader,
  index: number,
): { readonly timestampDeltaMs: number; readonly hasKey: boolean } {
  const sizeBytes = reader.varint32();
  if (sizeBytes < 0 || sizeBytes > reader.remainingBytes) {
    throw new CorruptData(`record ${index} says ${sizeBytes} bytes`);
  }
  const end = reader.position + sizeBytes;
  reader.int8();
  const timestampDeltaMs = reader.varint();
  const offsetDelta = reader.varint32();
  if (offsetDelta !== index) {
    throw new CorruptData(`record ${index} has offset delta ${offsetDelta}`);
  }
  const hasKey = skipNullable(reader);
  skipNullable(reader);
  const headerCount = reader.varint32();
  if (headerCount < 0 || headerCount > reader.remainingBytes / 2) {
    throw new CorruptData(`record ${index} counts ${headerCount} headers`);
  }
  if (headerCount > recordHeadersMax) {
    throw new CorruptData(
      `record ${index} has ${headerCount} headers, at most ${recordHeadersMax}`,
    );
  }
  for (let i = 0; i < headerCount; i++) {
    readHeaderName(reader);
    skipNullable(reader);
  }
  if (reader.position !== end) throw new CorruptData(`record ${index} does not end where it says`);
  return { timestampDeltaMs, hasKey };
}

/** False: there was null. */
function skipNullable(reader: ByteReader): boolean {
  const sizeBytes = reader.varint32();
  if (sizeBytes !== -1) reader.skip(sizeBytes);
  return sizeBytes !== -1;
}

/** Walks the batches that lie one after another in `bytes`; a batch is handed on as a view. */
export function* eachBatch(
  bytes: Uint8Array,
): Generator<{ readonly header: BatchHeader; readonly bytes: Uint8Array }> {
  let position = 0;
  while (position < bytes.length) {
    const header = readBatchHeader(bytes, position);
    yield { header, bytes: bytes.subarray(position, position + header.sizeBytes) };
    position += header.sizeBytes;
  }
}
