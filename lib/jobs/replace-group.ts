/**
 * A step of key compaction: segments that lie together become one without the records that do not stay.
 */

import { bytesOf } from '../log/compaction-plan.js';
import { filterBatch } from '../log/filter-batch.js';
import type { IndexPage } from '../log/index-page.js';
import { type KeyCompactionPass, stays } from '../log/key-compaction-plan.js';
import type { PartitionHead } from '../log/partition-head.js';
import type { PlacedBatch } from '../log/place-batches.js';
import type { PlacedRecord } from '../log/record.js';
import type { KeyCompactionBudget, KeyCompactionDeps } from './compact-keys.js';
import { replaceSegments, type SegmentWork } from './replace-segments.js';

/** One pass over one partition. */
export type KeyCompactionWork = SegmentWork & {
  readonly deps: KeyCompactionDeps;
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
  const { filter, seen } = createFilter(work);
  const isWanted = () => pages.length > 1 || seen.changed;
  const outcome = await replaceSegments(work, pages, filter, isWanted);
  const { recordsCompacted, horizonMs } = seen;
  switch (outcome.kind) {
    case 'deposed':
      return undefined;
    case 'unwanted': {
      const sizeBytes = pages.reduce((sum, page) => sum + bytesOf(page), 0);
      return { replaced: false, sizeBytes, recordsCompacted: 0, horizonMs };
    }
    case 'replaced': {
      const { sizeBytes } = outcome.location;
      return { replaced: true, sizeBytes, recordsCompacted, horizonMs };
    }
  }
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
