/**
 * Texts and counts in our own formats: how long first, then what it is. Read from bytes that nobody vouches
 * for, so that a lying length or count is `CorruptData` and makes nothing of its size.
 *
 *   text = length unsigned LEB128 | UTF-8
 */

import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { CorruptData } from './corrupt-data.js';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function writeText(writer: ByteWriter, text: string): void {
  const bytes = utf8.encode(text);
  writer.unsigned(bytes.length);
  writer.bytes(bytes);
}

export function readText(reader: ByteReader): string {
  const bytes = reader.bytes(reader.unsigned());
  try {
    return fromUtf8.decode(bytes);
  } catch {
    throw new CorruptData('text is not UTF-8');
  }
}

/** A count of things that take at least a byte each: a lying one must not make us allocate. */
export function readCount(reader: ByteReader): number {
  const count = reader.unsigned();
  if (count > reader.remainingBytes) throw new CorruptData(`count ${count} does not fit`);
  return count;
}
