/**
 * Consumer groups as a member, and as an operator, sees them: joining, sharing, giving up; descriptions
 * with lag, lists, deletion.
 */

import { describe, expect, test } from 'vitest';
import type { GroupListAnswer } from '../../lib/contract/groups.js';
import {
  type ApiOf,
  answerOf,
  append,
  jsonInit,
  newName,
  newTopic,
  problemFrom,
} from './api-client.js';
import {
  commitBody,
  committed,
  described,
  heartbeat,
  member,
  newGroup,
  path,
} from './group-members.js';

export function groupCases(api: ApiOf): void {
  describe('members of a group', () => memberCases(api));
  describe('groups as an operator sees them', () => operatorCases(api));
}

function memberCases(api: ApiOf): void {
  test('two members come to share a topic, and the one who stays gets all of it back', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 4)];
    const [a, b] = [member(api(), group, [topic]), member(api(), group, [topic])];
    expect(await a.beat()).toMatchObject({ revoke: [], pendingPartitions: 0 });
    expect(a.held()).toEqual([0, 1, 2, 3]);
    expect(await b.beat()).toMatchObject({ assignment: [], pendingPartitions: 2 });
    expect((await a.beat()).revoke[0]?.partitions).toHaveLength(2);
    await a.beat();
    await b.beat();
    expect([...a.held(), ...b.held()].sort()).toEqual([0, 1, 2, 3]);
    expect(await answerOf(await b.leave())).toMatchObject({ memberEpoch: -1, assignment: [] });
    expect(await answerOf(await b.leave())).toMatchObject({ memberEpoch: -1 });
    await a.beat();
    expect(a.held()).toEqual([0, 1, 2, 3]);
  });

  test('members that come all at once are all taken in', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 12)];
    const members = Array.from({ length: 6 }, () => member(api(), group, [topic]));
    for (let rounds = 0; rounds < 4; rounds++) await Promise.all(members.map(({ beat }) => beat()));
    expect(members.map(({ held }) => held().length)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(await described(api(), group)).toMatchObject({ state: 'stable' });
  });

  test('a pattern takes topics that come later; a topic made again is another', async () => {
    const [group, prefix] = [newGroup(), newName()];
    const a = member(api(), group, [], { subscribedPattern: `${prefix}-(a|b)` });
    expect((await a.beat()).assignment).toEqual([]);
    const make = () => api().fetch('/v1/topics', jsonInit({ name: `${prefix}-a`, partitions: 1 }));
    const first = await answerOf<{ topicId: string }>(await make(), 201);
    expect((await a.beat()).assignment).toEqual([
      { topic: `${prefix}-a`, topicId: first.topicId, partitions: [0] },
    ]);
    await api().fetch(`/v1/topics/${prefix}-a`, { method: 'DELETE' });
    const second = await answerOf<{ topicId: string }>(await make(), 201);
    expect((await a.beat()).assignment[0]?.topicId).toBe(second.topicId);
  });

  test('a static member comes back to its partitions; a second one of its name is refused', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 2)];
    const first = member(api(), group, [topic], { instanceId: 'node-1' });
    const second = member(api(), group, [topic], { instanceId: 'node-1' });
    await first.beat();
    const early = { memberId: second.memberId, instanceId: 'node-1', subscribedTopics: [topic] };
    await problemFrom(await heartbeat(api(), group, early), 409, 'UNRELEASED_INSTANCE_ID');
    await answerOf(await first.leave(-2));
    expect(await described(api(), group)).toMatchObject({ members: [{ state: 'absent' }] });
    await second.beat();
    expect(second.held()).toEqual([0, 1]);
    const late = { memberId: first.memberId, memberEpoch: first.epoch(), instanceId: 'node-1' };
    await problemFrom(await heartbeat(api(), group, late), 409, 'FENCED_INSTANCE_ID');
  });

  test.each([
    ['an epoch that is not its own', { memberEpoch: 99 }, 409, 'FENCED_MEMBER_EPOCH'],
    ['a stranger', { memberId: 'x', memberEpoch: 5 }, 409, 'UNKNOWN_MEMBER_ID'],
    ['a session too short', { sessionTimeoutMs: 1 }, 400, 'INVALID_SESSION_TIMEOUT'],
    ['a pattern that is none', { subscribedPattern: '(' }, 400, 'INVALID_REGULAR_EXPRESSION'],
    ['a topic that cannot be', { subscribedTopics: ['a b'] }, 400, 'INVALID_TOPIC_EXCEPTION'],
    ['no subscription', { memberId: 'y' }, 400, 'INVALID_REQUEST'],
    ['a field that is misspelt', { subscribedTopic: 'x' }, 400, 'INVALID_REQUEST'],
    ['an epoch below -2', { memberEpoch: -3 }, 400, 'INVALID_REQUEST'],
  ])('%s is refused', async (_what, body, status, code) => {
    const [group, topic] = [newGroup(), await newTopic(api())];
    const a = member(api(), group, [topic]);
    await a.beat();
    const response = await heartbeat(api(), group, { memberId: a.memberId, ...body });
    expect((await problemFrom(response, status, code)).sideEffects).toBe('none');
  });

  test('a group id must be one', async () => {
    for (const bad of ['a b', 'ä', 'x'.repeat(256)]) {
      const response = await heartbeat(api(), bad, { memberId: 'm', subscribedTopics: ['t'] });
      await problemFrom(response, 400, 'INVALID_GROUP_ID');
    }
  });
}

