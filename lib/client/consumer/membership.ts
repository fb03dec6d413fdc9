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
};

export type Membership = {
  join(events: MembershipEvents): Promise<void>;
  /** Rejects when the commit was refused. */
  commit(positions: readonly Position[]): Promise<void>;
  /** After the last commit. */
  leave(): Promise<void>;
};

/** Partitions that the consumer was told; nobody else is asked, and nothing is committed anywhere. */
export function fixedMembership(positionsOf: () => Promise<readonly Position[]>): Membership {
  return {
    async join(events) {
      events.assigned(await positionsOf());
    },
    commit: async () => {},
    leave: async () => {},
  };
}
