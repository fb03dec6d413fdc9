/**
 * A WAL object: what one flush uploads. Batches of several partitions, each partition one byte range.
 * Readers go by the index; the directory at the end makes an object explain itself to tools and repair.
 *
 *   "LBW1" | range of partition A | range of partition B | ... | directory | trailer
 *   directory  = rangeCount | (topicId 16 bytes | partition | position | sizeBytes | recordCount)...
 *   trailer    = directory length uint32 | CRC-32C of the directory uint32 | "LBW1"
 *
 * Integers in the directory are unsigned LEB128.
 */

import { type ByteParts, copyRange, sizeOf } from './byte-parts.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Codecs } from './codecs.js';
import { CorruptData } from './corrupt-data.js';
import { uuidBytes, uuidText } from './location-format.js';
import type { PartitionRef } from './partition-head.js';
import { readCount } from './text-format.js';

const magic = 0x4c425731;
const magicBytes = Uint8Array.of(0x4c, 0x42, 0x57, 0x31);
export const walMagicBytes = magicBytes.length;
export const walTrailerBytes = 12;

export type WalRange = PartitionRef & {
  readonly position: number;
  readonly sizeBytes: number;
  readonly recordCount: number;
};

/** Below this on average, many parts cost more than copying them into one. */
const partBytesMin = 16 * 1024;

/**
 * `ranges[i]` places `parts` that the caller laid out from `walMagicBytes` on, without a gap. Large parts
 * are not copied.
 */
export function encodeWalObject(
  parts: ByteParts,
  ranges: readonly WalRange[],
  codecs: Codecs,
): ByteParts {
  const directory = encodeDirectory(ranges);
  const object = [magicBytes, ...parts, directory, encodeTrailer(directory, codecs)];
  return sizeOf(parts) < parts.length * partBytesMin ? [copyRange(object)] : object;
}

function encodeTrailer(directory: Uint8Array, codecs: Codecs): Uint8Array {
  const trailer = new Uint8Array(walTrailerBytes);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, directory.length);
  view.setUint32(4, codecs.crc32c(directory));
  view.setUint32(8, magic);
  return trailer;
}

function encodeDirectory(ranges: readonly WalRange[]): Uint8Array {
  const writer = new ByteWriter(32 * (ranges.length + 1));
  writer.unsigned(ranges.length);
  for (const range of ranges) {
    writer.bytes(uuidBytes(range.topicId));
    writer.unsigned(range.partition);
    writer.unsigned(range.position);
    writer.unsigned(range.sizeBytes);
    writer.unsigned(range.recordCount);
  }
  return writer.finish();
}

/** Reads the directory of a whole object. Throws `CorruptData`. */
export function decodeWalDirectory(bytes: Uint8Array, codecs: Codecs): WalRange[] {
  if (bytes.length < walMagicBytes + walTrailerBytes) throw new CorruptData('object is too short');
  const trailer = new ByteReader(bytes, bytes.length - walTrailerBytes);
  const directoryBytes = trailer.uint32();
  const crc = trailer.uint32();
  if (trailer.uint32() !== magic) throw new CorruptData('object does not end in LBW1');
  const directoryEnd = bytes.length - walTrailerBytes;
  if (directoryBytes > directoryEnd - walMagicBytes) {
    throw new CorruptData(`directory says ${directoryBytes} bytes`);
  }
  const directory = bytes.subarray(directoryEnd - directoryBytes, directoryEnd);
  if (codecs.crc32c(directory) !== crc) throw new CorruptData('directory has the wrong CRC-32C');
  return readDirectory(directory, directoryEnd - directoryBytes);
}

function readDirectory(directory: Uint8Array, bodyEnd: number): WalRange[] {
  const reader = new ByteReader(directory);
  const ranges: WalRange[] = [];
  for (let count = readCount(reader); count > 0; count--) {
    const range = {
      topicId: uuidText(reader.bytes(16)),
      partition: reader.unsigned(),
      position: reader.unsigned(),
      sizeBytes: reader.unsigned(),
      recordCount: reader.unsigned(),
    };
    if (range.position + range.sizeBytes > bodyEnd) {
      throw new CorruptData(`range of partition ${range.partition} ends beyond the body`);
    }
    ranges.push(range);
  }
  if (reader.remainingBytes !== 0) throw new CorruptData('directory is longer than it says');
  return ranges;
}
