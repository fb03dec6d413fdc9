/**
 * A step of key compaction: segments that lie together become one without the records that do not stay, and
 * one page takes the place of theirs, in one change that the leader's epoch guards. What was replaced is
 * noted before, so that it is found whatever happens.
 */

import { bytesOf } from '../log/compaction-plan.js';
import { filterBatch } from '../log/filter-batch.js';
import type { IndexPage } from '../log/index-page.js';
import { type KeyCompactionPass, stays } from '../log/key-compaction-plan.js';
import type { BatchLocation, PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { PlacedBatch } from '../log/place-batches.js';
import type { PlacedRecord } from '../log/record.js';
import { formatSegmentKey } from '../log/segment-key.js';
import type { KeyCompactionBudget, KeyCompactionDeps, NoteBook } from './compact-keys.js';
import { finishBegun } from './finish-begun.js';
import type { Leader } from './leader.js';
import { writeFiltered } from './write-segment.js';

/** One pass over one partition. */
export type KeyCompactionWork = {
  readonly deps: KeyCompactionDeps;
  readonly ref: PartitionRef;
  readonly leader: Leader;
  readonly noteBook: NoteBook;
  readonly budget: KeyCompactionBudget;
  readonly head: PartitionHead;
  readonly pass: KeyCompactionPass;
};

export type ReplacedGroup = {
  /** False: nothing was to be changed. */
  readonly replaced: boolean;
  readonly sizeBytes: number;
  readonly recordsCompacted: number;
  /** When the last of the tombstones may go. */
  readonly horizonMs: number | undefined;
};

/** Undefined when this leader was deposed meanwhile. */
export async function replaceGroup(
  work: KeyCompactionWork,
  pages: readonly IndexPage[],
): Promise<ReplacedGroup | undefined> {
  const { deps, ref, leader, noteBook } = work;
  const { stores, codecs, world, memoryBytesMax } = deps;
  const { leadership } = leader;
  const { leaderEpoch } = leadership;
  const [first, last] = [pages[0] as IndexPage, pages.at(-1) as IndexPage];
  const { baseOffset } = first;
  const key = formatSegmentKey({ ref, baseOffset, leaderEpoch, uuid: world.uuid() });
  const locations = pages.flatMap((page) => page.locations);
  const replacing = [...new Set(locations.map(({ objectKey }) => objectKey))];
  await noteBook.write({ ...noteBook.read(), writing: key, replacing });
  const { filter, seen } = createFilter(work);
  const segment = { key, pages, leaderEpoch, memoryBytesMax };
  const isWanted = () => pages.length > 1 || seen.changed;
  const written = await writeFiltered(stores.objects, codecs, segment, filter, isWanted);
  if (!written) {
    const sizeBytes = pages.reduce((sum, page) => sum + bytesOf(page), 0);
    return { replaced: false, sizeBytes, recordsCompacted: 0, horizonMs: seen.horizonMs };
  }
  const { nextOffset, maxTimestampMs, endBytes } = last;
  const location = withAge(written, locations);
  const page = { baseOffset, nextOffset, maxTimestampMs, endBytes, locations: [location] };
  const replaces = pages.slice(0, -1).map((one) => one.nextOffset);
  const outcome = await stores.index.replacePages(ref, leadership, { page, replaces });
  if (outcome !== 'replaced') {
    // As in compaction: it may have been refused only the second time. The next leader goes by the notes.
    await finishBegun(stores, ref, key);
    return undefined;
  }
  const { recordsCompacted, horizonMs } = seen;
  return { replaced: true, sizeBytes: location.sizeBytes, recordsCompacted, horizonMs };
}

/** A place without records is as old as those that were there. */
function withAge(written: BatchLocation, before: readonly BatchLocation[]): BatchLocation {
  if (written.sizeBytes > 0) return written;
  const maxTimestampMs = before.reduce((max, one) => Math.max(max, one.maxTimestampMs), -1);
  return { ...written, maxTimestampMs };
}

function createFilter({ deps, budget, pass }: KeyCompactionWork) {
  const seen: { changed: boolean; recordsCompacted: number; horizonMs: number | undefined } = {
    changed: false,
    recordsCompacted: 0,
    horizonMs: undefined,
  };
  const newHorizonMs = deps.world.clock.nowMs() + budget.deleteRetentionMs;

  function filter({ header, bytes }: PlacedBatch): Uint8Array | undefined {
    const { baseOffset, lastOffsetDelta, deleteHorizonMs } = header;
    if (baseOffset >= pass.comparedTo) return bytes;
    // Of what is not compared yet it is not known how long it will have been alone with its key.
    const isCompared = baseOffset + lastOffsetDelta < pass.comparedTo;
    const hold = (record: PlacedRecord) => {
      const held = stays(record, deleteHorizonMs, pass);
      if (!held && record.offset >= pass.logStartOffset) seen.recordsCompacted++;
      return held;
    };
    const horizonOf = (held: readonly PlacedRecord[]) => {
      const hasTombstone = held.some(({ value }) => value === null);
      if (!hasTombstone || !isCompared) return undefined;
      return deleteHorizonMs ?? newHorizonMs;
    };
    const filtered = filterBatch(bytes, header, deps.codecs, hold, (held) => {
      const horizonMs = horizonOf(held);
      if (horizonMs !== undefined) seen.horizonMs = Math.max(seen.horizonMs ?? 0, horizonMs);
      return horizonMs;
    });
    if (filtered !== bytes) seen.changed = true;
    return filtered;
  }

  return { filter, seen };
}
