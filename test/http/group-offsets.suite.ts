/**
 * Committed offsets of consumer groups: by members for what they own, from outside, back by resets only.
 */

import { describe, expect, test } from 'vitest';
import type { CommitAnswer, GroupOffsetsAnswer, ResetAnswer } from '../../lib/contract/groups.js';
import {
  type ApiOf,
  answerOf,
  append,
  jsonInit,
  newName,
  newTopic,
  problemFrom,
} from './api-client.js';
import { commitBody, committed, heartbeat, member, newGroup, path } from './group-members.js';

export function groupOffsetCases(api: ApiOf): void {
  describe('committed offsets of a group', () => offsetCases(api));
  describe('resets', () => resetCases(api));
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
