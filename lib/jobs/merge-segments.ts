/**
 * Small segments that lie together become one: compaction leaves them where data is old before it is much,
 * key compaction where little stays. No record changes, nor its offset. It may stop, crash or run twice
 * anywhere, as key compaction may, and takes the same way. Where no segment has come up since the last
 * look nothing is looked at; after that only those behind the last large one.
 */

import { assert } from '../log/assert.js';
import { bytesOf } from '../log/compaction-plan.js';
import type { IndexPage } from '../log/index-page.js';
import { isLarge, type MergeRules, mergeRulesOf, planMerge } from '../log/merge-plan.js';
import type { PartitionHead } from '../log/partition-head.js';
import type { PlacedBatch } from '../log/place-batches.js';
import type { TopicConfigs } from '../log/topic-configs.js';
import { afterBegun, type LeaderNotes, manyAreRetired } from './leader-notes.js';
import { replaceSegments, type SegmentWork } from './replace-segments.js';
import { segmentPages } from './segment-pages.js';

export type MergeReport = { readonly segments: number; readonly bytes: number };

export const nothingMerged: MergeReport = { segments: 0, bytes: 0 };

/** Asked before each segment. */
export type GoesOn = (bytesSoFar: number) => boolean;

/** Pages held at once. */
const pagesPerLook = 256;

/** Decided by head and notes alone. */
export function isMergeDue(
  { compactedTo }: PartitionHead,
  notes: LeaderNotes,
  configs: TopicConfigs,
): boolean {
  // A pass of key compaction that is under way merges neighbours itself.
  if (configs.cleanupPolicy.compact && notes.cleaning) return false;
  if (manyAreRetired(notes) || compactedTo === 0) return false;
  const { bytesMax } = mergeRulesOf(configs);
  return notes.merged?.bytesMax !== bytesMax || notes.merged.to < compactedTo;
}

export async function mergeSegments(
  work: SegmentWork,
  configs: TopicConfigs,
  goesOn: GoesOn,
): Promise<MergeReport> {
  const { deps, ref, leader, noteBook } = work;
  const { index } = deps.stores;
  const head = (await index.readHead(ref)) ?? leader.head;
  const notes = noteBook.read();
  if (!isMergeDue(head, notes, configs)) return nothingMerged;
  const rules = mergeRulesOf(configs, notes.cleaned?.to);
  const { bytesMax } = rules;
  const known = notes.merged?.bytesMax === bytesMax ? notes.merged.from : 0;
  const from = Math.max(known, head.logStartOffset);
  let report = nothingMerged;
  let stretch: Stretch = { from, sinceMs: undefined, pages: [] };
  const merge = async () => {
    const merged = await mergeStretch(work, stretch, rules, (bytes) =>
      goesOn(report.bytes + bytes),
    );
    stretch = merged.isDone ? behindLarge(merged, rules) : merged;
    report = sumOf(report, merged.report);
    return merged.isDone;
  };
  let isDone = true;
  // The page before tells how old the first one is.
  const pages = segmentPages(index, ref, head, Math.max(0, from - 1), head.compactedTo);
  for await (const page of pages) {
    if (page.nextOffset <= from) stretch = { ...stretch, sinceMs: page.maxTimestampMs };
    else stretch = { ...stretch, pages: [...stretch.pages, page] };
    if (stretch.pages.length === pagesPerLook) isDone = await merge();
    if (!isDone) break;
  }
  isDone &&= await merge();
  // Who was deposed notes nothing: what it had begun is in the notes.
  if (noteBook.read().writing !== undefined) return report;
  const to = isDone ? head.compactedTo : stretch.from;
  await noteBook.write({ ...noteBook.read(), merged: { from: stretch.from, to, bytesMax } });
  return report;
}

/** Neighbours that may still be merged, and what lies before them. */
type Stretch = {
  readonly from: number;
  readonly sinceMs: number | undefined;
  readonly pages: readonly IndexPage[];
};

type MergedStretch = Stretch & { readonly report: MergeReport; readonly isDone: boolean };

/** Until no more are to be merged, or the run is over: then it is not done. */
async function mergeStretch(
  work: SegmentWork,
  { pages: before, ...place }: Stretch,
  rules: MergeRules,
  goesOn: GoesOn,
): Promise<MergedStretch> {
  let pages = before;
  let report = nothingMerged;
  for (;;) {
    const group = planMerge(pages, rules, place.sinceMs);
    const [first] = group;
    if (!first) return { ...place, pages, report, isDone: true };
    const mayGoOn = goesOn(report.bytes) && !manyAreRetired(work.noteBook.read());
    const merged = mayGoOn && (await work.leader.stillLeads()) && (await mergeGroup(work, group));
    if (!merged) return { ...place, pages, report, isDone: false };
    pages = pages.toSpliced(pages.indexOf(first), group.length, merged);
    report = sumOf(report, { segments: 1, bytes: bytesOf(merged) });
  }
}

/** What is before a large segment stays as it is, whatever comes; so does what is long not merged. */
function behindLarge({ from, sinceMs, pages }: Stretch, rules: MergeRules): Stretch {
  const large = pages.findLastIndex((page) => isLarge(page, rules));
  const count = Math.max(large + 1, pages.length - pagesPerLook / 2);
  const last = pages[count - 1];
  if (!last) return { from, sinceMs, pages };
  return { from: last.nextOffset, sinceMs: last.maxTimestampMs, pages: pages.slice(count) };
}

/** Undefined when this leader was deposed meanwhile. */
async function mergeGroup(
  work: SegmentWork,
  pages: readonly IndexPage[],
): Promise<IndexPage | undefined> {
  const { deps, noteBook } = work;
  const [first, last] = [pages[0] as IndexPage, pages.at(-1) as IndexPage];
  const bytes = pages.reduce((sum, page) => sum + bytesOf(page), 0);
  let bytesSeen = 0;
  const whole = (batch: PlacedBatch) => {
    bytesSeen += batch.bytes.length;
    return batch.bytes;
  };
  const isWhole = () => bytesSeen === bytes;
  const outcome = await replaceSegments(work, pages, whole, isWhole);
  assert(outcome.kind !== 'unwanted', 'a merged segment holds all that its parts hold');
  if (outcome.kind !== 'replaced') return undefined;
  await noteBook.write(afterBegun(noteBook.read(), true, deps.world.clock.nowMs()));
  return { ...last, baseOffset: first.baseOffset, locations: [outcome.location] };
}

function sumOf(one: MergeReport, other: MergeReport): MergeReport {
  return { segments: one.segments + other.segments, bytes: one.bytes + other.bytes };
}
