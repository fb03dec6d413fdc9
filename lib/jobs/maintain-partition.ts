/**
 * All that one run does for one partition, as its leader: what was begun is finished, the log start moves,
 * what lies below it is deleted after a grace period, and what is old or enough becomes segments. Where
 * there is nothing to do no lease is taken and nothing is written.
 */

import { oldBucketAt } from '../log/compaction-plan.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { TopicConfigs } from '../log/topic-configs.js';
import {
  type CompactionDeps,
  compactPartition,
  isCompactable,
  nothingCompacted,
} from './compact-partition.js';
import { finishBegun } from './finish-begun.js';
import type { JobSettings } from './job-settings.js';
import { type Leader, takeLead } from './leader.js';
import { type LeaderNotes, readLeaderNotes, writeLeaderNotes } from './leader-notes.js';
import { deletePagesBelow, findLogStart, hasPagesBelow } from './retain-partition.js';

export type PartitionReport = {
  readonly kind: 'idle' | 'done' | 'ledByAnother';
  readonly segments: number;
  readonly bytesCompacted: number;
  /** Records below the log start since this run. */
  readonly recordsExpired: number;
  readonly pagesDeleted: number;
};

const nothing = { segments: 0, bytesCompacted: 0, recordsExpired: 0, pagesDeleted: 0 };

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
  const { stores, world, settings } = deps;
  const nowMs = world.clock.nowMs();
  if (notes.deleted) {
    if (nowMs - notes.deleted.atMs >= settings.graceMs) return true;
  } else if (await hasPagesBelow(stores.index, ref, head.logStartOffset)) return true;
  if ((await expiredBelow(deps, ref, head, configs)) !== undefined) return true;
  return isCompactable(stores, ref, head, goalOf(deps, configs));
}

async function expiredBelow(
  { stores, world }: MaintainDeps,
  ref: PartitionRef,
  head: PartitionHead,
  { cleanupPolicy, retentionMs, retentionBytes }: TopicConfigs,
): Promise<number | undefined> {
  if (!cleanupPolicy.delete) return undefined;
  const retention = { retentionMs, retentionBytes };
  return findLogStart(stores.index, ref, head, retention, world.clock.nowMs());
}

async function lead(
  deps: MaintainDeps,
  ref: PartitionRef,
  leader: Leader,
  configs: TopicConfigs,
  goesOn: (bytesSoFar: number) => boolean,
): Promise<PartitionReport> {
  const { stores, settings } = deps;
  const { index } = stores;
  const { leadership, head } = leader;
  // Read again: the leader before us may have written them since.
  let notes = readLeaderNotes(await index.readNotes(ref));
  const note = async (changed: LeaderNotes) => {
    notes = changed;
    await index.writeNotes(ref, leadership.leaderEpoch, writeLeaderNotes(changed));
  };
  if (notes.writing !== undefined) {
    await finishBegun(stores, ref, notes.writing);
    await note(withoutWriting(notes));
  }
  const expired = await expire(deps, ref, leader, configs);
  const pagesDeleted = await deleteExpired(deps, ref, expired.logStartOffset, notes, note);
  const compacted = goesOn(0)
    ? await compactPartition({ ...deps, memoryBytesMax: settings.memoryBytesMax }, ref, leader, {
        ...goalOf(deps, configs),
        goesOn,
        begins: (key) => note({ ...notes, writing: key }),
      })
    : nothingCompacted;
  if (compacted.segments > 0) await note(withoutWriting(notes));
  return {
    kind: 'done',
    segments: compacted.segments,
    bytesCompacted: compacted.bytes,
    recordsExpired: expired.logStartOffset - head.logStartOffset,
    pagesDeleted,
  };
}

function withoutWriting({ deleted }: LeaderNotes): LeaderNotes {
  return deleted ? { deleted } : {};
}

async function expire(
  deps: MaintainDeps,
  ref: PartitionRef,
  { leadership, head }: Leader,
  configs: TopicConfigs,
): Promise<{ readonly logStartOffset: number }> {
  const start = await expiredBelow(deps, ref, head, configs);
  if (start === undefined) return head;
  const raised = await deps.stores.index.raiseLogStart(ref, start, leadership);
  return raised.kind === 'changed' ? raised.head : head;
}

/** In two steps, a grace period apart: who reads what lies there now may finish. */
async function deleteExpired(
  { stores, world, settings }: MaintainDeps,
  ref: PartitionRef,
  logStartOffset: number,
  notes: LeaderNotes,
  note: (notes: LeaderNotes) => Promise<void>,
): Promise<number> {
  const nowMs = world.clock.nowMs();
  const due = notes.deleted && nowMs - notes.deleted.atMs >= settings.graceMs;
  const pagesDeleted =
    notes.deleted && due ? await deletePagesBelow(stores, ref, notes.deleted.below) : 0;
  if (notes.deleted && !due) return 0;
  const more = await hasPagesBelow(stores.index, ref, logStartOffset);
  if (more) await note({ ...notes, deleted: { below: logStartOffset, atMs: nowMs } });
  else if (notes.deleted) await note({ ...(notes.writing && { writing: notes.writing }) });
  return pagesDeleted;
}
