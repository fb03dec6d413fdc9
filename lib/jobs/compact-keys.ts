/**
 * Key compaction: of the records in segments that have a newer one of the same key, none stays. The newest
 * offset of each key is found out for a stretch that was not compared yet; then the segments from the log
 * start on are written anew without what is older, in order, and their pages replaced as compaction replaces
 * them. It may stop, crash or run twice anywhere: the next leader goes on where the notes say.
 */

import { bytesOf } from '../log/compaction-plan.js';
import type { IndexPage } from '../log/index-page.js';
import {
  compactableEnd,
  isWorthIt,
  joins,
  type KeyCompactionRules,
} from '../log/key-compaction-plan.js';
import { createKeyOffsets } from '../log/key-offsets.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { decodeRecords } from '../log/record-batch.js';
import type { Stores } from '../store/stores.js';
import type { CompactionDeps } from './compact-partition.js';
import type { Leader } from './leader.js';
import {
  afterBegun,
  type Cleaned,
  type LeaderNotes,
  manyAreRetired,
  type NoteBook,
} from './leader-notes.js';
import { readPages } from './read-locations.js';
import { type KeyCompactionWork, replaceGroup } from './replace-group.js';
import { segmentPages } from './segment-pages.js';

export type KeyCompactionDeps = CompactionDeps & { readonly dedupeBytesMax: number };

export type KeyCompactionReport = {
  readonly segments: number;
  readonly bytes: number;
  readonly recordsCompacted: number;
};

export const noKeysCompacted: KeyCompactionReport = { segments: 0, bytes: 0, recordsCompacted: 0 };

export type KeyCompactionBudget = KeyCompactionRules & {
  readonly segmentBytes: number;
  /** Asked before each segment but the first, so that every run gets on. */
  goesOn(bytesSoFar: number): boolean;
};

/** Of a pass: what is compared, and where the writing goes on. */
type Stretch = { readonly from: number; readonly to: number; readonly next: number };

/** Undefined: there is nothing to do now. Reads index pages of what was not compared yet, and no data. */
export async function planStretch(
  { index }: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  notes: LeaderNotes,
  rules: KeyCompactionRules,
  nowMs: number,
): Promise<Stretch | undefined> {
  if (manyAreRetired(notes)) return undefined;
  const { logStartOffset: start, compactedTo } = head;
  const { cleaned, cleaning } = notes;
  const from = Math.max(cleaned?.to ?? 0, start);
  if (cleaning)
    return { from, to: Math.max(from, cleaning.to), next: Math.max(cleaning.next, start) };
  const dirty: IndexPage[] = [];
  for await (const page of segmentPages(index, ref, head, from, compactedTo)) dirty.push(page);
  const to = compactableEnd(dirty, from, rules.minCompactionLagMs, nowMs);
  const dirtyBytes = dirty
    .filter(({ nextOffset }) => nextOffset <= to)
    .reduce((sum, page) => sum + bytesOf(page), 0);
  const horizonMs = cleaned?.horizonMs ?? Number.POSITIVE_INFINITY;
  const worthIt = isWorthIt(cleaned?.bytes ?? 0, dirtyBytes, rules.minCleanableDirtyRatio);
  return worthIt || horizonMs <= nowMs ? { from, to, next: start } : undefined;
}

export async function compactKeys(
  deps: KeyCompactionDeps,
  ref: PartitionRef,
  leader: Leader,
  noteBook: NoteBook,
  budget: KeyCompactionBudget,
): Promise<KeyCompactionReport> {
  const { stores, world } = deps;
  const nowMs = world.clock.nowMs();
  const head = (await stores.index.readHead(ref)) ?? leader.head;
  const stretch = await planStretch(stores, ref, head, noteBook.read(), budget, nowMs);
  if (!stretch) return noKeysCompacted;
  const compared = await compareKeys(deps, ref, leader, head, stretch, budget);
  if (!compared) return noKeysCompacted;
  const { newest, to, bytes } = compared;
  const { logStartOffset } = head;
  const cleanedTo = stretch.from;
  const pass = { cleanedTo, comparedTo: to, newest, logStartOffset, nowMs };
  const work: KeyCompactionWork = { deps, ref, leader, noteBook, budget, head, pass };
  return writeAnew(work, stretch.next, bytes);
}

