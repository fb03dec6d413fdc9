/**
 * A segment: a stretch of one partition in an object of its own. Index pages say where to read; the index
 * at the end makes a segment explain itself to tools and repair.
 *
 *   "LBS1" | batch | batch | ... | index | trailer
 *   index   = baseOffset | nextOffset | maxTimestamp zigzag
 *             | entryCount | (offsetDelta | positionDelta | maxTimestamp zigzag)...
 *   trailer = index length uint32 | CRC-32C of the index uint32 | "LBS1"
 *
 * Batches carry the offsets that they got, and where Kafka has the leader epoch a seal of that offset: see
 * place-batches.ts. An entry says where a reader may start, and the greatest
 * timestamp before that place; both are ascending and given as differences. Integers are unsigned LEB128.
 */

import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Codecs } from './codecs.js';
import { CorruptData } from './corrupt-data.js';
import { splitIntervalBytes } from './limits.js';
import type { Split } from './partition-head.js';
import { readCount } from './text-format.js';

const magic = 0x4c425331;
export const segmentMagic = Uint8Array.of(0x4c, 0x42, 0x53, 0x31);
export const segmentTrailerBytes = 12;

export type SegmentEntry = Split & { readonly maxTimestampMs: number };

export type SegmentIndex = {
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly maxTimestampMs: number;
  readonly entries: readonly SegmentEntry[];
};

export type SegmentBuilder = {
  /** Batches of `[baseOffset, nextOffset)` follow, in `sizeBytes` of bytes. */
  add(batch: {
    baseOffset: number;
    nextOffset: number;
    sizeBytes: number;
    maxTimestampMs: number;
  }): void;
  /** Of the batches so far. */
  readonly sizeBytes: number;
  /** Up to `nextOffset`, where nothing lies behind the last batch; to its end, unless said otherwise. */
  index(nextOffset?: number): SegmentIndex;
};

/** Where a reader may start is decided while the batches pass by. */
export function createSegmentBuilder(baseOffset: number): SegmentBuilder {
  const entries: SegmentEntry[] = [];
  let [sizeBytes, lastSplit, maxTimestampMs, nextOffset] = [0, 0, -1, baseOffset];
  return {
    add(batch) {
      if (sizeBytes - lastSplit >= splitIntervalBytes) {
        const recordDelta = nextOffset - baseOffset;
        entries.push({ recordDelta, positionDelta: sizeBytes, maxTimestampMs });
        lastSplit = sizeBytes;
      }
      sizeBytes += batch.sizeBytes;
      nextOffset = batch.nextOffset;
      maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs);
    },
    get sizeBytes() {
      return sizeBytes;
    },
    index: (end = nextOffset) => ({ baseOffset, nextOffset: end, maxTimestampMs, entries }),
  };
}

/** What follows the batches. */
export function encodeSegmentEnd(index: SegmentIndex, codecs: Codecs): Uint8Array {
  const writer = new ByteWriter(64 + index.entries.length * 12);
  writer.unsigned(index.baseOffset);
  writer.unsigned(index.nextOffset);
  writer.varint(index.maxTimestampMs);
  writer.unsigned(index.entries.length);
  let last = { recordDelta: 0, positionDelta: 0 };
  for (const entry of index.entries) {
    writer.unsigned(entry.recordDelta - last.recordDelta);
    writer.unsigned(entry.positionDelta - last.positionDelta);
    writer.varint(entry.maxTimestampMs);
    last = entry;
  }
  const crc = codecs.crc32c(writer.finish());
  const sizeBytes = writer.length;
  writer.uint32(sizeBytes);
  writer.uint32(crc);
  writer.uint32(magic);
  return writer.finish();
}

/** Reads the index of a whole segment. Throws `CorruptData`. */
export function decodeSegmentIndex(bytes: Uint8Array, codecs: Codecs): SegmentIndex {
  if (bytes.length < segmentMagic.length + segmentTrailerBytes) {
    throw new CorruptData('segment is too short');
  }
  const trailer = new ByteReader(bytes, bytes.length - segmentTrailerBytes);
  const indexBytes = trailer.uint32();
  const crc = trailer.uint32();
  if (trailer.uint32() !== magic) throw new CorruptData('segment does not end in LBS1');
  const indexEnd = bytes.length - segmentTrailerBytes;
  if (indexBytes > indexEnd - segmentMagic.length) {
    throw new CorruptData(`segment index says ${indexBytes} bytes`);
  }
  const index = bytes.subarray(indexEnd - indexBytes, indexEnd);
  if (codecs.crc32c(index) !== crc) throw new CorruptData('segment index has the wrong CRC-32C');
  return readIndex(new ByteReader(index));
}

function readIndex(reader: ByteReader): SegmentIndex {
  const baseOffset = reader.unsigned();
  const nextOffset = reader.unsigned();
  const maxTimestampMs = reader.varint();
  const entries: SegmentEntry[] = [];
  let last = { recordDelta: 0, positionDelta: 0 };
  for (let count = readCount(reader); count > 0; count--) {
    const recordDelta = last.recordDelta + reader.unsigned();
    const positionDelta = last.positionDelta + reader.unsigned();
    last = { recordDelta, positionDelta };
    entries.push({ ...last, maxTimestampMs: reader.varint() });
  }
  if (reader.remainingBytes !== 0) throw new CorruptData('segment index is longer than it says');
  if (nextOffset < baseOffset) throw new CorruptData('segment ends before it begins');
  return { baseOffset, nextOffset, maxTimestampMs, entries };
}
