/**
 * Port: consumer groups, each one value that is compared and swapped, and the offsets they commit, one
 * entry for each partition. Durable when a call returns; reads are strongly consistent. Offsets belong to
 * a group's uid: those of a deleted group are out of reach at once. A store may carry a change out twice
 * when a reply was lost; all of these bear repeating.
 */

import type { CommitTerms, Committed } from '../coordinator/committed-offset.js';
import type { Group } from '../coordinator/group.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { StoreError } from './store-error.js';

export type GroupList = { readonly groupIds: readonly string[]; readonly after?: string };

/** What a swap or a deletion expects to find. */
export type GroupVersion = Pick<Group, 'uid' | 'epoch'>;

export type OffsetCommit = { readonly ref: PartitionRef; readonly committed: Committed };

/** Partitions stand and fall by themselves; `failed`: the outside did, with the error's effect. */
export type OffsetOutcome =
  | { readonly kind: 'committed' }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'behind'; readonly offset: number }
  | { readonly kind: 'failed'; readonly error: StoreError };

export type CommittedOffset = { readonly ref: PartitionRef } & Committed;

export type GroupStore = {
  read(groupId: string): Promise<Group | undefined>;
  /** Writes `next` if the group is still as expected (undefined: if there is none). */
  compareAndSwap(
    groupId: string,
    expected: GroupVersion | undefined,
    next: Group,
  ): Promise<'swapped' | 'conflict'>;
  /** In one step, with all offsets, which are cleared away afterwards. What is gone is deleted. */
  delete(groupId: string, expected: GroupVersion): Promise<'deleted' | 'conflict'>;
  /** In order of ids; `after` of one page begins the next. May name a group that was just deleted. */
  list(countMax: number, after?: string): Promise<GroupList>;

  /**
   * Carries out `decideRaiseFence` for each partition. `overtaken`: one of them has a fence beyond that
   * epoch, so the group has moved on; some of the others may be raised.
   */
  raiseFences(
    uid: string,
    refs: readonly PartitionRef[],
    epoch: number,
  ): Promise<'raised' | 'overtaken'>;
  /** Carries out `decideCommitOffset` for each partition, each once in a call; one outcome for each. */
  commitOffsets(
    uid: string,
    terms: CommitTerms,
    commits: readonly OffsetCommit[],
  ): Promise<readonly OffsetOutcome[]>;
  /** Of all topics, or of one; in order of topic ids and partitions. */
  fetchOffsets(uid: string, topicId?: string): Promise<readonly CommittedOffset[]>;
  /** Removes entries whose fence is not beyond that epoch; what is not there is deleted. */
  deleteOffsets(
    uid: string,
    refs: readonly PartitionRef[],
    epoch: number,
  ): Promise<readonly ('deleted' | 'fenced')[]>;
};
