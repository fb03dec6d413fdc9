/**
 * Planning compaction: which pages become one segment. Always whole pages, always the oldest ones that are
 * not in segments yet: enough of them for a segment, or what there is once it is old.
 */

import type { IndexPage } from './index-page.js';
import type { BatchLocation } from './partition-head.js';
import { parseWalKey, walBucketOf } from './wal-key.js';

export type CompactionGoal = {
  readonly segmentBytes: number;
  /** What was written at or before this hour is compacted, however little it is. */
  readonly oldBucket: number;
};

/**
 * The last hour of which everything counts as old: the one that had begun `compactAfterMs` ago. So nothing waits
 * longer than that, and what was written at the end of an hour up to an hour less.
 */
export function oldBucketAt(nowMs: number, compactAfterMs: number): number {
  return walBucketOf(nowMs - compactAfterMs);
}

/** The first of `pages`, in offset order, that become a segment now; none: it is not yet worth it. */
export function planSegment(
  pages: readonly IndexPage[],
  { segmentBytes, oldBucket }: CompactionGoal,
): readonly IndexPage[] {
  let sizeBytes = 0;
  for (const [i, page] of pages.entries()) {
    sizeBytes += bytesOf(page);
    if (sizeBytes >= segmentBytes) return pages.slice(0, i + 1);
  }
  const last = pages.findLastIndex((page) => page.locations.some((one) => isOld(one, oldBucket)));
  return pages.slice(0, last + 1);
}

export function isOld({ objectKey }: BatchLocation, oldBucket: number): boolean {
  const key = parseWalKey(objectKey);
  return key !== undefined && key.bucket <= oldBucket;
}

export function bytesOf(page: IndexPage): number {
  return page.locations.reduce((sum, location) => sum + location.sizeBytes, 0);
}
