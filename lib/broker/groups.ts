/**
 * Consumer groups: members come, heartbeat and go. Decides nothing that is not decided in `coordinator/`;
 * any process may serve any call.
 */

import { type Group, newGroup } from '../coordinator/group.js';
import type { GroupSettings } from '../coordinator/group-limits.js';
import { decideHeartbeat, type HeartbeatResponse } from '../coordinator/heartbeat.js';
import { decideLeave } from '../coordinator/leave.js';
import type { HeartbeatRequest } from '../coordinator/members.js';
import { topicNameProblem } from '../log/topic-name.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { BrokerError } from './broker-error.js';
import { checkGroupId, findGroup, hasMembers } from './find-group.js';
import { lagOf, type PartitionLag } from './group-lag.js';
import { createGroupOffsets, type GroupOffsets } from './group-offsets.js';
import { createGroupReset, type GroupReset, type OffsetByTime } from './group-reset.js';
import { createGroupSwaps, type GroupSwaps, type Step } from './group-swaps.js';
import { createGroupTopics } from './group-topics.js';

export type Groups = {
  /** Joins (epoch 0), goes on, takes and gives up partitions. */
  heartbeat(groupId: string, request: HeartbeatRequest): Promise<HeartbeatResponse>;
  /** For good; or for a while, as a static member. Who is no member has left already. */
  leave(groupId: string, memberId: string, forAWhile: boolean): Promise<void>;
  find(groupId: string): Promise<Group>;
  /** In order of ids. */
  list(countMax: number, after?: string): Promise<GroupPage>;
  /** With all its offsets; only without members. */
  delete(groupId: string): Promise<void>;
  readonly offsets: GroupOffsets;
  readonly reset: GroupReset;
  lag(
    groupId: string,
  ): Promise<{ readonly group: Group; readonly partitions: readonly PartitionLag[] }>;
  /** Expires offsets of every group, for a job that runs now and then. Returns how many groups went. */
  expire(): Promise<number>;
};

export type GroupPage = {
  readonly groups: readonly { readonly groupId: string; readonly group: Group }[];
  readonly after?: string;
};

const expirePage = 100;

export function createGroups(
  stores: Stores,
  world: World,
  settings: GroupSettings,
  topicCacheMs: number,
  offsetByTime: OffsetByTime,
): Groups {
  const { groups } = stores;
  const { clock } = world;
  const swaps = createGroupSwaps(groups, world);
  const topics = createGroupTopics(stores.topics, clock, topicCacheMs);
  const offsets = createGroupOffsets(stores, world, settings, swaps);

  async function decide(
    stored: Group | undefined,
    request: HeartbeatRequest,
  ): Promise<Step<HeartbeatResponse>> {
    const group = stored ?? newGroup(world.uuid(), clock.nowMs());
    const decideWith = async (fresh: boolean) => {
      const view = await topics.view(group, request, fresh);
      return decideHeartbeat(group, request, clock.nowMs(), view, settings);
    };
    let decision = await decideWith(false);
    // What is remembered may be out of date: no partition moves on account of it.
    const doubtful = decision.kind === 'changed' && decision.topicsMoved;
    if (doubtful && topics.remembers) decision = await decideWith(true);
    if (decision.kind === 'refused') {
      throw new BrokerError(decision.code, decision.message, { details: decision.details ?? {} });
    }
    const { response: answer } = decision;
    if (decision.kind === 'unchanged') return { kind: 'done', answer };
    const { group: next, grants, again } = decision;
    return { kind: 'swap', next, grants, again, answer };
  }

  return {
    offsets,
    reset: createGroupReset(stores, world, swaps, offsets, offsetByTime),
    async lag(groupId) {
      const group = await findGroup(stores, groupId);
      const committed = await offsets.fetch(groupId);
      return { group, partitions: await lagOf(stores, group, committed, clock.nowMs()) };
    },
    async expire() {
      let deleted = 0;
      let after: string | undefined;
      do {
        const page = await groups.list(expirePage, after);
        for (const groupId of page.groupIds) if (await offsets.expire(groupId)) deleted++;
        after = page.after;
      } while (after !== undefined);
      return deleted;
    },
    async heartbeat(groupId, request) {
      checkGroupId(groupId);
      checkTopics(request.topics ?? []);
      if (request.memberEpoch === 0) await offsets.expire(groupId);
      return swaps.change(groupId, (stored) => decide(stored, request));
    },
    async leave(groupId, memberId, forAWhile) {
      checkGroupId(groupId);
      await swaps.change<void>(groupId, async (group) => {
        if (!group) return { kind: 'done', answer: undefined };
        const view = await topics.view(group, {}, true);
        const decision = decideLeave(group, memberId, forAWhile, clock.nowMs(), view);
        if (decision.kind === 'unchanged') return { kind: 'done', answer: undefined };
        return { kind: 'swap', next: decision.group, answer: undefined };
      });
    },
    find: (groupId) => findGroup(stores, groupId),
    async list(countMax, after) {
      const page = await groups.list(countMax, after);
      const found = await Promise.all(
        page.groupIds.map(async (groupId) => ({ groupId, group: await groups.read(groupId) })),
      );
      const present = found.flatMap(({ groupId, group }) => (group ? [{ groupId, group }] : []));
      return { groups: present, ...(page.after !== undefined && { after: page.after }) };
    },
    async delete(groupId) {
      checkGroupId(groupId);
      await deleteGroup(stores, swaps, groupId);
    },
  };
}

async function deleteGroup(stores: Stores, swaps: GroupSwaps, groupId: string): Promise<void> {
  for (;;) {
    const group = await findGroup(stores, groupId);
    if (group.members.length > 0) throw hasMembers(group);
    if ((await stores.groups.delete(groupId, group)) === 'deleted') return;
    // Somebody was faster; wait for our turn and look again.
    await swaps.change<void>(groupId, async () => ({ kind: 'done', answer: undefined }));
  }
}

function checkTopics(names: readonly string[]): void {
  for (const name of names) {
    const problem = topicNameProblem(name);
    if (problem)
      throw new BrokerError('INVALID_TOPIC_EXCEPTION', `Invalid topic name: ${problem}.`);
  }
}
