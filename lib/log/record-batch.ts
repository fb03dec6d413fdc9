/**
 * Makes and reads RecordBatch v2. A producer's bytes are stored as they came; only what arrives as JSON
 * is encoded here, and only what leaves as JSON is decoded.
 */

import { assert } from './assert.js';
import {
  type BatchHeader,
  batchHeaderBytes,
  noProducer,
  readBatchHeader,
  sealBatch,
  verifyCrc,
  writeBatchHeader,
} from './batch-header.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Codecs, Compression } from './codecs.js';
import { CorruptData } from './corrupt-data.js';
import { batchUncompressedBytesMax, recordHeadersMax } from './limits.js';
import {
  type LogRecord,
  type PlacedRecord,
  readHeaderName,
  readRecord,
  writeRecord,
} from './record.js';

/** The identity that makes a retry of this batch recognisable. */
export type BatchProducer = {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
};

export type BatchToEncode = {
  /** At least one. */
  readonly records: readonly LogRecord[];
  readonly compression?: Compression;
  readonly producer?: BatchProducer;
};

/** Encodes with base offset 0: the commit decides the real one, outside the CRC. */
export function encodeRecordBatch(batch: BatchToEncode, codecs: Codecs): Uint8Array {
  const { records, compression = 'none', producer = noProducer } = batch;
  const first = records[0];
  assert(first !== undefined, 'a batch holds at least one record');
  const baseTimestampMs = first.timestampMs;
  let maxTimestampMs = baseTimestampMs;
  const writer = new ByteWriter(estimateBytes(records));
  writer.bytes(new Uint8Array(batchHeaderBytes));
  records.forEach((record, i) => {
    maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs);
    writeRecord(writer, record, i, record.timestampMs - baseTimestampMs);
  });
  const bytes = compressRecords(writer.finish(), compression, codecs);
  writeBatchHeader(bytes, {
    baseOffset: 0,
    sizeBytes: bytes.length,
    partitionLeaderEpoch: 0,
    compression,
    logAppendTime: false,
    transactional: false,
    control: false,
    lastOffsetDelta: records.length - 1,
    baseTimestampMs,
    maxTimestampMs,
    ...producer,
    recordCount: records.length,
  });
  sealBatch(bytes, codecs);
  return bytes;
}

function compressRecords(plain: Uint8Array, compression: Compression, codecs: Codecs): Uint8Array {
  if (compression === 'none') return plain;
  const records = codecs.compress(compression, plain.subarray(batchHeaderBytes));
  const bytes = new Uint8Array(batchHeaderBytes + records.length);
  bytes.set(records, batchHeaderBytes);
  return bytes;
}

function estimateBytes(records: readonly LogRecord[]): number {
  return records.reduce(
    (sum, { key, value, headers }) =>
      sum + 24 + (key?.length ?? 0) + (value?.length ?? 0) + headers.length * 64,
    batchHeaderBytes,
  );
}

/**
 * The batch without the records that do not stay, as Kafka's cleaner makes it: offsets, order, base offset,
 * last offset, producer and compression are what they were. `horizonOf` says of the records that stay when
 * the tombstones among them may go. Undefined when nothing stays; the same bytes when nothing changes.
 */
export function filterBatch(
  bytes: Uint8Array,
  header: BatchHeader,
  codecs: Codecs,
  stays: (record: PlacedRecord) => boolean,
  horizonOf: (records: readonly PlacedRecord[]) => number | undefined = () => undefined,
): Uint8Array | undefined {
  const before = recordsAsWritten(bytes, header, codecs);
  const records = before.filter(stays);
  if (records.length === 0) return undefined;
  const deleteHorizonMs = horizonOf(records) ?? header.deleteHorizonMs;
  if (records.length === before.length && deleteHorizonMs === header.deleteHorizonMs) return bytes;
  const baseTimestampMs = deleteHorizonMs ?? header.baseTimestampMs;
  const writer = new ByteWriter(header.sizeBytes + records.length * 10);
  writer.bytes(new Uint8Array(batchHeaderBytes));
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    const { offset, timestampMs } = record;
    newestMs = Math.max(newestMs, timestampMs);
    writeRecord(writer, record, offset - header.baseOffset, timestampMs - baseTimestampMs);
  }
  const filtered = compressRecords(writer.finish(), header.compression, codecs);
  writeBatchHeader(filtered, {
    ...header,
    sizeBytes: filtered.length,
    baseTimestampMs,
    maxTimestampMs: header.logAppendTime ? header.maxTimestampMs : newestMs,
    recordCount: records.length,
    ...(deleteHorizonMs !== undefined && { deleteHorizonMs }),
  });
  sealBatch(filtered, codecs);
  return filtered;
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

/** With the timestamps that their producer gave them, whatever the topic says of those. */
function recordsAsWritten(bytes: Uint8Array, header: BatchHeader, codecs: Codecs): PlacedRecord[] {
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
  if (sizeBytes !== -1) reader.bytes(sizeBytes);
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
