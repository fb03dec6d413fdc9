/**
 * Consumer groups as a member, and as an operator, sees them: joining, sharing, giving up, committing what
 * is owned and nothing else, lag, resets, deletion.
 */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type {
  CommitAnswer,
  GroupDescription,
  GroupListAnswer,
  GroupOffsetsAnswer,
  HeartbeatAnswer,
  ResetAnswer,
} from '../../lib/contract/groups.js';
import {
  type Api,
  type ApiOf,
  answerOf,
  append,
  jsonInit,
  newName,
  newTopic,
  problemFrom,
} from './api-client.js';

const path = (group: string, rest = '') => `/v1/groups/${encodeURIComponent(group)}${rest}`;
const newGroup = () => `group-${randomUUID()}`;

function heartbeat(api: Api, group: string, body: object): Promise<Response> {
  return api.fetch(path(group, '/heartbeat'), jsonInit({ memberEpoch: 0, ...body }));
}

/** A member that holds what it is told to, and gives up at once. */
function member(api: Api, group: string, topics: readonly string[], extra: object = {}) {
  const memberId = randomUUID();
  let last: HeartbeatAnswer | undefined;
  const self = {
    memberId,
    epoch: () => last?.memberEpoch ?? 0,
    held: () => (last?.assignment ?? []).flatMap(({ partitions }) => partitions).sort(),
    async beat(): Promise<HeartbeatAnswer> {
      const owned = (last?.assignment ?? []).map(({ topicId, partitions }) => ({
        topicId,
        partitions,
      }));
      const body = {
        memberId,
        memberEpoch: self.epoch(),
        subscribedTopics: topics,
        owned,
        ...extra,
      };
      last = await answerOf<HeartbeatAnswer>(await heartbeat(api, group, body));
      return last;
    },
    leave: (memberEpoch = -1) => heartbeat(api, group, { memberId, memberEpoch }),
  };
  return self;
}

const commitBody = (topic: string, offsets: Readonly<Record<number, number>>, who: object = {}) =>
  jsonInit({
    ...who,
    offsets: Object.entries(offsets).map(([partition, offset]) => ({
      topic,
      partition: Number(partition),
      offset,
    })),
  });

async function committed(api: Api, group: string, query = ''): Promise<Record<number, number>> {
  const { offsets } = await answerOf<GroupOffsetsAnswer>(
    await api.fetch(path(group, `/offsets${query}`)),
  );
  return Object.fromEntries(offsets.map(({ partition, offset }) => [partition, offset]));
}

const described = async (api: Api, group: string) =>
  answerOf<GroupDescription>(await api.fetch(path(group)));

