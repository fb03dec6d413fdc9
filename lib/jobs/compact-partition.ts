/**
 * Compaction: what lies in WAL objects and inline is copied into segments of the partition's own, oldest
 * first, and the index is turned to them page by page. Readers meet the one or the other and read the
 * same bytes. It may stop, crash or run twice anywhere: an index page points to a segment only by a change
 * that the leader's epoch guards, and to nothing that is not written.
 */

import type { Codecs } from '../log/codecs.js';
import { bytesOf, type CompactionGoal, isOld, planSegment } from '../log/compaction-plan.js';
import type { IndexPage } from '../log/index-page.js';
import { currentPages } from '../log/page-replacement.js';
import { type PartitionHead, type PartitionRef, placeEntries } from '../log/partition-head.js';
import { formatSegmentKey } from '../log/segment-key.js';
import { planRolls, planShortRoll, type TailRolls } from '../log/tail-roll.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { finishBegun } from './finish-begun.js';
import type { Leader } from './leader.js';
import { writeSegment } from './write-segment.js';

export type CompactionDeps = {
  readonly stores: Stores;
  readonly codecs: Codecs;
  readonly world: World;
  readonly memoryBytesMax: number;
};

export type CompactionReport = { readonly segments: number; readonly bytes: number };

export const nothingCompacted: CompactionReport = { segments: 0, bytes: 0 };

/** Where compaction goes on. What lies below the log start need not be copied any more. */
export function compactionStart(head: PartitionHead): number {
  return Math.max(head.compactedTo, head.logStartOffset);
}

/** Decided by one page: how much lies above it in pages is in the head. */
export async function isCompactable(
  { index }: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  goal: CompactionGoal,
): Promise<boolean> {
  if (head.tail.some((entry) => isOld(entry, goal.oldBucket))) return true;
  const from = compactionStart(head);
  if (from >= head.tailBaseOffset) return false;
  const found = await index.findPages(ref, from, 4);
  const first = currentPages(found, from, head.compactedTo)[0];
  if (!first) return found.length > 0;
  const waitingBytes = head.pagedBytes - (first.endBytes - bytesOf(first));
  return (
    waitingBytes >= goal.segmentBytes || first.locations.some((one) => isOld(one, goal.oldBucket))
  );
}

export type CompactionBudget = CompactionGoal & {
  /** Asked before each segment. */
  goesOn(bytesSoFar: number): boolean;
  /** Told before a segment is begun: should this run not come to its end, the next one looks after it. */
  begins(key: string): Promise<void>;
};

export async function compactPartition(
  deps: CompactionDeps,
  ref: PartitionRef,
  leader: Leader,
  budget: CompactionBudget,
): Promise<CompactionReport> {
  const { index } = deps.stores;
  const head = await withoutOldTail(deps, ref, leader, budget);
  let from = compactionStart(head);
  let report = nothingCompacted;
  while (budget.goesOn(report.bytes) && (await leader.stillLeads())) {
    const waiting = await pagesToCompact(deps.stores, ref, head, from, budget.segmentBytes);
    const pages = planSegment(waiting, budget);
    const last = pages.at(-1);
    if (!last) break;
    const sizeBytes = await compactPages(deps, ref, leader, pages, budget);
    if (sizeBytes === undefined) break;
    await index.deletePages(
      ref,
      pages.slice(0, -1).map(({ nextOffset }) => nextOffset),
    );
    from = last.nextOffset;
    report = { segments: report.segments + 1, bytes: report.bytes + sizeBytes };
  }
  return report;
}

/**
 * An old tail is rolled, also one that is too short for a page or whose roller died: its hour would never
 * be free.
 */
async function withoutOldTail(
  { stores: { index } }: CompactionDeps,
  ref: PartitionRef,
  leader: Leader,
  { oldBucket }: CompactionGoal,
): Promise<PartitionHead> {
  let head = (await index.readHead(ref)) ?? leader.head;
  while (head.tail.some((entry) => isOld(entry, oldBucket))) {
    const roll = planRolls(head) ?? shortRolls(head);
    if (!roll) break;
    for (const [producer, state] of Object.entries(roll.park)) {
      await index.parkProducer(ref, producer, state);
    }
    for (const page of roll.pages) await index.writePage(ref, page);
    const advanced = await index.advanceTail(ref, roll.advance);
    if (advanced.kind !== 'changed') break;
    head = advanced.head;
  }
  return head;
}

function shortRolls(head: PartitionHead): TailRolls | undefined {
  const roll = planShortRoll(head);
  return roll && { ...roll, pages: [roll.page] };
}

/** Pages from `from` on, enough for one segment. */
async function pagesToCompact(
  { index }: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  from: number,
  segmentBytes: number,
): Promise<IndexPage[]> {
  const pages: IndexPage[] = [];
  let bytes = 0;
  for (let offset = from, countMax = 64; bytes < segmentBytes; ) {
    const found = await index.findPages(ref, offset, countMax);
    const rolled = found.filter(({ nextOffset }) => nextOffset <= head.tailBaseOffset);
    const current = currentPages(rolled, offset, Math.max(head.compactedTo, from));
    // The last of them may be left over: only the page behind it would tell.
    if (found.length === countMax) current.pop();
    pages.push(...current);
    bytes += current.reduce((sum, page) => sum + bytesOf(page), 0);
    if (found.length < countMax) break;
    if (current.length === 0) countMax *= 4;
    else offset = current.at(-1)?.nextOffset ?? offset;
  }
  const [first, ...others] = pages;
  return first ? [retainedPart(first, from), ...others] : [];
}

/** What lies wholly below the log start may be deleted already. */
function retainedPart(page: IndexPage, from: number): IndexPage {
  const locations = placeEntries(page.baseOffset, page.locations).filter(
    ({ baseOffset, recordCount }) => baseOffset + recordCount > from,
  );
  return { ...page, baseOffset: locations[0]?.baseOffset ?? page.baseOffset, locations };
}

/** Undefined when this leader was deposed meanwhile. */
async function compactPages(
  { stores, codecs, world, memoryBytesMax }: CompactionDeps,
  ref: PartitionRef,
  { leadership }: Leader,
  pages: readonly IndexPage[],
  budget: CompactionBudget,
): Promise<number | undefined> {
  const [first, last] = [pages[0] as IndexPage, pages.at(-1) as IndexPage];
  const { leaderEpoch } = leadership;
  const { baseOffset } = first;
  const key = formatSegmentKey({ ref, baseOffset, leaderEpoch, uuid: world.uuid() });
  await budget.begins(key);
  const segment = { key, pages, leaderEpoch, memoryBytesMax };
  const location = await writeSegment(stores.objects, codecs, segment);
  const { nextOffset, maxTimestampMs, endBytes } = last;
  const page = { baseOffset, nextOffset, maxTimestampMs, endBytes, locations: [location] };
  const outcome = await stores.index.replacePages(ref, leadership, {
    page,
    compactedTo: nextOffset,
  });
  if (outcome === 'replaced') return location.sizeBytes;
  // A store may have asked twice: then the first time it was replaced, and refused only the second time.
  await finishBegun(stores, ref, key);
  return undefined;
}
