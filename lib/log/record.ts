/**
 * One record, and its bytes inside a batch (https://kafka.apache.org/documentation/#record):
 *
 *   length varint | attributes int8 (0) | timestampDelta varint | offsetDelta varint
 *   | keyLength varint (-1: null) | key | valueLength varint (-1: null) | value
 *   | headerCount varint | (nameLength varint | name | valueLength varint (-1: null) | value)...
 */

import type { ByteReader } from './byte-reader.js';
import { type ByteWriter, varintBytes } from './byte-writer.js';
import { CorruptData } from './corrupt-data.js';

/** Order and duplicate names are kept. */
export type RecordHeader = readonly [name: string, value: Uint8Array | null];

export type LogRecord = {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  readonly timestampMs: number;
};

/** A record that has its place. */
export type PlacedRecord = LogRecord & { readonly offset: number };

const utf8 = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function writeRecord(
  writer: ByteWriter,
  record: LogRecord,
  offsetDelta: number,
  timestampDeltaMs: number,
): void {
  const names = record.headers.map(([name]) => utf8.encode(name));
  writer.varint(bodyBytes(record, names, offsetDelta, timestampDeltaMs));
  writer.int8(0);
  writer.varint(timestampDeltaMs);
  writer.varint(offsetDelta);
  writeNullable(writer, record.key);
  writeNullable(writer, record.value);
  writer.varint(names.length);
  names.forEach((name, i) => {
    writeNullable(writer, name);
    writeNullable(writer, record.headers[i]?.[1] ?? null);
  });
}

function bodyBytes(
  record: LogRecord,
  names: readonly Uint8Array[],
  offsetDelta: number,
  timestampDeltaMs: number,
): number {
  let size = 1 + varintBytes(timestampDeltaMs) + varintBytes(offsetDelta);
  size += nullableBytes(record.key) + nullableBytes(record.value) + varintBytes(names.length);
  names.forEach((name, i) => {
    size += nullableBytes(name) + nullableBytes(record.headers[i]?.[1] ?? null);
  });
  return size;
}

/** Of the integers between a record's fields. */
const integerBytesMax = 34;

/** `writeRecord` writes no more than this, wherever in a batch the record stands. */
export function recordBytesMax({ key, value, headers }: LogRecord): number {
  let size = integerBytesMax + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, bytes] of headers) size += 10 + 3 * name.length + (bytes?.length ?? 0);
  return size;
}

function nullableBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length;
}

function writeNullable(writer: ByteWriter, bytes: Uint8Array | null): void {
  writer.varint(bytes === null ? -1 : bytes.length);
  if (bytes !== null) writer.bytes(bytes);
}

/** Reads one record; its bytes stay views into the batch. */
export function readRecord(
  reader: ByteReader,
  baseOffset: number,
  baseTimestampMs: number,
): PlacedRecord {
  const found = new FoundRecord(reader, baseOffset, baseTimestampMs);
  const { offset, timestampMs, key, value, headers } = found;
  return { offset, timestampMs, key, value, headers };
}

/** A record found whole in its batch: its key and value become views only when they are asked for. */
export class FoundRecord implements PlacedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly headers: readonly RecordHeader[];
  readonly #reader: ByteReader;
  readonly #keyAt: number;
  readonly #keyBytes: number;
  readonly #valueAt: number;
  readonly #valueBytes: number;

  /** The next of `reader`. Of its own time nothing is left where the log has set another. */
  constructor(
    reader: ByteReader,
    baseOffset: number,
    baseTimestampMs: number,
    appendTimeMs?: number,
  ) {
    const sizeBytes = reader.varint32();
    if (sizeBytes < 0) throw new CorruptData(`record length is ${sizeBytes}`);
    const end = reader.narrow(sizeBytes);
    reader.int8();
    const timestampMs = baseTimestampMs + reader.varint();
    this.timestampMs = appendTimeMs ?? timestampMs;
    this.offset = baseOffset + reader.varint32();
    this.#reader = reader;
    this.#keyBytes = reader.varint32();
    this.#keyAt = skipNullable(reader, this.#keyBytes);
    this.#valueBytes = reader.varint32();
    this.#valueAt = skipNullable(reader, this.#valueBytes);
    this.headers = readHeaders(reader);
    if (reader.remainingBytes !== 0) {
      throw new CorruptData(`record has ${reader.remainingBytes} bytes too many`);
    }
    reader.widen(end);
  }

  get key(): Uint8Array | null {
    return this.#keyBytes === -1 ? null : this.#reader.bytesAt(this.#keyAt, this.#keyBytes);
  }

  get value(): Uint8Array | null {
    return this.#valueBytes === -1 ? null : this.#reader.bytesAt(this.#valueAt, this.#valueBytes);
  }
}

function skipNullable(reader: ByteReader, sizeBytes: number): number {
  return sizeBytes === -1 ? reader.position : reader.skip(sizeBytes);
}

function readHeaders(reader: ByteReader): readonly RecordHeader[] {
  const headerCount = reader.varint32();
  // Two bytes is the least a header takes: a lying count must not make us allocate.
  if (headerCount < 0 || headerCount > reader.remainingBytes / 2) {
    throw new CorruptData(`header count ${headerCount} does not fit the record`);
  }
  const headers: RecordHeader[] = [];
  for (let i = 0; i < headerCount; i++) {
    headers.push([readHeaderName(reader), readNullable(reader)]);
  }
  return headers;
}

function readNullable(reader: ByteReader): Uint8Array | null {
  const sizeBytes = reader.varint32();
  return sizeBytes === -1 ? null : reader.bytes(sizeBytes);
}

/** Throws `CorruptData` for a name that is null or not UTF-8. */
export function readHeaderName(reader: ByteReader): string {
  const bytes = readNullable(reader);
  if (bytes === null) throw new CorruptData('header name is null');
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new CorruptData('header name is not UTF-8');
  }
}
