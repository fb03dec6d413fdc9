/**
 * Reads batches for maintenance, in offset order and in pieces: no more than about `memoryBytesMax` of them is
 * held at once, however large a segment is. Every CRC is checked on the way.
 */

import type { Codecs } from '../log/codecs.js';
import type { IndexPage } from '../log/index-page.js';
import { type PlacedLocation, placeEntries } from '../log/partition-head.js';
import { type PlacedBatch, placeBatches } from '../log/place-batches.js';
import { splitLocation } from '../log/split-location.js';
import type { ObjectStore } from '../store/object-store.js';
import { StoreError } from '../store/store-error.js';

export type Piece = {
  /** The batches one after another; they are views into it. */
  readonly bytes: Uint8Array;
  readonly batches: readonly PlacedBatch[];
};

/** Reads at once: more of them would not be faster. */
const readsMax = 64;

export async function* readPages(
  objects: ObjectStore,
  codecs: Codecs,
  pages: readonly IndexPage[],
  leaderEpoch: number,
  memoryBytesMax: number,
): AsyncGenerator<Piece> {
  // What is written takes the other half.
  const bytesMax = memoryBytesMax / 2;
  const locations = pages
    .flatMap((page) => placeEntries(page.baseOffset, page.locations))
    .flatMap((location) => splitLocation(location, bytesMax));
  for (const group of groupsOf(locations, bytesMax)) {
    const pieces = await Promise.all(group.map((location) => readLocation(objects, location)));
    for (const [i, bytes] of pieces.entries()) {
      const { objectKey, baseOffset } = group[i] as PlacedLocation;
      yield { bytes, batches: placeBatches(bytes, { objectKey, baseOffset, leaderEpoch }, codecs) };
    }
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
  // All of it was compacted away.
  if (sizeBytes === 0) return new Uint8Array(0);
  const answer = await objects.read(objectKey, position, sizeBytes);
  if (answer.kind === 'bytes') return answer.bytes;
  throw new StoreError(`object ${objectKey} is missing`, { reason: 'corrupt', effect: 'none' });
}
