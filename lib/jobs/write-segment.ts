/**
 * Writes the batches of some pages into a segment, in pieces: no more than about `memoryBytesMax` of them
 * is held at once. Every CRC is checked on the way; nothing that is corrupt is ever copied.
 */

import { assert } from '../log/assert.js';
import type { Codecs } from '../log/codecs.js';
import type { IndexPage } from '../log/index-page.js';
import { type BatchLocation, type PlacedLocation, placeEntries } from '../log/partition-head.js';
import { placeBatches, sealOffset } from '../log/place-batches.js';
import { createSegmentBuilder, encodeSegmentEnd, segmentMagic } from '../log/segment-object.js';
import type { ObjectStore } from '../store/object-store.js';
import { StoreError } from '../store/store-error.js';

export type SegmentToWrite = {
  readonly key: string;
  /** In offset order, without a gap. */
  readonly pages: readonly IndexPage[];
  readonly leaderEpoch: number;
  readonly memoryBytesMax: number;
};

/** Reads at once: more of them would not be faster. */
const readsMax = 64;

/** Where all of it lies now. */
export async function writeSegment(
  objects: ObjectStore,
  codecs: Codecs,
  { key, pages, leaderEpoch, memoryBytesMax }: SegmentToWrite,
): Promise<BatchLocation> {
  const locations = pages.flatMap((page) => placeEntries(page.baseOffset, page.locations));
  const [first, last] = [locations[0], pages.at(-1)];
  assert(first !== undefined && last !== undefined, 'a segment holds at least one page');
  const builder = createSegmentBuilder(first.baseOffset);
  const writer = await objects.create(key);
  try {
    await writer.append(segmentMagic);
    for (const group of groupsOf(locations, memoryBytesMax / 2)) {
      const pieces = await Promise.all(group.map((location) => readLocation(objects, location)));
      for (const [i, bytes] of pieces.entries()) {
        const { objectKey, baseOffset } = group[i] as PlacedLocation;
        for (const batch of placeBatches(bytes, { objectKey, baseOffset, leaderEpoch }, codecs)) {
          const { baseOffset: at, lastOffsetDelta, maxTimestampMs, sizeBytes } = batch.header;
          const nextOffset = at + lastOffsetDelta + 1;
          builder.add({ baseOffset: at, nextOffset, sizeBytes, maxTimestampMs });
          sealOffset(batch.bytes, codecs);
        }
        await writer.append(bytes);
      }
    }
    const index = builder.index();
    assert(index.nextOffset === last.nextOffset, 'a segment holds all that its pages hold');
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

function* groupsOf(
  locations: readonly PlacedLocation[],
  bytesMax: number,
): Generator<readonly PlacedLocation[]> {
  let group: PlacedLocation[] = [];
  let bytes = 0;
  for (const location of locations) {
    const full = group.length === readsMax || bytes + location.sizeBytes > bytesMax;
    if (group.length > 0 && full) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(location);
    bytes += location.sizeBytes;
  }
  if (group.length > 0) yield group;
}

async function readLocation(objects: ObjectStore, location: PlacedLocation): Promise<Uint8Array> {
  const { objectKey, position, sizeBytes } = location;
  const answer = await objects.read(objectKey, position, sizeBytes);
  if (answer.kind === 'bytes') return answer.bytes;
  throw new StoreError(`object ${objectKey} is missing`, { reason: 'corrupt', effect: 'none' });
}
