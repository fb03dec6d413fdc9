/**
 * All that one run does for one partition, as its leader: what was begun is finished, the log start moves,
 * what lies below it is deleted after a grace period, what is old or enough becomes segments, and small
 * segments become one. Where there is nothing to do no lease is taken and nothing is written.
 */

import { oldBucketAt } from '../log/compaction-plan.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { TopicConfigs } from '../log/topic-configs.js';
import {
  compactKeys,
  type KeyCompactionReport,
  noKeysCompacted,
  planStretch,
} from './compact-keys.js';
import {
  type CompactionDeps,
  compactPartition,
  isCompactable,
  nothingCompacted,
} from './compact-partition.js';
import { deleteExpired, deleteRetired, isDeletionDue } from './delete-after-grace.js';
import { finishBegun } from './finish-begun.js';
import type { JobSettings } from './job-settings.js';
import { type Leader, takeLead } from './leader.js';
import {
  afterBegun,
  Deposed,
  type LeaderNotes,
  type NoteBook,
  readLeaderNotes,
  writeLeaderNotes,
} from './leader-notes.js';
import {
  type GoesOn,
  isMergeDue,
  type MergeReport,
  mergeSegments,
  nothingMerged,
} from './merge-segments.js';
import { findLogStart } from './retain-partition.js';

export type PartitionReport = {
  readonly kind: 'idle' | 'done' | 'ledByAnother';
  readonly segments: number;
  /** By compaction of either kind and by merging: what was read. */
  readonly bytesCompacted: number;
  /** Records below the log start since this run. */
  readonly recordsExpired: number;
  /** Records that had a newer one of their key, and tombstones that nobody needs any more. */
  readonly recordsCompacted: number;
  readonly pagesDeleted: number;
};

const nothing = {
  segments: 0,
  bytesCompacted: 0,
  recordsExpired: 0,
  recordsCompacted: 0,
  pagesDeleted: 0,
};

export type MaintainDeps = Omit<CompactionDeps, 'memoryBytesMax'> & {
  readonly settings: JobSettings;
};

/** `goesOn`: whether the run has time and bytes left. */
export async function maintainPartition(
  deps: MaintainDeps,
  ref: PartitionRef,
  configs: TopicConfigs,
  goesOn: (bytesSoFar: number) => boolean,
): Promise<PartitionReport> {
  const { stores, world, settings } = deps;
  const head = await stores.index.readHead(ref);
  if (!head) return { kind: 'idle', ...nothing };
  const notes = readLeaderNotes(await stores.index.readNotes(ref));
  if (!(await hasWork(deps, ref, head, notes, configs))) return { kind: 'idle', ...nothing };
  const { clock } = world;
  const leader = await takeLead(stores.index, ref, world.uuid(), clock, settings.leaseMs);
  if (!leader) return { kind: 'ledByAnother', ...nothing };
  try {
    return await lead(deps, ref, leader, configs, goesOn);
  } catch (error) {
    if (error instanceof Deposed) return { kind: 'ledByAnother', ...nothing };
    throw error;
  } finally {
    await leader.release();
  }
}

const goalOf = ({ world, settings }: MaintainDeps, { segmentBytes }: TopicConfigs) => ({
  segmentBytes,
  oldBucket: oldBucketAt(world.clock.nowMs(), settings.compactAfterMs),
});

async function hasWork(
  deps: MaintainDeps,
  ref: PartitionRef,
  head: PartitionHead,
  notes: LeaderNotes,
  configs: TopicConfigs,
): Promise<boolean> {
  if (notes.writing !== undefined) return true;
  const { stores, world } = deps;
  const nowMs = world.clock.nowMs();
  if (await isDeletionDue(deps, ref, head.logStartOffset, notes)) return true;
  if ((await expiredBelow(deps, ref, head, notes, configs)) !== undefined) return true;
  if (await isCompactable(stores, ref, head, goalOf(deps, configs))) return true;
  if (isMergeDue(head, notes, configs)) return true;
  if (!configs.cleanupPolicy.compact) return false;
  return (await planStretch(stores, ref, head, notes, configs, nowMs)) !== undefined;
}

async function expiredBelow(
  { stores, world }: MaintainDeps,
  ref: PartitionRef,
  head: PartitionHead,
  { cleaned, cleaning }: LeaderNotes,
  { cleanupPolicy, retentionMs, retentionBytes }: TopicConfigs,
): Promise<number | undefined> {
  if (!cleanupPolicy.delete) return undefined;
  const retention = { retentionMs, retentionBytes };
  const cleanedTo = Math.max(cleaned?.to ?? 0, cleaning?.next ?? 0);
  return findLogStart(stores.index, ref, head, retention, world.clock.nowMs(), cleanedTo);
}

