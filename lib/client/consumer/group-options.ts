/**
 * What a member of a group says of itself, with Kafka's defaults.
 */

import type { HeartbeatBody } from '../../contract/groups.js';
import { groupDefaults } from '../../coordinator/group-limits.js';

export type GroupOptions = {
  readonly id: string;
  /** Stays the same over restarts, which then move no partitions (group.instance.id). */
  readonly instanceId?: string;
  /** For people: shown by `logbrook groups describe`. */
  readonly clientId?: string;
  readonly assignor?: 'range' | 'uniform';
  /** Who is silent for so long is taken for dead. Default: 45,000 ms. */
  readonly sessionTimeoutMs?: number;
  /** Who takes no record for so long leaves the group. Default: 300,000 ms. */
  readonly maxPollIntervalMs?: number;
};

export type Subscription = {
  readonly topics?: readonly string[] | undefined;
  /** A regular expression over whole topic names. */
  readonly pattern?: string | undefined;
};

export type MemberTerms = {
  readonly sessionTimeoutMs: number;
  readonly maxPollIntervalMs: number;
  /** What is said once, on joining. */
  readonly introduction: Omit<HeartbeatBody, 'memberId' | 'memberEpoch' | 'owned'>;
};

export function memberTerms(options: GroupOptions, { topics, pattern }: Subscription): MemberTerms {
  const { instanceId, clientId, assignor } = options;
  const sessionTimeoutMs = options.sessionTimeoutMs ?? groupDefaults.sessionTimeoutMs;
  const maxPollIntervalMs = options.maxPollIntervalMs ?? groupDefaults.rebalanceTimeoutMs;
  return {
    sessionTimeoutMs,
    maxPollIntervalMs,
    introduction: {
      subscribedTopics: [...(topics ?? [])],
      ...(pattern !== undefined && { subscribedPattern: pattern }),
      ...(instanceId !== undefined && { instanceId }),
      ...(clientId !== undefined && { clientId }),
      ...(assignor !== undefined && { assignor }),
      sessionTimeoutMs,
      maxPollIntervalMs,
    },
  };
}

/** Another one for each life of a member. Not `randomUUID`: browsers have it on secure pages only. */
export function freshMemberId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
