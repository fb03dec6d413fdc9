/**
 * Planning key compaction: how far the log may be compacted now, whether it is worth it, which records stay,
 * and which pages become one. Kafka's rules (LogCleaner): a record goes when its key has a newer one, a
 * tombstone when it was alone with its key for long enough, and a record without a key.
 *
 *   log start          cleaned to            compact up to                  end of segments    end
 *   |  one per key     |  not compared yet   |  younger than the lag        |  WAL, tail       |
 */

import { bytesOf } from './compaction-plan.js';
import type { IndexPage } from './index-page.js';
import type { KeyOffsets } from './key-offsets.js';
import type { PlacedRecord } from './record.js';

export type KeyCompactionRules = {
  readonly minCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly deleteRetentionMs: number;
};

/** Up to where the pages from the first dirty one on are old enough. */
export function compactableEnd(
  dirtyPages: readonly IndexPage[],
  from: number,
  minCompactionLagMs: number,
  nowMs: number,
): number {
  let end = from;
  for (const page of dirtyPages) {
    const tooYoung = page.locations.some((one) => one.maxTimestampMs > nowMs - minCompactionLagMs);
    // Without a lag a clock that runs ahead holds nobody up.
    if (minCompactionLagMs > 0 && tooYoung) break;
    end = page.nextOffset;
  }
  return end;
}

/** `dirtyBytes` were not compared with what is before them. */
export function isWorthIt(cleanBytes: number, dirtyBytes: number, minRatio: number): boolean {
  return dirtyBytes > 0 && dirtyBytes >= minRatio * (cleanBytes + dirtyBytes);
}

/** What is known when a record is judged. */
export type KeyCompactionPass = {
  /** Below it no key has two records, and this was so before the pass began. */
  readonly cleanedTo: number;
  /** Up to here `newest` knows every record from `cleanedTo` on. */
  readonly comparedTo: number;
  readonly newest: KeyOffsets['newest'];
  readonly logStartOffset: number;
  readonly nowMs: number;
};

export function stays(
  record: Pick<PlacedRecord, 'key' | 'value' | 'offset'>,
  deleteHorizonMs: number | undefined,
  pass: KeyCompactionPass,
): boolean {
  const { key, value, offset } = record;
  if (offset < pass.logStartOffset) return false;
  if (offset >= pass.comparedTo) return true;
  if (key === null) return false;
  const newest = pass.newest(key);
  if (newest !== undefined && newest > offset) return false;
  // With it alone goes the last that its key has: what was older has gone in an earlier pass.
  const isDue = deleteHorizonMs !== undefined && deleteHorizonMs <= pass.nowMs;
  return !(value === null && isDue && offset < pass.cleanedTo);
}

/** What becomes one is replaced in one transaction: DynamoDB takes 100 items. */
export const pagesPerGroupMax = 64;

/** Whether the page after `group` still becomes one segment with it. */
export function joins(group: readonly IndexPage[], page: IndexPage, segmentBytes: number): boolean {
  const bytes = group.reduce((sum, each) => sum + bytesOf(each), bytesOf(page));
  return group.length < pagesPerGroupMax && bytes <= segmentBytes;
}
