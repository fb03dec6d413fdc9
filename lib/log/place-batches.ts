/**
 * Stored batches become readable ones: every CRC is checked, and every batch gets its offset and the
 * leader epoch, which lie outside the CRC.
 */

import { type BatchHeader, placeBatch, verifyCrc } from './batch-header.js';
import type { Codecs } from './codecs.js';
import { CorruptData } from './corrupt-data.js';
import { eachBatch } from './record-batch.js';
import { isSegmentKey } from './segment-key.js';

export type PlacedBatch = { readonly header: BatchHeader; readonly bytes: Uint8Array };

export type Placing = {
  readonly objectKey: string;
  /** Of the first batch. */
  readonly baseOffset: number;
  readonly leaderEpoch: number;
};

/** Throws `CorruptData`. The headers are those of the placed batches. */
export function placeBatches(bytes: Uint8Array, placing: Placing, codecs: Codecs): PlacedBatch[] {
  const hasOffsets = isSegmentKey(placing.objectKey);
  const placed: PlacedBatch[] = [];
  let next = placing.baseOffset;
  for (const { header, bytes: batch } of eachBatch(bytes)) {
    verifyCrc(batch, header, codecs);
    // A segment's batches have their offsets already; where keys were compacted there are gaps.
    if (hasOffsets && sealIn(batch) !== sealOf(batch, codecs)) {
      throw new CorruptData(`the offset ${header.baseOffset} of a batch of a segment is damaged`);
    }
    if (hasOffsets && header.baseOffset < next) {
      throw new CorruptData(`a batch of a segment begins at ${header.baseOffset}, not ${next}`);
    }
    const baseOffset = hasOffsets ? header.baseOffset : next;
    placeBatch(batch, baseOffset, placing.leaderEpoch);
    placed.push({ header: { ...header, baseOffset }, bytes: batch });
    next = baseOffset + header.lastOffsetDelta + 1;
  }
  return placed;
}

const leaderEpochAt = 12;
const crcAt = 17;

/**
 * For a batch that keeps its offset in a segment: nothing else covers that. The leader epoch is put in
 * when it is read, so its place holds a CRC-32C of the offset and of the batch's own CRC.
 */
export function sealOffset(batch: Uint8Array, codecs: Codecs): void {
  viewOf(batch).setUint32(leaderEpochAt, sealOf(batch, codecs));
}

function sealIn(batch: Uint8Array): number {
  return viewOf(batch).getUint32(leaderEpochAt);
}

function sealOf(batch: Uint8Array, codecs: Codecs): number {
  const covered = new Uint8Array(12);
  covered.set(batch.subarray(0, 8));
  covered.set(batch.subarray(crcAt, crcAt + 4), 8);
  return codecs.crc32c(covered);
}

function viewOf(batch: Uint8Array): DataView {
  return new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
}