export function groupCases(api: ApiOf): void {
  describe('members of a group', () => memberCases(api));
  describe('committed offsets of a group', () => offsetCases(api));
  describe('resets', () => resetCases(api));
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

function offsetCases(api: ApiOf): void {
  test('without members anybody commits; the same again is fine, back is refused', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 3)];
    const commit = (offsets: Record<number, number>) =>
      api().fetch(path(group, '/offsets'), commitBody(topic, offsets));
    expect(await answerOf<CommitAnswer>(await commit({ 0: 5, 2: 7 }))).toEqual({
      partitions: [
        { topic, partition: 0, offset: 5 },
        { topic, partition: 2, offset: 7 },
      ],
    });
    await answerOf(await commit({ 0: 5 }));
    const back = await problemFrom(await commit({ 0: 4 }), 409, 'OFFSET_BEHIND_COMMITTED');
    expect(back).toMatchObject({ committed: 5, sideEffects: 'none' });
    const mixed = await answerOf<CommitAnswer>(await commit({ 0: 4, 1: 1 }), 207);
    expect(mixed.partitions).toMatchObject([
      { partition: 0, error: { code: 'OFFSET_BEHIND_COMMITTED' } },
      { partition: 1, offset: 1 },
    ]);
    expect(await committed(api(), group)).toEqual({ 0: 5, 1: 1, 2: 7 });
    await problemFrom(await commit({ 3: 1 }), 404, 'UNKNOWN_TOPIC_OR_PARTITION');
  });

  test('a member commits what it owns, with metadata; others do not', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 2)];
    const [a, b] = [member(api(), group, [topic]), member(api(), group, [topic])];
    await a.beat();
    const commit = (who: object, offsets: Record<number, number>) =>
      api().fetch(path(group, '/offsets'), commitBody(topic, offsets, who));
    const asA = () => ({ memberId: a.memberId, memberEpoch: a.epoch() });
    await answerOf(await commit(asA(), { 0: 1, 1: 1 }));
    await problemFrom(await commit({}, { 0: 2 }), 409, 'UNKNOWN_MEMBER_ID', /has members/);
    const stranger = { memberId: 'x', memberEpoch: 1 };
    await problemFrom(await commit(stranger, { 0: 2 }), 409, 'UNKNOWN_MEMBER_ID');
    const ahead = { ...asA(), memberEpoch: a.epoch() + 1 };
    await problemFrom(await commit(ahead, { 0: 2 }), 409, 'FENCED_MEMBER_EPOCH');
    await b.beat();
    await a.beat();
    await a.beat();
    await b.beat();
    const [lost] = b.held() as [number];
    await problemFrom(await commit(asA(), { [lost]: 9 }), 409, 'ILLEGAL_GENERATION');
    const asB = { memberId: b.memberId, memberEpoch: b.epoch() };
    await answerOf(await commit(asB, { [lost]: 2 }));
    await answerOf(await b.leave());
    await problemFrom(await commit(asB, { [lost]: 3 }), 409, 'UNKNOWN_MEMBER_ID');
    expect(await committed(api(), group)).toEqual({ [lost]: 2, [1 - lost]: 1 });
  });

  test('metadata comes back, up to its limit', async () => {
    const [group, topic] = [newGroup(), await newTopic(api())];
    const commit = (metadata: string) =>
      api().fetch(
        path(group, '/offsets'),
        jsonInit({ offsets: [{ topic, partition: 0, offset: 1, metadata }] }),
      );
    await answerOf(await commit('é'.repeat(2_048)));
    const { offsets } = await answerOf<GroupOffsetsAnswer>(
      await api().fetch(path(group, '/offsets')),
    );
    expect(offsets).toMatchObject([
      { topic, partition: 0, offset: 1, metadata: 'é'.repeat(2_048) },
    ]);
    const tooLong = await commit('é'.repeat(2_049));
    await problemFrom(tooLong, 400, 'OFFSET_METADATA_TOO_LARGE', /4096/);
  });

  test('offsets of a topic are fetched and deleted, not while members read it', async () => {
    const [group, topic, other] = [newGroup(), await newTopic(api(), 2), await newTopic(api())];
    const offsets = path(group, '/offsets');
    await answerOf(await api().fetch(offsets, commitBody(topic, { 0: 1, 1: 1 })));
    await answerOf(await api().fetch(offsets, commitBody(other, { 0: 9 })));
    expect(await committed(api(), group, `?topic=${other}`)).toEqual({ 0: 9 });
    const remove = (query: string) => api().fetch(`${offsets}?${query}`, { method: 'DELETE' });
    expect((await remove(`topic=${topic}&partition=1`)).status).toBe(204);
    expect(await committed(api(), group, `?topic=${topic}`)).toEqual({ 0: 1 });
    const a = member(api(), group, [topic]);
    await a.beat();
    await problemFrom(await remove(`topic=${topic}`), 409, 'GROUP_SUBSCRIBED_TO_TOPIC');
    expect((await remove(`topic=${other}`)).status).toBe(204);
    await a.leave();
    expect((await remove(`topic=${topic}`)).status).toBe(204);
    expect(await committed(api(), group)).toEqual({});
  });

  test('what was committed to a topic is not said of another of its name', async () => {
    const [group, topic] = [newGroup(), await newTopic(api())];
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 4 })));
    await api().fetch(`/v1/topics/${topic}`, { method: 'DELETE' });
    expect(await committed(api(), group)).toEqual({});
    await answerOf(await api().fetch('/v1/topics', jsonInit({ name: topic })), 201);
    expect(await committed(api(), group)).toEqual({});
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 1 })));
    expect(await committed(api(), group)).toEqual({ 0: 1 });
  });

  test.each([
    ['twice the same partition', { offsets: [1, 1].map((offset) => ({ partition: 0, offset })) }],
    ['a negative offset', { offsets: [{ partition: 0, offset: -1 }] }],
    ['no offsets', { offsets: [] }],
    ['a member without an epoch', { memberId: 'a', offsets: [{ partition: 0, offset: 1 }] }],
    ['an epoch without a member', { memberEpoch: 3, offsets: [{ partition: 0, offset: 1 }] }],
  ])('%s is refused', async (_what, body) => {
    const topic = await newTopic(api());
    const offsets = body.offsets.map((one) => ({ topic, ...one }));
    const response = await api().fetch(
      path(newGroup(), '/offsets'),
      jsonInit({ ...body, offsets }),
    );
    await problemFrom(response, 400, 'INVALID_REQUEST');
  });
}

