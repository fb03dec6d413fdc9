/**
 * Which partitions had nothing to do when they were last looked at. As long as their heads stay as they
 * were, only time can bring work; so for a while a run looks at nothing but the head. What is forgotten, at
 * a cold start or here, costs a close look and nothing else.
 */

import { type PartitionHead, type PartitionRef, partitionName } from '../log/partition-head.js';
import { isDuring, type TimeSpan } from '../log/time-span.js';
import type { TopicConfigs } from '../log/topic-configs.js';
import type { Clock } from '../store/world.js';

export type IdleMemory = {
  /** False for a partition that was not idle, whose head or settings changed, or whose time has come. */
  isIdle(ref: PartitionRef, head: PartitionHead, configs: TopicConfigs): boolean;
  noteIdle(ref: PartitionRef, head: PartitionHead, configs: TopicConfigs): void;
  forget(ref: PartitionRef): void;
};

/** As hours of WAL objects go: nothing falls due much earlier by age. */
const closeLookMs = 3_600_000;
/** Retention is late by a tenth of its time at most. */
const looksWithinRetention = 10;
const partitionsMax = 50_000;

type Idle = { readonly state: string; readonly rest: TimeSpan };

export function createIdleMemory({ nowMs }: Pick<Clock, 'nowMs'>): IdleMemory {
  const idle = new Map<string, Idle>();
  return {
    isIdle(ref, head, configs) {
      const known = idle.get(partitionName(ref));
      if (!known || !isDuring(known.rest, nowMs())) return false;
      return known.state === stateOf(head, configs);
    },
    noteIdle(ref, head, configs) {
      if (idle.size >= partitionsMax) idle.clear();
      const { cleanupPolicy, retentionMs } = configs;
      const limited = cleanupPolicy.delete && retentionMs >= 0;
      const forMs = limited
        ? Math.min(closeLookMs, retentionMs / looksWithinRetention)
        : closeLookMs;
      const rest = { sinceMs: nowMs(), forMs };
      idle.set(partitionName(ref), { state: stateOf(head, configs), rest });
    },
    forget: (ref) => void idle.delete(partitionName(ref)),
  };
}

/** Every change that another process can make shows in one of these: a leader raises the epoch. */
function stateOf(head: PartitionHead, configs: TopicConfigs): string {
  const { logStartOffset, nextOffset, tailBaseOffset, compactedTo, rolls, lease } = head;
  const marks = [logStartOffset, nextOffset, tailBaseOffset, compactedTo, rolls];
  return JSON.stringify([...marks, lease.leaderEpoch, lease.leader, configs]);
}
