/**
 * Planning a fetch: from the places of batches and a byte budget to ranged reads. Per object one read
 * for what is adjacent, in offset order, at least one batch whatever the budget, and never a byte in
 * front of the split at which the wanted offset can be reached.
 */

import { tailEntriesPerPage } from './limits.js';
import type { PlacedLocation } from './partition-head.js';

/**
 * Read `sizeBytes` at `position`: all there is from `baseOffset` up to `nextOffset`. Nothing, where keys
 * were compacted.
 */
export type PlannedRead = {
  readonly objectKey: string;
  readonly position: number;
  readonly sizeBytes: number;
  readonly baseOffset: number;
  readonly nextOffset: number;
};

/**
 * `locations` are in offset order and contiguous; the first contains `offset`. The plan reads at most
 * about `bytesMax` (to the next split), and always up to the end of the batch that contains `offset`
 * as far as the splits tell.
 */
export function planFetch(
  locations: readonly PlacedLocation[],
  offset: number,
  bytesMax: number,
): PlannedRead[] {
  const reads: PlannedRead[] = [];
  let left = bytesMax;
  for (const location of locations) {
    if (left <= 0 && reads.length > 0) break;
    const wanted = cut(location, offset, left);
    left -= wanted.sizeBytes;
    const last = reads.at(-1);
    if (
      last?.objectKey === wanted.objectKey &&
      last.position + last.sizeBytes === wanted.position
    ) {
      const sizeBytes = last.sizeBytes + wanted.sizeBytes;
      reads[reads.length - 1] = { ...last, sizeBytes, nextOffset: wanted.nextOffset };
    } else {
      reads.push(wanted);
    }
  }
  return reads;
}

/** The part of one location from the last split at or before `offset`, for about `bytesMax`. */
function cut(location: PlacedLocation, offset: number, bytesMax: number): PlannedRead {
  const start = { recordDelta: 0, positionDelta: 0 };
  const wantedDelta = offset - location.baseOffset;
  const from = location.splits.findLast((split) => split.recordDelta <= wantedDelta) ?? start;
  const end = location.splits.find(
    (split) =>
      split.recordDelta > wantedDelta && split.positionDelta - from.positionDelta >= bytesMax,
  );
  return {
    objectKey: location.objectKey,
    position: location.position + from.positionDelta,
    sizeBytes: (end?.positionDelta ?? location.sizeBytes) - from.positionDelta,
    baseOffset: location.baseOffset + from.recordDelta,
    nextOffset: location.baseOffset + (end?.recordDelta ?? location.recordCount),
  };
}

/** Index pages to ask for, so that one query serves the budget; judged by the size of recent entries. */
export function pagesToAsk(bytesMax: number, recentBytes: number, recentEntries: number): number {
  const perEntry = recentEntries === 0 ? 0 : recentBytes / recentEntries;
  const wanted = Math.ceil(bytesMax / Math.max(1, perEntry * tailEntriesPerPage)) + 1;
  return Math.min(64, Math.max(2, wanted));
}