function resetCases(api: ApiOf): void {
  async function withRecords() {
    const [group, topic] = [newGroup(), await newTopic(api())];
    const records = [10, 20, 30, 40].map((timestamp) => ({ value: 'x', timestamp }));
    await append(api(), topic, records);
    await answerOf(await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 2 })));
    const reset = (body: object) => api().fetch(path(group, '/reset'), jsonInit(body));
    return { group, topic, reset };
  }

  test.each([
    ['earliest', 0],
    ['latest', 4],
    [{ offset: 3 }, 3],
    [{ offset: 99 }, 4],
    [{ timestamp: 25 }, 2],
    [{ timestamp: '1970-01-01T00:00:00.040Z' }, 3],
    [{ timestamp: 50 }, 4],
    [{ durationMs: 0 }, 4],
    [{ durationMs: 9_000_000_000_000 }, 0],
    [{ shiftBy: -1 }, 1],
    [{ shiftBy: 1 }, 3],
    [{ shiftBy: -10 }, 0],
  ])('to %j: %i, first said, then done', async (to, offset) => {
    const { group, topic, reset } = await withRecords();
    const partitions = [{ topic, partition: 0, from: 2, to: offset }];
    expect(await answerOf<ResetAnswer>(await reset({ to }))).toEqual({
      executed: false,
      partitions,
    });
    expect(await committed(api(), group)).toEqual({ 0: 2 });
    const done = await answerOf<ResetAnswer>(await reset({ to, execute: true }));
    expect(done).toEqual({ executed: true, partitions });
    expect(await committed(api(), group)).toEqual({ 0: offset });
  });

  test('is refused while members are there, unless they may be sent away', async () => {
    const { group, topic, reset } = await withRecords();
    const a = member(api(), group, [topic]);
    await a.beat();
    await answerOf(await reset({ to: 'earliest' }));
    await problemFrom(await reset({ to: 'earliest', execute: true }), 409, 'NON_EMPTY_GROUP');
    await answerOf(await reset({ to: 'earliest', execute: true, force: true }));
    expect(await committed(api(), group)).toEqual({ 0: 0 });
    const who = { memberId: a.memberId, memberEpoch: a.epoch() };
    await problemFrom(await heartbeat(api(), group, who), 409, 'UNKNOWN_MEMBER_ID');
    const late = await api().fetch(path(group, '/offsets'), commitBody(topic, { 0: 4 }, who));
    await problemFrom(late, 409, 'UNKNOWN_MEMBER_ID');
  });

  test('names topics, also for a group that is not there yet', async () => {
    const [group, topic] = [newGroup(), await newTopic(api(), 3)];
    const reset = (body: object) => api().fetch(path(group, '/reset'), jsonInit(body));
    await problemFrom(await reset({ to: 'earliest' }), 404, 'GROUP_ID_NOT_FOUND');
    const topics = [{ topic, partitions: [0, 2] }];
    await answerOf(await reset({ to: 'latest', topics, execute: true }));
    expect(await committed(api(), group)).toEqual({ 0: 0, 2: 0 });
    const beyond = await reset({ to: 'latest', topics: [{ topic, partitions: [3] }] });
    await problemFrom(beyond, 404, 'UNKNOWN_TOPIC_OR_PARTITION');
    const nowhere = await reset({ to: 'latest', topics: [{ topic: newName() }] });
    await problemFrom(nowhere, 404, 'UNKNOWN_TOPIC_OR_PARTITION');
    await problemFrom(await reset({ to: { offest: 1 } }), 400, 'INVALID_REQUEST');
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
