/**
 * What a member of a group holds, by what the group last said: what comes, what is to be given up in
 * order, and what is gone. A partition counts as held until it is really let go, so that nobody else gets
 * it before.
 *
 *   coming --> here --> leaving --> (let go)
 *      \__________________________/
 */

import type { HeartbeatAnswer, HeartbeatBody } from '../../contract/groups.js';
import { partitionName } from '../../log/partition-head.js';
import type { TopicPartition } from './fetcher.js';

export type HeldPartition = TopicPartition & {
  readonly topicId: string;
  /** `coming`: where to begin is not known yet. `leaving`: handlers are finishing. */
  state: 'coming' | 'here' | 'leaving';
};

export type Heard = {
  readonly come: readonly HeldPartition[];
  readonly leave: readonly HeldPartition[];
  /** Not ours any more, whatever we are doing with it. */
  readonly gone: readonly HeldPartition[];
  /** Something was let go that nobody works on: the group should hear of it at once. */
  readonly letGo: boolean;
};

export type HeldPartitions = {
  hear(answer: Pick<HeartbeatAnswer, 'assignment' | 'revoke'>): Heard;
  /** For the next heartbeat. */
  owned(): NonNullable<HeartbeatBody['owned']>;
  find(at: TopicPartition): HeldPartition | undefined;
  /** Whether it is this very one, and not one that came after it. */
  has(held: HeldPartition): boolean;
  drop(held: readonly HeldPartition[]): void;
  all(): readonly HeldPartition[];
};

export function createHeldPartitions(): HeldPartitions {
  const held = new Map<string, HeldPartition>();

  function drop(some: readonly HeldPartition[]): void {
    for (const one of some)
      if (held.get(partitionName(one)) === one) held.delete(partitionName(one));
  }

  return {
    hear({ assignment, revoke }) {
      const assigned = flat(assignment);
      const mine = new Set(assigned.map(partitionName));
      const revoked = new Set(flat(revoke).map(partitionName));
      const others = [...held.values()].filter((one) => !mine.has(partitionName(one)));
      const gone = others.filter((one) => !revoked.has(partitionName(one)));
      const asked = others.filter((one) => revoked.has(partitionName(one)));
      const leave = asked.filter(({ state }) => state === 'here');
      for (const one of leave) one.state = 'leaving';
      const untouched = asked.filter(({ state }) => state === 'coming');
      drop([...gone, ...untouched]);
      // What comes back while it is leaving comes with a later answer, from where it was committed.
      const come = assigned.filter((one) => !held.has(partitionName(one)));
      for (const one of come) held.set(partitionName(one), one);
      return { come, leave, gone, letGo: untouched.length > 0 };
    },
    owned() {
      const byTopic = new Map<string, number[]>();
      for (const { topicId, partition } of held.values()) {
        const partitions = byTopic.get(topicId) ?? [];
        partitions.push(partition);
        byTopic.set(topicId, partitions);
      }
      return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }));
    },
    find: ({ topic, partition }) =>
      [...held.values()].find((one) => one.topic === topic && one.partition === partition),
    has: (one) => held.get(partitionName(one)) === one,
    drop,
    all: () => [...held.values()],
  };
}

function flat(topics: HeartbeatAnswer['assignment']): HeldPartition[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ topic, topicId, partition, state: 'coming' as const })),
  );
}
