/**
 * The lease of a partition: who does its maintenance. Time decides only when somebody else may take it.
 * What keeps a deposed leader from doing harm is its epoch: every change it asks for names the epoch it
 * leads by, and a head that has another refuses. So a clock that is wrong costs a change of leader at most.
 */

import type { PartitionHead } from './partition-head.js';

export type LeaseRequest = {
  /** Fresh for every run: two that use one name would be one leader. */
  readonly candidate: string;
  readonly nowMs: number;
  readonly leaseMs: number;
};

/** Whoever names these two leads, or has been deposed. */
export type Leadership = { readonly leader: string; readonly leaderEpoch: number };

/** The head under its leader; undefined while somebody else holds it. */
export function decideLease(head: PartitionHead, request: LeaseRequest): PartitionHead | undefined {
  const { leader, leaderEpoch, leaseExpiresMs } = head.lease;
  const { candidate, nowMs, leaseMs } = request;
  if (leader === null || leaseExpiresMs <= nowMs) {
    const expires = nowMs + leaseMs;
    const lease = { leader: candidate, leaderEpoch: leaderEpoch + 1, leaseExpiresMs: expires };
    return { ...head, lease };
  }
  // Its own earlier request, whose reply was lost.
  return leader === candidate ? head : undefined;
}

/** Also after it expired, as long as nobody took it: then nobody has done anything in between. */
export function leads(head: PartitionHead, { leader, leaderEpoch }: Leadership): boolean {
  return head.lease.leader === leader && head.lease.leaderEpoch === leaderEpoch;
}

/** Undefined for who does not lead (any more). */
export function decideRenewal(
  head: PartitionHead,
  leadership: Leadership,
  leaseExpiresMs: number,
): PartitionHead | undefined {
  if (!leads(head, leadership)) return undefined;
  return { ...head, lease: { ...head.lease, leaseExpiresMs } };
}

/** The epoch stays, so that the next one is another. Undefined for who does not lead (any more). */
export function decideRelease(
  head: PartitionHead,
  leadership: Leadership,
): PartitionHead | undefined {
  if (!leads(head, leadership)) return undefined;
  return { ...head, lease: { ...head.lease, leader: null, leaseExpiresMs: 0 } };
}
