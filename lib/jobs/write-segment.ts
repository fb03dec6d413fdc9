/**
 * Writes the batches of some pages into a segment, in pieces: no more than about `memoryBytesMax` of them
 * is held at once. Every CRC is checked on the way; nothing that is corrupt is ever copied.
 */

import { assert } from '../log/assert.js';
import { readBatchHeader } from '../log/batch-header.js';
import type { Codecs } from '../log/codecs.js';
import type { IndexPage } from '../log/index-page.js';
import type { BatchLocation } from '../log/partition-head.js';
import { type PlacedBatch, sealOffset } from '../log/place-batches.js';
import { createSegmentBuilder, encodeSegmentEnd, segmentMagic } from '../log/segment-object.js';
import type { ObjectStore } from '../store/object-store.js';
import { readPages } from './read-locations.js';

export type SegmentToWrite = {
  readonly key: string;
  /** In offset order, without a gap. */
  readonly pages: readonly IndexPage[];
  readonly leaderEpoch: number;
  readonly memoryBytesMax: number;
};

/** What becomes of a batch: itself, another one in its place, or undefined, nothing. */
export type BatchFilter = (batch: PlacedBatch) => Uint8Array | undefined;

/** Where all of it lies now. */
export async function writeSegment(
  objects: ObjectStore,
  codecs: Codecs,
  segment: SegmentToWrite,
): Promise<BatchLocation> {
  let end: number | undefined;
  const whole = ({ header, bytes }: PlacedBatch) => {
    end = header.baseOffset + header.lastOffsetDelta + 1;
    return bytes;
  };
  const isWhole = () => end === segment.pages.at(-1)?.nextOffset;
  const location = await writeFiltered(objects, codecs, segment, whole, isWhole);
  assert(location !== undefined, 'a segment holds all that its pages hold');
  return location;
}

/** The same without what the filter takes out. Nothing, if it turns out in the end not to be wanted. */
export async function writeFiltered(
  objects: ObjectStore,
  codecs: Codecs,
  { key, pages, leaderEpoch, memoryBytesMax }: SegmentToWrite,
  filter: BatchFilter,
  isWanted: () => boolean,
): Promise<BatchLocation | undefined> {
  const [first, last] = [pages[0], pages.at(-1)];
  assert(first !== undefined && last !== undefined, 'a segment holds at least one page');
  const builder = createSegmentBuilder(first.baseOffset);
  const writer = await objects.create(key);
  try {
    await writer.append(segmentMagic);
    for await (const piece of readPages(objects, codecs, pages, leaderEpoch, memoryBytesMax)) {
      const kept = piece.batches.flatMap((batch) => {
        const bytes = filter(batch);
        if (!bytes) return [];
        const header = bytes === batch.bytes ? batch.header : readBatchHeader(bytes);
        const { baseOffset, lastOffsetDelta, maxTimestampMs, sizeBytes } = header;
        const nextOffset = baseOffset + lastOffsetDelta + 1;
        builder.add({ baseOffset, nextOffset, sizeBytes, maxTimestampMs });
        sealOffset(bytes, codecs);
        return [bytes];
      });
      const untouched = kept.every((bytes, i) => bytes === piece.batches[i]?.bytes);
      if (untouched && kept.length === piece.batches.length) await writer.append(piece.bytes);
      else for (const bytes of kept) await writer.append(bytes);
    }
    if (!isWanted()) {
      await writer.abort();
      return undefined;
    }
    const index = builder.index(last.nextOffset);
    await writer.append(encodeSegmentEnd(index, codecs));
    await writer.finish();
    return {
      objectKey: key,
      position: segmentMagic.length,
      sizeBytes: builder.sizeBytes,
      recordCount: index.nextOffset - index.baseOffset,
      maxTimestampMs: index.maxTimestampMs,
      splits: index.entries.map(({ recordDelta, positionDelta }) => ({
        recordDelta,
        positionDelta,
      })),
    };
  } catch (error) {
    await writer.abort().catch(() => {});
    throw error;
  }
}
