/**
 * Planning which small segments become one. Neighbours are merged once together they are four times the
 * largest of them, or a large segment of which none was half. So each time that a byte is written anew it
 * comes to lie in a segment four times as large, but for the last time: of n segments no byte is written
 * anew more than 1 + log4(n) times on average, and a large segment never is.
 */

import { bytesOf } from './compaction-plan.js';
import type { IndexPage } from './index-page.js';
import { pagesPerGroupMax } from './key-compaction-plan.js';
import type { TopicConfigs } from './topic-configs.js';

export type MergeRules = {
  /** Of a merged segment. From half of it on a segment is large. */
  readonly bytesMax: number;
  /** What is merged expires together, so late by this much at most. */
  readonly spanMsMax: number;
  /** What lies on either side of it is not merged: there key compaction knows different things. */
  readonly apartAt: number;
};

const growth = 4;

/** Retention is late by this part of its time, or of its bytes, at most. */
const retentionParts = 10;

/** `cleanedTo`: up to where no key has two records. */
export function mergeRulesOf(
  { cleanupPolicy, retentionMs, retentionBytes, segmentBytes }: TopicConfigs,
  cleanedTo = 0,
): MergeRules {
  const byAge = cleanupPolicy.delete && retentionMs >= 0;
  const bySize = cleanupPolicy.delete && retentionBytes >= 0;
  return {
    bytesMax: bySize ? Math.min(segmentBytes, retentionBytes / retentionParts) : segmentBytes,
    spanMsMax: byAge ? retentionMs / retentionParts : Number.POSITIVE_INFINITY,
    apartAt: cleanupPolicy.compact ? cleanedTo : 0,
  };
}

export function isLarge(page: IndexPage, { bytesMax }: MergeRules): boolean {
  return bytesOf(page) * 2 >= bytesMax;
}

/**
 * Neighbours among `pages` to be merged now, the oldest first and as many as may be; none: they stay.
 * `sinceMs` is the greatest timestamp before them; unknown, the first may be of any age.
 */
export function planMerge(
  pages: readonly IndexPage[],
  rules: MergeRules,
  sinceMs = Number.NEGATIVE_INFINITY,
): readonly IndexPage[] {
  for (const i of pages.keys()) {
    const group = pages.slice(i, i + pagesPerGroupMax);
    const count = mergeableCount(group, rules, pages[i - 1]?.maxTimestampMs ?? sinceMs);
    if (count > 1) return group.slice(0, count);
  }
  return [];
}

/** How many of the first ones of `pages` become one. */
function mergeableCount(pages: readonly IndexPage[], rules: MergeRules, sinceMs: number): number {
  let [bytes, largest, count] = [0, 0, 0];
  for (const [i, page] of pages.entries()) {
    const sizeBytes = bytesOf(page);
    bytes += sizeBytes;
    largest = Math.max(largest, sizeBytes);
    const isTooMuch = isLarge(page, rules) || bytes > rules.bytesMax;
    const isTooLong = page.maxTimestampMs - sinceMs > rules.spanMsMax;
    const isApart = (pages[0]?.baseOffset ?? 0) < rules.apartAt && page.nextOffset > rules.apartAt;
    if (isTooMuch || isTooLong || isApart) break;
    if (isWorthIt(bytes, largest, rules)) count = i + 1;
  }
  return count;
}

function isWorthIt(bytes: number, largest: number, { bytesMax }: MergeRules): boolean {
  const becomesLarge = bytes * 2 >= bytesMax && bytes >= largest * 2;
  return becomesLarge || bytes >= largest * growth;
}
