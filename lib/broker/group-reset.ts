/**
 * Moves a group's committed offsets, forth or back: the one way in which they go back. First says what it
 * would do; does it when it is told to, and only to a group without members, unless they may be sent away.
 */

import { expelAll } from '../coordinator/leave.js';
import { isSamePartition, type PartitionHead, type PartitionRef } from '../log/partition-head.js';
import type { CommittedOffset } from '../store/group-store.js';
import type { Stores } from '../store/stores.js';
import type { Topic } from '../store/topic-store.js';
import type { World } from '../store/world.js';
import { BrokerError } from './broker-error.js';
import { checkGroupId, hasMembers } from './find-group.js';
import type { GroupOffsets } from './group-offsets.js';
import type { GroupSwaps } from './group-swaps.js';
import type { TimedOffset } from './list-offsets.js';

export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The first record that is at least as new; the end when there is none. */
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  /** So long ago. */
  | { readonly kind: 'duration'; readonly durationMs: number }
  /** From what is committed; forth when positive. */
  | { readonly kind: 'shift'; readonly by: number };

export type ResetRequest = {
  /** Whole topics, or some partitions of them; undefined: whatever the group has committed. */
  readonly topics?:
    | readonly { readonly topic: string; readonly partitions?: readonly number[] | undefined }[]
    | undefined;
  readonly to: ResetTarget;
  readonly execute: boolean;
  /** Sends members away first. They come back, and go on from the new offsets. */
  readonly force: boolean;
};

export type ResetResult = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number | null;
  readonly to: number;
  /** Why it was not written, when it was to be. */
  readonly error?: BrokerError;
};

export type OffsetByTime = (
  ref: PartitionRef,
  head: PartitionHead,
  timestampMs: number,
) => Promise<TimedOffset | undefined>;

type Plan = { readonly ref: PartitionRef; readonly topic: string };

export type GroupReset = (
  groupId: string,
  request: ResetRequest,
) => Promise<readonly ResetResult[]>;

export function createGroupReset(
  stores: Stores,
  world: World,
  swaps: GroupSwaps,
  offsets: GroupOffsets,
  offsetByTime: OffsetByTime,
): GroupReset {
  async function findTopic(name: string): Promise<Topic> {
    const topic = await stores.topics.find(name);
    if (topic) return topic;
    throw noTopic(name);
  }

  async function plan(
    { topics }: ResetRequest,
    committed: readonly CommittedOffset[],
  ): Promise<readonly Plan[]> {
    if (!topics) return committed.map(({ ref, topic }) => ({ ref, topic }));
    const plans = topics.map(async ({ topic: name, partitions }) => {
      const { topicId, partitionCount } = await findTopic(name);
      const all = Array.from({ length: partitionCount }, (_, partition) => partition);
      const beyond = partitions?.find((partition) => partition >= partitionCount);
      if (beyond !== undefined) {
        throw new BrokerError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `Topic ${name} has partitions 0 to ${partitionCount - 1}, not ${beyond}.`,
          { details: { topic: name, partition: beyond, partitionCount } },
        );
      }
      const asked = partitions ? [...new Set(partitions)] : all;
      return asked.map((partition) => ({ ref: { topicId, partition }, topic: name }));
    });
    return (await Promise.all(plans)).flat();
  }

  async function place(one: Plan, to: ResetTarget, from: number | null): Promise<ResetResult> {
    const { topic, ref } = one;
    const head = await stores.index.readHead(ref);
    if (!head) throw noTopic(topic);
    const { logStartOffset: earliest, nextOffset: latest } = head;
    const wanted = async (): Promise<number> => {
      switch (to.kind) {
        case 'earliest':
          return earliest;
        case 'latest':
          return latest;
        case 'offset':
          return to.offset;
        case 'shift':
          return (from ?? earliest) + to.by;
        case 'timestamp':
        case 'duration': {
          const timestampMs =
            to.kind === 'timestamp' ? to.timestampMs : world.clock.nowMs() - to.durationMs;
          return (await offsetByTime(ref, head, timestampMs))?.offset ?? latest;
        }
      }
    };
    const offset = Math.min(latest, Math.max(earliest, await wanted()));
    return { topic, partition: ref.partition, from, to: offset };
  }

  /** A group without members; those that there are are sent away when they may be. */
  async function emptied(groupId: string, force: boolean): Promise<void> {
    await swaps.change<void>(groupId, async (group) => {
      if (!group || group.members.length === 0) return { kind: 'done', answer: undefined };
      if (!force) throw hasMembers(group);
      return { kind: 'swap', next: expelAll(group, world.clock.nowMs()), answer: undefined };
    });
  }

  return async (groupId, request) => {
    checkGroupId(groupId);
    const group = await stores.groups.read(groupId);
    if (!group && !request.topics) {
      const message = `There is no group ${JSON.stringify(groupId)}; name topics to make one.`;
      throw new BrokerError('GROUP_ID_NOT_FOUND', message, { details: { group: groupId } });
    }
    if (group && group.members.length > 0 && request.execute && !request.force) {
      throw hasMembers(group);
    }
    const committed = group ? await offsets.fetch(groupId) : [];
    const plans = await plan(request, committed);
    const fromOf = ({ ref }: Plan) =>
      committed.find((one) => isSamePartition(one.ref, ref))?.offset ?? null;
    const results = await Promise.all(plans.map((one) => place(one, request.to, fromOf(one))));
    if (!request.execute) return results;
    await emptied(groupId, request.force);
    const committedAtMs = world.clock.nowMs();
    const written = await offsets.overwrite(
      groupId,
      plans.map(({ ref, topic }, i) => {
        return { ref, topic, offset: results[i]?.to ?? 0, metadata: '', committedAtMs };
      }),
    );
    return results.map((result, i) => {
      const error = written[i]?.error;
      return error ? { ...result, error } : result;
    });
  };
}

function noTopic(topic: string): BrokerError {
  const message = `There is no topic ${JSON.stringify(topic)}.`;
  return new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message, { details: { topic } });
}
