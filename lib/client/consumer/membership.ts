/**
 * How a consumer comes by its partitions: from a group, or because it was told. The consumer itself does
 * not know the difference.
 */

import type { TopicPartition } from './fetcher.js';
import type { Position } from './owned-partitions.js';

export type MembershipEvents = {
  assigned(positions: readonly Position[]): void;
  /** Asked to give them up: returns when what was under way is finished, or was let go. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** Gone without asking: somebody else may have them already. */
  lost(partitions: readonly TopicPartition[]): void;
  /** Nothing can go on: the consumer ends with this error. */
  failed(error: unknown): void;
  /** Since when records are in the hands of whoever takes them; undefined: more were asked for. */
  busySinceMs(): number | undefined;
};

export type Membership = {
  /** Topics may be deleted under way: then their partitions go, and it is no failure. */
  readonly topicsMayGo: boolean;
  /** `signal` ends the waiting for it. */
  join(events: MembershipEvents, signal: AbortSignal): Promise<void>;
  /** Rejects when the commit was refused. */
  commit(positions: readonly Position[]): Promise<void>;
  /** Whether the consumer has all that it is to have, as far as anybody has said. */
  settled(): boolean;
  /** After the last commit. */
  leave(): Promise<void>;
};

/** Partitions that the consumer was told; nobody else is asked, and nothing is committed anywhere. */
export function fixedMembership(positionsOf: () => Promise<readonly Position[]>): Membership {
  let settled = false;
  return {
    topicsMayGo: false,
    async join(events) {
      events.assigned(await positionsOf());
      settled = true;
    },
    commit: async () => {},
    settled: () => settled,
    leave: async () => {},
  };
}
