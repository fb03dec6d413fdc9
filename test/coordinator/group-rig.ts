/**
 * A group and its members as a test moves them: the coordinator's decisions are carried out one after
 * another, members hold what they were told, lose replies, stall, and send requests twice or late.
 */

import {
  type Group,
  newGroup,
  type TopicPartitions,
  type TopicsView,
} from '../../lib/coordinator/group.js';
import { type GroupSettings, groupDefaults } from '../../lib/coordinator/group-limits.js';
import { decideHeartbeat, type HeartbeatResponse } from '../../lib/coordinator/heartbeat.js';
import { decideLeave } from '../../lib/coordinator/leave.js';
import type { HeartbeatRequest, Refusal } from '../../lib/coordinator/members.js';

export type Answer = { readonly kind: 'answered'; readonly response: HeartbeatResponse } | Refusal;

export type GroupRig = {
  group: Group;
  nowMs: number;
  readonly view: Map<string, { topicId: string; partitionCount: number }>;
  /** Heard of every grant: what a fence would be raised to. */
  onGrant: (memberId: string, grants: readonly TopicPartitions[], epoch: number) => void;
  /** Swaps so far. */
  writes: number;
  heartbeat(request: HeartbeatRequest): Answer;
  leave(memberId: string, forAWhile?: boolean): void;
};

export function createGroupRig(
  topics: Readonly<Record<string, number>>,
  settings: GroupSettings = groupDefaults,
): GroupRig {
  const entries = Object.entries(topics);
  const rig: GroupRig = {
    group: newGroup('uid', 0),
    nowMs: 1_000_000,
    view: new Map(entries.map(([name, count]) => [name, topicOf(name, count)])),
    onGrant: () => {},
    writes: 0,
    heartbeat(request) {
      for (let tries = 0; tries < 4; tries++) {
        const { group, nowMs, view } = rig;
        const decision = decideHeartbeat(group, request, nowMs, view as TopicsView, settings);
        if (decision.kind === 'refused') return decision;
        if (decision.kind === 'changed') {
          if (decision.group.epoch !== group.epoch + 1) throw new Error('epochs are not in a row');
          for (const { topicId, partitions } of decision.grants) {
            const slots = group.topics.find((topic) => topic.topicId === topicId)?.slots;
            if (partitions.some((partition) => (slots?.[partition]?.owner ?? null) !== null)) {
              throw new Error('a partition is granted in the same step in which it was freed');
            }
          }
          rig.onGrant(request.memberId, decision.grants, decision.group.epoch);
          rig.group = decision.group;
          rig.writes++;
          if (decision.again) continue;
        }
        return { kind: 'answered', response: decision.response };
      }
      throw new Error('the heartbeat wants to be repeated for ever');
    },
    leave(memberId, forAWhile = false) {
      const decision = decideLeave(rig.group, memberId, forAWhile, rig.nowMs, rig.view);
      if (decision.kind === 'unchanged') return;
      rig.group = decision.group;
      rig.writes++;
    },
  };
  return rig;
}

export const topicOf = (name: string, partitionCount: number, life = 1) => ({
  topicId: `id-${name}-${life}`,
  partitionCount,
});

/** What a member does with the answers. It goes on holding what it was asked to give up until `finish`. */
export type MemberRig = {
  readonly memberId: string;
  epoch: number;
  /** `topicId/partition`. */
  readonly held: Set<string>;
  readonly finishing: Set<string>;
  request(): HeartbeatRequest;
  take(answer: Answer): void;
  finish(): void;
};

export function createMember(
  memberId: string,
  subscription: Pick<HeartbeatRequest, 'topics' | 'pattern' | 'assignor' | 'instanceId'>,
): MemberRig {
  const member: MemberRig = {
    memberId,
    epoch: 0,
    held: new Set(),
    finishing: new Set(),
    request: () => ({
      memberId,
      memberEpoch: member.epoch,
      ...subscription,
      owned: byTopic([...member.held, ...member.finishing]),
    }),
    take(answer) {
      if (answer.kind === 'refused') {
        member.epoch = 0;
        member.held.clear();
        member.finishing.clear();
        return;
      }
      const { response } = answer;
      const assigned = new Set(namesOf(response.assignment));
      member.epoch = response.memberEpoch;
      for (const name of member.held) {
        if (!assigned.has(name)) {
          member.held.delete(name);
          member.finishing.add(name);
        }
      }
      for (const name of assigned) {
        member.held.add(name);
        member.finishing.delete(name);
      }
    },
    finish: () => member.finishing.clear(),
  };
  return member;
}

/** One heartbeat of each, in order. */
export function round(rig: GroupRig, members: readonly MemberRig[]): void {
  for (const member of members) {
    member.take(rig.heartbeat(member.request()));
    member.finish();
  }
}

export function namesOf(topics: readonly TopicPartitions[]): string[] {
  return topics.flatMap(({ topicId, partitions }) => partitions.map((p) => `${topicId}/${p}`));
}

function byTopic(names: readonly string[]) {
  const topics = new Map<string, number[]>();
  for (const name of names) {
    const slash = name.lastIndexOf('/');
    const topicId = name.slice(0, slash);
    topics.set(topicId, [...(topics.get(topicId) ?? []), Number(name.slice(slash + 1))]);
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
}

/** How many partitions each member holds, least first. */
export function loads(members: readonly MemberRig[]): number[] {
  return members.map(({ held }) => held.size).sort((a, b) => a - b);
}
