/**
 * A run's leadership of one partition: taken before the first change, renewed in time, given back at the
 * end. Whoever loses it stops; what it asks for afterwards is refused by the head.
 */

import type { Leadership } from '../log/lease.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { PartitionIndex } from '../store/partition-index.js';
import type { Clock } from '../store/world.js';

export type Leader = {
  readonly leadership: Leadership;
  /** The head when the lease was taken. */
  readonly head: PartitionHead;
  /** False: deposed. Asks the store only when half of the lease is over. */
  stillLeads(): Promise<boolean>;
  release(): Promise<void>;
};

/** Undefined while somebody else leads, or when the partition is gone. */
export async function takeLead(
  index: PartitionIndex,
  ref: PartitionRef,
  candidate: string,
  clock: Clock,
  leaseMs: number,
): Promise<Leader | undefined> {
  const taken = await index.takeLease(ref, { candidate, nowMs: clock.nowMs(), leaseMs });
  if (taken.kind !== 'changed') return undefined;
  const { head } = taken;
  const leadership = { leader: candidate, leaderEpoch: head.lease.leaderEpoch };
  let renewAtMs = clock.nowMs() + leaseMs / 2;
  return {
    leadership,
    head,
    async stillLeads() {
      if (clock.nowMs() < renewAtMs) return true;
      const renewed = await index.renewLease(ref, leadership, clock.nowMs() + leaseMs);
      renewAtMs = clock.nowMs() + leaseMs / 2;
      return renewed.kind === 'changed';
    },
    async release() {
      await index.releaseLease(ref, leadership);
    },
  };
}
