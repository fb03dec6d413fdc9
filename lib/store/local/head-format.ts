/**
 * A partition head as it is stored: JSON, with the tail's entries in the log's own binary format as
 * base64. A commit adds one entry to many; the others' text is remembered, so writing a head costs
 * about what changed.
 */

import { CorruptData } from '../../log/corrupt-data.js';
import { decodeTailEntry, encodeTailEntry } from '../../log/location-format.js';
import type { PartitionHead, TailEntry } from '../../log/partition-head.js';
import { checkedHead } from './head-shape.js';

const version = 1;
const texts = new WeakMap<TailEntry, string>();

export function encodeHead(head: PartitionHead): string {
  const stored = { version, ...head, tail: head.tail.map(entryText) };
  return JSON.stringify(stored);
}

/** Throws `CorruptData`. */
export function decodeHead(text: string): PartitionHead {
  const stored = parse(text);
  if (stored?.version !== version) {
    throw new CorruptData(`a head is not of version ${version}, which is what this code reads`);
  }
  const { fields, tail } = checkedHead(stored);
  return { ...fields, tail: tail.map(parseEntry) };
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text);
  } catch {
    throw new CorruptData('a head is not JSON');
  }
}

function entryText(entry: TailEntry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const bytes = encodeTailEntry(entry);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  texts.set(entry, text);
  return text;
}

function parseEntry(text: string): TailEntry {
  const entry = decodeTailEntry(Buffer.from(text, 'base64'));
  texts.set(entry, text);
  return entry;
}