/**
 * The newest offset of each key of the stretch; of a shorter one when there are too many keys, or when half
 * of what the run may do is done: what is compared has to be written as well. Undefined: deposed.
 */
async function compareKeys(
  { stores, codecs, memoryBytesMax, dedupeBytesMax }: KeyCompactionDeps,
  ref: PartitionRef,
  leader: Leader,
  head: PartitionHead,
  { from, to }: Stretch,
  { goesOn }: KeyCompactionBudget,
) {
  const keys = createKeyOffsets(dedupeBytesMax);
  const { newest } = keys;
  const { leaderEpoch } = leader.leadership;
  let bytes = 0;
  for await (const page of segmentPages(stores.index, ref, head, from, to)) {
    for await (const piece of readPages(
      stores.objects,
      codecs,
      [page],
      leaderEpoch,
      memoryBytesMax,
    )) {
      if (!(await leader.stillLeads())) return undefined;
      for (const { header, bytes: batch } of piece.batches) {
        const { baseOffset, lastOffsetDelta } = header;
        if (baseOffset + lastOffsetDelta < from) continue;
        if (baseOffset >= to) break;
        if (bytes > 0 && !goesOn(bytes * 2)) return { newest, to: baseOffset, bytes };
        for (const { key, offset } of decodeRecords(batch, codecs)) {
          if (key === null || offset < from || offset >= to) continue;
          if (!keys.add(key, offset)) return { newest, to: offset, bytes };
        }
        bytes += header.sizeBytes;
      }
    }
  }
  return { newest, to, bytes };
}

async function writeAnew(
  work: KeyCompactionWork,
  from: number,
  bytesCompared: number,
): Promise<KeyCompactionReport> {
  const { deps, leader, noteBook, budget, pass } = work;
  const { cleaning } = noteBook.read();
  let report = { ...noKeysCompacted, bytes: bytesCompared };
  let [bytes, horizonMs] = [cleaning?.bytes ?? 0, cleaning?.horizonMs];
  const cleaned = (): Cleaned => ({
    to: pass.comparedTo,
    bytes,
    ...(horizonMs !== undefined && { horizonMs }),
  });
  let isFirst = true;
  for await (const group of groupsOf(work, from)) {
    if (!isFirst && !budget.goesOn(report.bytes)) return report;
    isFirst = false;
    const isFull = manyAreRetired(noteBook.read());
    if (isFull || !(await leader.stillLeads())) return report;
    const written = await replaceGroup(work, group);
    if (!written) return report;
    bytes += written.sizeBytes;
    horizonMs = latest(horizonMs, written.horizonMs);
    report = {
      segments: report.segments + (written.replaced ? 1 : 0),
      bytes: report.bytes + group.reduce((sum, page) => sum + bytesOf(page), 0),
      recordsCompacted: report.recordsCompacted + written.recordsCompacted,
    };
    const next = group.at(-1)?.nextOffset ?? from;
    const notes = afterBegun(noteBook.read(), written.replaced, deps.world.clock.nowMs());
    await noteBook.write({ ...notes, cleaning: { ...cleaned(), next } });
  }
  // What has become small is looked at anew.
  const { cleaning: _, merged: __, ...notes } = noteBook.read();
  await noteBook.write({ ...notes, cleaned: cleaned() });
  return report;
}

/** Neighbours that have become small become one. */
async function* groupsOf(
  { deps, ref, head, pass, budget }: KeyCompactionWork,
  from: number,
): AsyncGenerator<readonly IndexPage[]> {
  let group: IndexPage[] = [];
  const pages = segmentPages(deps.stores.index, ref, head, from, pass.comparedTo);
  for await (const page of pages) {
    if (group.length > 0 && !joins(group, page, budget.segmentBytes)) {
      yield group;
      group = [];
    }
    group.push(page);
  }
  if (group.length > 0) yield group;
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
