/**
 * What nobody needs any more is deleted in two steps, a grace period apart: first the leader notes it, and
 * who reads it at that moment may finish.
 */

import type { PartitionRef } from '../log/partition-head.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { isGraceOver } from './grace.js';
import type { JobSettings } from './job-settings.js';
import { type LeaderNotes, type NoteBook, takeRetired } from './leader-notes.js';
import { deletePagesBelow, hasPagesBelow } from './retain-partition.js';

export type DeletionDeps = {
  readonly stores: Stores;
  readonly world: World;
  readonly settings: Pick<JobSettings, 'graceMs'>;
};

/** Whether there is anything to note or to delete now. */
export async function isDeletionDue(
  { stores, world, settings }: DeletionDeps,
  ref: PartitionRef,
  logStartOffset: number,
  notes: LeaderNotes,
): Promise<boolean> {
  const nowMs = world.clock.nowMs();
  if (notes.deleted) {
    if (isGraceOver(notes.deleted.atMs, nowMs, settings.graceMs)) return true;
  } else if (await hasPagesBelow(stores.index, ref, logStartOffset)) return true;
  return takeRetired(notes, nowMs, settings.graceMs).keys.length > 0;
}

/** What lies below the log start. Says how many pages were deleted. */
export async function deleteExpired(
  { stores, world, settings }: DeletionDeps,
  ref: PartitionRef,
  logStartOffset: number,
  notes: NoteBook,
): Promise<number> {
  const nowMs = world.clock.nowMs();
  const { deleted, ...others } = notes.read();
  const due = deleted && isGraceOver(deleted.atMs, nowMs, settings.graceMs);
  const pagesDeleted = deleted && due ? await deletePagesBelow(stores, ref, deleted.below) : 0;
  if (deleted && !due) return 0;
  const more = await hasPagesBelow(stores.index, ref, logStartOffset);
  if (more) await notes.write({ ...others, deleted: { below: logStartOffset, atMs: nowMs } });
  else if (deleted) await notes.write(others);
  return pagesDeleted;
}

/** Segments that were replaced, when nobody reads them any more. */
export async function deleteRetired(
  { stores, world, settings }: DeletionDeps,
  notes: NoteBook,
): Promise<void> {
  const { keys, rest } = takeRetired(notes.read(), world.clock.nowMs(), settings.graceMs);
  if (keys.length === 0) return;
  await stores.objects.delete(keys);
  await notes.write(rest);
}
