/**
 * Replacing index pages: a wide page that points into segments takes the place of the pages whose
 * batches it holds. It is keyed by its end, which is the end of the last of them; the others are deleted
 * afterwards. Boundaries between pages only ever vanish. So of pages that share an offset one holds all of
 * the other, and the wider one is the newer: that is all that a reader has to know.
 */

import type { IndexPage } from './index-page.js';
import { type Leadership, leads } from './lease.js';
import type { PartitionHead } from './partition-head.js';
import { isSegmentKey } from './segment-key.js';

export type PageReplacement = {
  readonly page: IndexPage;
  /** All of the log below it is in segments now. Undefined: as far as before. */
  readonly compactedTo?: number;
  /**
   * The ends of narrower pages of segments, deleted in the same step. Left over, they would not be told
   * from pages that count: a page of WAL ranges below `compactedTo` is, a page of a segment is not.
   */
  readonly replaces?: readonly number[];
};

/** Undefined for who does not lead (any more), for a page of what is not in pages yet, for a step back. */
export function decideReplacement(
  head: PartitionHead,
  leadership: Leadership,
  { page, compactedTo }: PageReplacement,
): PartitionHead | undefined {
  if (!leads(head, leadership) || page.nextOffset > head.tailBaseOffset) return undefined;
  if (compactedTo === undefined) return head;
  return compactedTo < head.compactedTo ? undefined : { ...head, compactedTo };
}

/**
 * The pages that count, of those that end after `offset` in order of their ends. Dropped are leftovers:
 * pages that a later one holds, be it that they are not deleted yet or that a slow roller wrote them
 * afterwards. Below `compactedTo` a page that is not all segments is a leftover even if the page that
 * holds it is not among these.
 */
export function currentPages(
  pages: readonly IndexPage[],
  offset: number,
  compactedTo: number,
): IndexPage[] {
  const current: IndexPage[] = [];
  let heldFrom = Number.POSITIVE_INFINITY;
  for (const page of pages.toReversed()) {
    const from = Math.max(page.baseOffset, offset);
    if (from >= heldFrom || isLeftover(page, compactedTo)) continue;
    heldFrom = from;
    current.push(page);
  }
  return current.reverse();
}

function isLeftover(page: IndexPage, compactedTo: number): boolean {
  if (page.nextOffset > compactedTo) return false;
  return page.locations.some(({ objectKey }) => !isSegmentKey(objectKey));
}