async function lead(
  deps: MaintainDeps,
  ref: PartitionRef,
  leader: Leader,
  configs: TopicConfigs,
  goesOn: (bytesSoFar: number) => boolean,
): Promise<PartitionReport> {
  const { stores, settings, world } = deps;
  const { head } = leader;
  const notes = await openNotes(deps, ref, leader);
  const begun = notes.read().writing;
  if (begun !== undefined) {
    const inUse = await finishBegun(stores, ref, begun);
    await notes.write(afterBegun(notes.read(), inUse, world.clock.nowMs()));
  }
  const expired = await expire(deps, ref, leader, notes.read(), configs);
  const pagesDeleted = await deleteExpired(deps, ref, expired.logStartOffset, notes);
  await deleteRetired(deps, notes);
  const compaction = { ...deps, memoryBytesMax: settings.memoryBytesMax };
  const compacted = goesOn(0)
    ? await compactPartition(compaction, ref, leader, {
        ...goalOf(deps, configs),
        goesOn,
        begins: (key) => notes.write({ ...notes.read(), writing: key }),
      })
    : nothingCompacted;
  if (compacted.segments > 0) await notes.write(withoutWriting(notes.read()));
  const keys = await withoutOldKeys(deps, ref, leader, notes, configs, (bytes) =>
    goesOn(compacted.bytes + bytes),
  );
  const merged = await withoutSmallSegments(deps, ref, leader, notes, configs, (bytes) =>
    goesOn(compacted.bytes + keys.bytes + bytes),
  );
  return {
    kind: 'done',
    segments: compacted.segments + keys.segments + merged.segments,
    bytesCompacted: compacted.bytes + keys.bytes + merged.bytes,
    recordsExpired: expired.logStartOffset - head.logStartOffset,
    recordsCompacted: keys.recordsCompacted,
    pagesDeleted,
  };
}

/** Read again: the leader before us may have written them since. */
async function openNotes(
  { stores: { index } }: MaintainDeps,
  ref: PartitionRef,
  { leadership }: Leader,
): Promise<NoteBook> {
  let notes = readLeaderNotes(await index.readNotes(ref));
  return {
    read: () => notes,
    async write(changed) {
      notes = changed;
      const text = writeLeaderNotes(changed);
      const written = await index.writeNotes(ref, leadership.leaderEpoch, text);
      if (!written) throw new Deposed('a later leader has written notes');
    },
  };
}

function withoutWriting({ writing: _, ...notes }: LeaderNotes): LeaderNotes {
  return notes;
}

async function withoutOldKeys(
  deps: MaintainDeps,
  ref: PartitionRef,
  leader: Leader,
  notes: NoteBook,
  configs: TopicConfigs,
  goesOn: (bytes: number) => boolean,
): Promise<KeyCompactionReport> {
  // What could not be finished is finished first: by the next leader, when this one was deposed.
  if (!configs.cleanupPolicy.compact || notes.read().writing !== undefined) return noKeysCompacted;
  if (!goesOn(0)) return noKeysCompacted;
  return compactKeys({ ...deps, ...deps.settings }, ref, leader, notes, { ...configs, goesOn });
}

async function withoutSmallSegments(
  deps: MaintainDeps,
  ref: PartitionRef,
  leader: Leader,
  noteBook: NoteBook,
  configs: TopicConfigs,
  goesOn: GoesOn,
): Promise<MergeReport> {
  if (noteBook.read().writing !== undefined) return nothingMerged;
  const { memoryBytesMax } = deps.settings;
  const work = { deps: { ...deps, memoryBytesMax }, ref, leader, noteBook };
  return mergeSegments(work, configs, goesOn);
}

async function expire(
  deps: MaintainDeps,
  ref: PartitionRef,
  { leadership, head }: Leader,
  notes: LeaderNotes,
  configs: TopicConfigs,
): Promise<{ readonly logStartOffset: number }> {
  const start = await expiredBelow(deps, ref, head, notes, configs);
  if (start === undefined) return head;
  const raised = await deps.stores.index.raiseLogStart(ref, start, leadership);
  return raised.kind === 'changed' ? raised.head : head;
}