function operatorCases(api: ApiOf): void {
  test('a description has members, assignments, and the lag in records and in time', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 2)];
    await append(api(), topic, [
      { value: 'a', timestamp: 10 },
      { value: 'b', timestamp: 20 },
    ]);
    const a = member(api(), group, [topic], { clientId: 'app', maxPollIntervalMs: 60_000 });
    const { assignment } = await a.beat();
    const who = { memberId: a.memberId, memberEpoch: a.epoch() };
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 1 }, who)));
    const found = await described(api(), group);
    expect(found).toMatchObject({ groupId: group, state: 'stable', assignor: 'uniform', lag: 1 });
    expect(found.members).toEqual([
      {
        memberId: a.memberId,
        instanceId: null,
        clientId: 'app',
        memberEpoch: a.epoch(),
        state: 'stable',
        subscribedTopics: [topic],
        subscribedPattern: null,
        sessionTimeoutMs: 45_000,
        maxPollIntervalMs: 60_000,
        assignment,
        target: assignment,
      },
    ]);
    const [first, second] = found.partitions;
    expect(first).toMatchObject({ partition: 0, memberId: a.memberId, offset: 1, lag: 1 });
    expect(first?.lagMs).toBeGreaterThan(1_000_000_000_000);
    expect(second).toMatchObject({ partition: 1, offset: null, lag: null, lagMs: null });
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 2 }, who)));
    expect((await described(api(), group)).partitions[0]).toMatchObject({ lag: 0, lagMs: 0 });
  });

  test('groups are listed in pages', async () => {
    const prefix = newGroup();
    const topic = await newTopic(api());
    const ids = ['a', 'b/c', 'd'].map((end) => `${prefix}${end}`);
    for (const id of ids) {
      await answerOf(await api().fetch(path(id, '/offsets'), commitBody(topic, { 0: 1 })));
    }
    const seen: string[] = [];
    let after: string | undefined = prefix;
    while (after?.startsWith(prefix)) {
      const query = `?limit=2&after=${encodeURIComponent(after)}`;
      const page: GroupListAnswer = await answerOf(await api().fetch(`/v1/groups${query}`));
      seen.push(...page.groups.map(({ groupId }) => groupId));
      after = page.after;
    }
    expect(seen.filter((id) => id.startsWith(prefix))).toEqual(ids);
  });

  test('a group is deleted without its members, and is another when it is made again', async () => {
    const [group, topic] = [newGroup(), await newTopic(api())];
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 7 })));
    const a = member(api(), group, [topic]);
    await a.beat();
    const remove = () => api().fetch(path(group), { method: 'DELETE' });
    await problemFrom(await remove(), 409, 'NON_EMPTY_GROUP');
    await a.leave();
    expect((await remove()).status).toBe(204);
    for (const response of [
      await remove(),
      await api().fetch(path(group)),
      await api().fetch(path(group, '/offsets')),
    ]) {
      await problemFrom(response, 404, 'GROUP_ID_NOT_FOUND');
    }
    await a.leave();
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 1 })));
    expect(await committed(api(), group)).toEqual({ 0: 1 });
  });
}
