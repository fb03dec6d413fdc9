/**
 * Carries out decisions about groups: read, decide, raise the fences of what is granted, compare and swap,
 * and again when somebody was faster. Within one process those of one group wait for each other.
 */

import type { Group, TopicPartitions } from '../coordinator/group.js';
import { encodeGroup } from '../coordinator/group-format.js';
import { groupBytesMax } from '../coordinator/group-limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { GroupStore } from '../store/group-store.js';
import type { World } from '../store/world.js';
import { BrokerError } from './broker-error.js';

export type Step<T> =
  | { readonly kind: 'done'; readonly answer: T }
  | {
      readonly kind: 'swap';
      /** Of the epoch after the one that was decided on. */
      readonly next: Group;
      readonly grants?: readonly TopicPartitions[];
      /** Decide once more on what was written. */
      readonly again?: boolean;
      readonly answer: T;
    };

export type GroupSwaps = {
  /** `decide` is asked for each attempt, and must bear it. */
  change<T>(groupId: string, decide: (group: Group | undefined) => Promise<Step<T>>): Promise<T>;
};

const attemptsMax = 40;
const pauseMsFirst = 5;
const pauseMsMax = 400;

export function createGroupSwaps(groups: GroupStore, world: World): GroupSwaps {
  const inLine = createLine();

  async function attempt(groupId: string, expected: Group | undefined, step: Swap) {
    const { next, grants = [] } = step;
    if (encodeGroup(next).length > groupBytesMax) throw groupTooLarge();
    const refs = refsOf(grants);
    if (refs.length > 0) {
      const raised = await groups.raiseFences(next.uid, refs, next.epoch);
      if (raised === 'overtaken') return 'conflict';
    }
    return groups.compareAndSwap(groupId, expected, next);
  }

  return {
    change: (groupId, decide) =>
      inLine(groupId, async () => {
        let group = await groups.read(groupId);
        for (let attempts = 0; attempts < attemptsMax; attempts++) {
          const step = await decide(group);
          if (step.kind === 'done') return step.answer;
          if ((await attempt(groupId, group, step)) === 'swapped') {
            if (!step.again) return step.answer;
            group = step.next;
            continue;
          }
          const pauseMs = Math.min(pauseMsMax, pauseMsFirst * 2 ** attempts);
          await world.clock.sleep(world.random() * pauseMs);
          group = await groups.read(groupId);
        }
        throw new BrokerError(
          'COORDINATOR_NOT_AVAILABLE',
          `The group is changed by too many at once; gave up after ${attemptsMax} attempts.`,
          { sideEffects: 'unknown' },
        );
      }),
  };
}

type Swap = Pick<Extract<Step<unknown>, { kind: 'swap' }>, 'next' | 'grants'>;

export function refsOf(topics: readonly TopicPartitions[]): PartitionRef[] {
  return topics.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ topicId, partition })),
  );
}

function groupTooLarge(): BrokerError {
  return new BrokerError(
    'GROUP_MAX_SIZE_REACHED',
    `With this member the group would be over the limit of ${groupBytesMax} bytes.`,
    { details: { limitBytes: groupBytesMax } },
  );
}

/** One at a time for each name; names that nobody waits for are forgotten. */
function createLine(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const ends = new Map<string, Promise<unknown>>();
  return <T>(name: string, work: () => Promise<T>) => {
    const before = ends.get(name) ?? Promise.resolve();
    const result = before.then(work, work);
    const end = result.then(
      () => undefined,
      () => undefined,
    );
    ends.set(name, end);
    void end.then(() => {
      if (ends.get(name) === end) ends.delete(name);
    });
    return result;
  };
}
