/**
 * Retention of one partition: how far its log start moves, and the deletion of what lies below it, after a
 * grace period. Costs what is deleted, not what is kept.
 */

import { bytesOf } from '../log/compaction-plan.js';
import type { IndexPage } from '../log/index-page.js';
import { currentPages } from '../log/page-replacement.js';
import {
  type PartitionHead,
  type PartitionRef,
  type PlacedLocation,
  placeEntries,
  placeTail,
} from '../log/partition-head.js';
import { planRetention, type Retention } from '../log/retention-plan.js';
import { isSegmentKey } from '../log/segment-key.js';
import type { PartitionIndex } from '../store/partition-index.js';
import type { Stores } from '../store/stores.js';
import { segmentPages } from './segment-pages.js';

const pagesPerLook = 64;
/** Where nothing is to be deleted the oldest pages tell. */
const pagesAtFirst = 4;

/** Where the log should begin; undefined: where it does. Below `cleanedTo` keys may have been compacted. */
export async function findLogStart(
  index: PartitionIndex,
  ref: PartitionRef,
  head: PartitionHead,
  retention: Retention,
  nowMs: number,
  cleanedTo = 0,
): Promise<number | undefined> {
  if (retention.retentionMs < 0 && retention.retentionBytes < 0) return undefined;
  let start: number | undefined;
  const compactedAway = await bytesCompactedAway(index, ref, head, retention, cleanedTo);
  let bytesLeft: number | undefined;
  let look = pagesAtFirst;
  for (let offset = head.logStartOffset; ; look = pagesPerLook) {
    const { locations, bytesBelow } = await oldest(index, ref, head, offset, look);
    bytesLeft ??= totalBytes(head) - bytesBelow - compactedAway;
    const next = planRetention(locations, retention, bytesLeft, nowMs);
    if (next === undefined) return start;
    start = next;
    for (const { baseOffset, recordCount, sizeBytes } of locations) {
      if (baseOffset + recordCount <= next) bytesLeft -= sizeBytes;
    }
    const last = locations.at(-1);
    const all = last !== undefined && last.baseOffset + last.recordCount === next;
    if (!all || next >= head.nextOffset) return start;
    offset = next;
  }
}

/** Pages count bytes as they were committed: how much of that is not there any more. */
async function bytesCompactedAway(
  index: PartitionIndex,
  ref: PartitionRef,
  head: PartitionHead,
  { retentionBytes }: Retention,
  cleanedTo: number,
): Promise<number> {
  if (retentionBytes < 0) return 0;
  let [away, below]: [number, number | undefined] = [0, undefined];
  for await (const page of segmentPages(index, ref, head, head.logStartOffset, cleanedTo)) {
    // Of the first page it is not known how large it was; what it holds is counted as it is.
    if (below !== undefined) away += page.endBytes - below - bytesOf(page);
    below = page.endBytes;
  }
  return away;
}

function totalBytes(head: PartitionHead): number {
  return head.tail.reduce((sum, { sizeBytes }) => sum + sizeBytes, head.pagedBytes);
}

/** Some locations from `offset` on, and how many bytes lay below the first of them. */
async function oldest(
  index: PartitionIndex,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
  look: number,
): Promise<{ locations: readonly PlacedLocation[]; bytesBelow: number }> {
  if (offset < head.tailBaseOffset) {
    const pages = await currentPagesFrom(index, ref, head, offset, look);
    const first = pages[0];
    const locations = pages.flatMap((page) => placeEntries(page.baseOffset, page.locations));
    const from = locations.filter(
      ({ baseOffset, recordCount }) => baseOffset + recordCount > offset,
    );
    const skipped = locations.slice(0, locations.length - from.length);
    const below = first ? first.endBytes - bytesOf(first) : 0;
    const bytesBelow = skipped.reduce((sum, { sizeBytes }) => sum + sizeBytes, below);
    return { locations: from, bytesBelow };
  }
  const tail = placeTail(head).filter(
    ({ baseOffset, recordCount }) => baseOffset + recordCount > offset,
  );
  const bytesAbove = tail.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { locations: tail, bytesBelow: totalBytes(head) - bytesAbove };
}

/** Looks further while all it finds is left over. */
async function currentPagesFrom(
  index: PartitionIndex,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
  look: number,
): Promise<IndexPage[]> {
  for (let countMax = look; ; countMax *= 4) {
    const found = await index.findPages(ref, offset, countMax);
    const rolled = found.filter(({ nextOffset }) => nextOffset <= head.tailBaseOffset);
    const pages = currentPages(rolled, offset, head.compactedTo);
    if (pages.length > 0 || found.length < countMax) return pages;
  }
}

/** Whether anything lies wholly below `offset`. */
export async function hasPagesBelow(
  index: PartitionIndex,
  ref: PartitionRef,
  offset: number,
): Promise<boolean> {
  if (offset === 0) return false;
  const [page] = await index.findPages(ref, 0, 1);
  return page !== undefined && page.nextOffset <= offset;
}

/** Deletes the pages wholly below `offset`, and before them the segments that they point to. */
export async function deletePagesBelow(
  { index, objects }: Stores,
  ref: PartitionRef,
  offset: number,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const found = await index.findPages(ref, 0, pagesPerLook);
    const below = found.filter(({ nextOffset }) => nextOffset <= offset);
    if (below.length === 0) return deleted;
    const keys = below.flatMap(({ locations }) => locations.map(({ objectKey }) => objectKey));
    // WAL objects hold other partitions too: those go with their hour.
    await objects.delete([...new Set(keys.filter(isSegmentKey))]);
    await index.deletePages(
      ref,
      below.map(({ nextOffset }) => nextOffset),
    );
    deleted += below.length;
  }
}
