/**
 * Bytes of a batch location, as tails and index pages hold them. Small, because a commit costs what the
 * head weighs: about 35 bytes for an ordinary WAL range.
 *
 *   location = key | position | sizeBytes | recordCount | maxTimestamp zigzag
 *              | splitCount | (recordDelta | positionDelta)...            ascending, as differences
 *   key      = 1 | bucket | uuid (16 bytes)         wal/<bucket>/<uuid>
 *            | 2 | bucket | uuid (16 bytes)         inline/<bucket>/<uuid>
 *            | 0 | length | UTF-8                   any other key
 *   tail entry = 1 (version) | location | stampCount
 *              | (producer length | producer | epoch | baseSequence | nextSequence | recordDelta)...
 *
 * All integers unsigned LEB128 up to 2^53 unless said otherwise.
 */

import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { CorruptData } from './corrupt-data.js';
import type { BatchLocation, Split, TailEntry } from './partition-head.js';
import type { ProducerStamp } from './producer-state.js';
import { readCount, readText, writeText } from './text-format.js';
import { formatWalKey, parseWalKey } from './wal-key.js';

const version = 1;

export function encodeTailEntry(entry: TailEntry): Uint8Array {
  const writer = new ByteWriter(64);
  writer.unsigned(version);
  writeLocation(writer, entry);
  writer.unsigned(entry.stamps.length);
  for (const stamp of entry.stamps) {
    writeText(writer, stamp.producer);
    writer.unsigned(stamp.epoch);
    writer.unsigned(stamp.baseSequence);
    writer.unsigned(stamp.nextSequence);
    writer.unsigned(stamp.recordDelta);
  }
  return writer.finish();
}

export function decodeTailEntry(bytes: Uint8Array): TailEntry {
  const reader = new ByteReader(bytes);
  checkVersion(reader.unsigned(), 'tail entry');
  const location = readLocation(reader);
  const stamps: ProducerStamp[] = [];
  for (let count = readCount(reader); count > 0; count--) {
    stamps.push({
      producer: readText(reader),
      epoch: reader.unsigned(),
      baseSequence: reader.unsigned(),
      nextSequence: reader.unsigned(),
      recordDelta: reader.unsigned(),
    });
  }
  if (reader.remainingBytes !== 0) throw new CorruptData('tail entry is longer than it says');
  return { ...location, stamps };
}

export function writeLocation(writer: ByteWriter, location: BatchLocation): void {
  writeKey(writer, location.objectKey);
  writer.unsigned(location.position);
  writer.unsigned(location.sizeBytes);
  writer.unsigned(location.recordCount);
  writer.varint(location.maxTimestampMs);
  writer.unsigned(location.splits.length);
  let last: Split = { recordDelta: 0, positionDelta: 0 };
  for (const split of location.splits) {
    writer.unsigned(split.recordDelta - last.recordDelta);
    writer.unsigned(split.positionDelta - last.positionDelta);
    last = split;
  }
}

export function readLocation(reader: ByteReader): BatchLocation {
  const objectKey = readKey(reader);
  const position = reader.unsigned();
  const sizeBytes = reader.unsigned();
  const recordCount = reader.unsigned();
  const maxTimestampMs = reader.varint();
  const splits: Split[] = [];
  let last: Split = { recordDelta: 0, positionDelta: 0 };
  for (let count = readCount(reader); count > 0; count--) {
    last = {
      recordDelta: last.recordDelta + reader.unsigned(),
      positionDelta: last.positionDelta + reader.unsigned(),
    };
    if (!Number.isSafeInteger(last.recordDelta) || !Number.isSafeInteger(last.positionDelta)) {
      throw new CorruptData('a split lies beyond 2^53');
    }
    splits.push(last);
  }
  return { objectKey, position, sizeBytes, recordCount, maxTimestampMs, splits };
}

export function checkVersion(found: number, what: string, known = version): void {
  if (found !== known) {
    throw new CorruptData(`${what} has format version ${found}, this code reads ${known}`);
  }
}

function writeKey(writer: ByteWriter, key: string): void {
  const wal = parseWalKey(key);
  if (!wal) {
    writer.unsigned(0);
    writeText(writer, key);
    return;
  }
  writer.unsigned(wal.inline ? 2 : 1);
  writer.unsigned(wal.bucket);
  writer.bytes(uuidBytes(wal.uuid));
}

function readKey(reader: ByteReader): string {
  const kind = reader.unsigned();
  if (kind === 0) return readText(reader);
  if (kind > 2) throw new CorruptData(`object key kind ${kind} is unknown`);
  const bucket = reader.unsigned();
  return formatWalKey({ bucket, uuid: uuidText(reader.bytes(16)), inline: kind === 2 });
}

export function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  // Four at a time: this is done for every commit.
  for (let at = 0; at < 16; at += 4) {
    view.setUint32(at, Number.parseInt(digits.slice(at * 2, at * 2 + 8), 16));
  }
  return bytes;
}

export function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
