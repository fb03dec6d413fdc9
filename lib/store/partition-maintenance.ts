/**
 * Port: the part of the partition index that its leader works with: the lease, pages replaced by wider
 * ones, what is deleted for good. A change that names a leadership is refused by a head that has another.
 * Failures throw `StoreError`.
 */

import type { Leadership, LeaseRequest } from '../log/lease.js';
import type { PageReplacement } from '../log/page-replacement.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { HeadChange } from './partition-index.js';

export type ReplaceOutcome = 'replaced' | 'refused' | 'noPartition';

export type PartitionMaintenance = {
  /** Carries out `decideLease`. `changed` to who leads from now on, `refused` while another does. */
  takeLease(ref: PartitionRef, request: LeaseRequest): Promise<HeadChange>;
  /** Carries out `decideRenewal`. */
  renewLease(
    ref: PartitionRef,
    leadership: Leadership,
    leaseExpiresMs: number,
  ): Promise<HeadChange>;
  /** Carries out `decideRelease`. */
  releaseLease(ref: PartitionRef, leadership: Leadership): Promise<HeadChange>;

  /**
   * Carries out `decideReplacement`, writes the page at its end, over one that is there, and deletes what
   * it replaces: all of it or nothing.
   */
  replacePages(
    ref: PartitionRef,
    leadership: Leadership,
    replacement: PageReplacement,
  ): Promise<ReplaceOutcome>;
  /** Deletes the pages with these ends: leftovers, or below the log start. Those not there are fine. */
  deletePages(ref: PartitionRef, ends: readonly number[]): Promise<void>;

  /** Notes for the next leader, as the last one left them. Nothing that readers see depends on them. */
  readNotes(ref: PartitionRef): Promise<string | undefined>;
  /** Says whether it was written: not over notes that a leader of a greater epoch has made. */
  writeNotes(ref: PartitionRef, leaderEpoch: number, notes: string): Promise<boolean>;

  /** Deletes pages, parked producers and notes of a partition whose head is deleted. */
  sweepPartition(ref: PartitionRef): Promise<void>;
};
