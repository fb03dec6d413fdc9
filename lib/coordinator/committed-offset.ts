/**
 * The committed offset of one partition in one group, and the fence beside it. Every write of it is one of
 * these decisions, carried out atomically (docs/decisions/0007).
 */

export type OffsetEntry = {
  /**
   * The epoch of the group at which somebody last got the partition, or at which somebody from outside
   * wrote the offset: a commit by who looked at the group before that is refused.
   */
  readonly fence: number;
  /** Null when the partition was handed to a member and nothing was committed yet. */
  readonly committed: Committed | null;
};

export type Committed = {
  /** The topic's name, for people; the truth is its id. */
  readonly topic: string;
  readonly offset: number;
  readonly metadata: string;
  readonly committedAtMs: number;
};

export type CommitTerms = {
  /** `owner`: a member commits. `outsider`: somebody of a group without members. `reset`: may move back. */
  readonly by: 'owner' | 'outsider' | 'reset';
  /** The epoch of the group that was looked at. */
  readonly epoch: number;
};

export type OffsetDecision =
  | { readonly kind: 'committed'; readonly entry: OffsetEntry }
  /** The partition has been handed on, or written from outside, since the group was looked at. */
  | { readonly kind: 'fenced' }
  /** A greater offset is committed already. */
  | { readonly kind: 'behind'; readonly offset: number };

export function decideCommitOffset(
  entry: OffsetEntry | undefined,
  terms: CommitTerms,
  committed: Committed,
): OffsetDecision {
  // An owner's partition has a fence, since it was raised before it got the partition.
  if (entry ? entry.fence > terms.epoch : terms.by === 'owner') return { kind: 'fenced' };
  const offset = entry?.committed?.offset ?? 0;
  if (terms.by !== 'reset' && offset > committed.offset) return { kind: 'behind', offset };
  const fence = terms.by === 'owner' ? (entry?.fence ?? 0) : terms.epoch;
  return { kind: 'committed', entry: { fence, committed } };
}

/** Undefined when the fence is beyond that epoch already. */
export function decideRaiseFence(
  entry: OffsetEntry | undefined,
  epoch: number,
): OffsetEntry | undefined {
  if (entry && entry.fence > epoch) return undefined;
  return { fence: epoch, committed: entry?.committed ?? null };
}
