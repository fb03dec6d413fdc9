/**
 * Port: the index of all partitions: their heads, index pages and parked producers. A change to one
 * partition is atomic, and durable when the call returns; reads are strongly consistent: they see every
 * call that returned before they began. A store may carry a change out twice when a reply was lost:
 * a commit is recognised by its stamps, so it has at least one; the other changes bear repeating.
 * Failures throw `StoreError`; expected races are outcomes.
 */

import type { CommitRequest } from '../log/commit.js';
import type { IndexPage } from '../log/index-page.js';
import type { Leadership } from '../log/lease.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { ParkedProducer } from '../log/producer-state.js';
import type { TailAdvance } from '../log/tail-roll.js';
import type { PartitionMaintenance } from './partition-maintenance.js';

/** Outcomes of changes to a head carry the head as it is afterwards, or as it was when it refused. */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly baseOffset: number; readonly head: PartitionHead }
  | { readonly kind: 'refused'; readonly head: PartitionHead }
  | { readonly kind: 'noPartition' };

export type HeadChange =
  | { readonly kind: 'changed'; readonly head: PartitionHead }
  | { readonly kind: 'refused'; readonly head: PartitionHead }
  | { readonly kind: 'noPartition' };

export type PartitionIndex = PartitionMaintenance & {
  /**
   * Makes the heads of partitions `from..to-1` of a topic, with this WAL floor. Of those that exist only
   * the floor rises, where it is lower.
   */
  createPartitions(topicId: string, from: number, to: number, walFloor?: number): Promise<void>;
  /** After it no commit to these partitions is taken. */
  deletePartitions(topicId: string, partitionCount: number): Promise<void>;

  /** Carries out `decideCommit`, in one conditional update. */
  commit(ref: PartitionRef, request: CommitRequest): Promise<CommitOutcome>;

  readHead(ref: PartitionRef): Promise<PartitionHead | undefined>;

  /** Writes the page unless there is one with that end. Pages with the same end are the same page. */
  writePage(ref: PartitionRef, page: IndexPage): Promise<void>;
  /** Carries out `decideAdvance`. */
  advanceTail(ref: PartitionRef, advance: TailAdvance): Promise<HeadChange>;
  /** Pages that end after `offset`, in offset order, at most `pagesMax`, at least one if there is one. */
  findPages(ref: PartitionRef, offset: number, pagesMax: number): Promise<readonly IndexPage[]>;

  /**
   * Keeps a producer's state for when it leaves the head. Never overwrites a newer state: states are
   * ordered by `lastBaseOffset`.
   */
  parkProducer(ref: PartitionRef, producer: string, state: ParkedProducer): Promise<void>;
  /** To be asked after the head was read whose eviction counter an admission will carry. */
  findParkedProducer(ref: PartitionRef, producer: string): Promise<ParkedProducer | undefined>;

  /** Sets the fencing token; with `expected`, only if the present one is that (null: none). */
  setFencingToken(
    ref: PartitionRef,
    token: string | null,
    expected: string | null | undefined,
  ): Promise<HeadChange>;
  /** After it no commit to this partition is taken, ever. Closing it again changes nothing. */
  closePartition(ref: PartitionRef): Promise<HeadChange>;
  /** Carries out `decideWalFloor`: from now on no commit may point below this WAL bucket. */
  raiseWalFloor(ref: PartitionRef, walFloor: number): Promise<HeadChange>;
  /**
   * Carries out `decideLogStart`: the log start is at least `offset` afterwards. `changed` also when it
   * was that high before; `refused` when the log ends below `offset`, or to who does not lead.
   */
  raiseLogStart(ref: PartitionRef, offset: number, leadership?: Leadership): Promise<HeadChange>;
};
