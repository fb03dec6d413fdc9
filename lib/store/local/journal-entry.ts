/**
 * An entry of the journal: all that one transaction changes. It is there as a whole or not at all.
 *
 *   "LBJ1" | CRC-32 of the seal and all that follows, uint32 | size of the changes in bytes, uint32
 *   sequence number, int64 | changes
 *   change = table | key as JSON | kind: 0 removed, 1 text, 2 bytes | value, unless removed
 *
 * Names, keys and values: their length as unsigned LEB128, then their bytes. The seal is not written: behind the
 * last entry lie bytes that clients sent, and nobody who does not know it can make an entry of those.
 */

import { crc32 } from 'node:zlib';
import { ByteReader } from '../../log/byte-reader.js';
import { ByteWriter } from '../../log/byte-writer.js';
import { CorruptData } from '../../log/corrupt-data.js';
import { utf8Bytes } from '../../log/utf8-bytes.js';
import type { Change, Stored } from './change-set.js';
import type { TableKey } from './database.js';

export type JournalEntry = {
  /** One more than that of the entry before. */
  readonly sequence: number;
  readonly changes: readonly Change[];
};

const magic = 0x4c424a31;
const crcAt = 4;
const sizeAt = 8;
const coveredFrom = sizeAt;
export const entryHeaderBytes = 20;

const kinds = { removed: 0, text: 1, bytes: 2 } as const;

/** Writes into `memory`, as far as it reaches. */
export function encodeJournalEntry(
  { sequence, changes }: JournalEntry,
  seal: string,
  memory?: Uint8Array,
) {
  const writer = new ByteWriter(memory);
  writer.uint32(magic);
  writer.uint32(0);
  writer.uint32(0);
  writer.int64(sequence);
  for (const { table, key, value } of changes) {
    writeBytes(writer, utf8Bytes(table));
    writeBytes(writer, utf8Bytes(JSON.stringify(key)));
    writeValue(writer, value);
  }
  const entry = writer.finish();
  const view = new DataView(entry.buffer, entry.byteOffset, entry.length);
  view.setUint32(sizeAt, entry.length - entryHeaderBytes);
  view.setUint32(crcAt, crc32(entry.subarray(coveredFrom), crc32(seal)));
  return { entry, memory: writer.memory() };
}

function writeValue(writer: ByteWriter, value: Stored | undefined): void {
  if (value === undefined) {
    writer.int8(kinds.removed);
    return;
  }
  writer.int8(typeof value === 'string' ? kinds.text : kinds.bytes);
  writeBytes(writer, typeof value === 'string' ? utf8Bytes(value) : value);
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.unsigned(bytes.length);
  writer.bytes(bytes);
}

/**
 * The entries at the beginning of a file that follow on from each other. What comes after them is an entry
 * that was being written when the power went, or older ones, from when the file was used before.
 */
export function decodeJournal(file: Uint8Array, seal: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let position = 0; ; ) {
    const found = entryAt(file, position, seal);
    const last = entries.at(-1);
    if (!found || (last && found.entry.sequence !== last.sequence + 1)) return entries;
    entries.push(found.entry);
    position += found.sizeBytes;
  }
}

function entryAt(file: Uint8Array, position: number, seal: string) {
  if (file.length - position < entryHeaderBytes) return undefined;
  const header = new ByteReader(file, position);
  if (header.uint32() !== magic) return undefined;
  const crc = header.uint32();
  const sizeBytes = entryHeaderBytes + header.uint32();
  if (sizeBytes > file.length - position) return undefined;
  const end = position + sizeBytes;
  const covered = file.subarray(position + coveredFrom, end);
  if (crc32(covered, crc32(seal)) !== crc) return undefined;
  const sequence = header.int64();
  const reader = new ByteReader(file, position + entryHeaderBytes, end);
  const changes: Change[] = [];
  while (reader.remainingBytes > 0) changes.push(readChange(reader));
  return { entry: { sequence, changes }, sizeBytes };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readChange(reader: ByteReader): Change {
  const readBytes = () => reader.bytes(reader.unsigned());
  const table = utf8.decode(readBytes());
  const key = JSON.parse(utf8.decode(readBytes())) as TableKey;
  const kind = reader.int8();
  if (kind === kinds.removed) return { table, key, value: undefined };
  if (kind === kinds.text) return { table, key, value: utf8.decode(readBytes()) };
  if (kind === kinds.bytes) return { table, key, value: readBytes() };
  throw new CorruptData(`a change in the journal is of kind ${kind}`);
}
