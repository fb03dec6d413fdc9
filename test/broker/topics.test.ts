/** Topics: made and deleted in one visible step, races included, and what memory may still say of them. */

import { beforeEach, expect, test } from 'vitest';
import { createTopics, type Topics } from '../../lib/broker/topics.js';
import { partitionsMax } from '../../lib/log/limits.js';
import { createFixture, type Fixture } from './broker-fixture.js';

let fixture: Fixture;
let topics: Topics;

beforeEach(async () => {
  fixture = await createFixture([]);
  topics = createTopics(fixture.faulty.stores, fixture.world, 0);
});

const unknown = { code: 'UNKNOWN_TOPIC_OR_PARTITION', sideEffects: 'none' };

test('a topic is made with all its partitions, found, listed and deleted', async () => {
  const topic = await topics.create('orders', 3);
  expect(await topics.find('orders')).toEqual(topic);
  expect((await topics.list(10)).topics).toEqual([topic]);
  const ref = await topics.partition('orders', 2);
  expect(ref).toEqual({ topicId: topic.topicId, partition: 2 });
  expect(await fixture.truth.index.readHead(ref)).toBeDefined();
  await topics.delete('orders');
  await expect(topics.find('orders')).rejects.toMatchObject(unknown);
  expect(await fixture.truth.index.readHead(ref)).toBeUndefined();
});

test.each(['', '.', '..', 'a/b', 'ä', 'x'.repeat(250)])('no topic is named %j', async (name) => {
  const code = 'INVALID_TOPIC_EXCEPTION';
  await expect(topics.create(name, 1)).rejects.toMatchObject({ code });
  await expect(topics.find(name)).rejects.toMatchObject(unknown);
  expect(fixture.faulty.calls).toEqual([]);
});

test.each([0, -1, partitionsMax + 1])('no topic has %i partitions', async (count) => {
  const details = { limit: partitionsMax };
  await expect(topics.create('a', count)).rejects.toMatchObject({
    code: 'INVALID_PARTITIONS',
    details,
  });
});

test('a partition beyond the last is told with how many there are', async () => {
  await topics.create('a', 2);
  const details = { topic: 'a', partition: 2, partitionCount: 2 };
  await expect(topics.partition('a', 2)).rejects.toMatchObject({ ...unknown, details });
});

test('of two who make the same topic one does, and the other leaves nothing behind', async () => {
  const made = await Promise.allSettled([topics.create('a', 2), topics.create('a', 2)]);
  expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const lost = made.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(lost.reason).toMatchObject({ code: 'TOPIC_ALREADY_EXISTS', sideEffects: 'none' });
  const made2 = fixture.faulty.calls.filter(({ method }) => method === 'index.createPartitions');
  const { topicId } = await topics.find('a');
  const others = made2.map(({ args }) => String(args[0])).filter((id) => id !== topicId);
  expect(others).toHaveLength(1);
  for (const id of others) {
    const ref = { topicId: id, partition: 0 };
    expect(await fixture.truth.index.readHead(ref)).toBeUndefined();
  }
  expect(await fixture.truth.index.readHead({ topicId, partition: 1 })).toBeDefined();
});

test('a topic is not seen before its partitions are there', async () => {
  fixture.faulty.fail('index.createPartitions', { kind: 'before' });
  await expect(topics.create('a', 2)).rejects.toThrow();
  await expect(topics.find('a')).rejects.toMatchObject(unknown);
});

test('a topic that is made again is another one, and old references name nothing', async () => {
  await topics.create('a', 1);
  const old = await topics.partition('a', 0);
  await topics.delete('a');
  await topics.create('a', 1);
  expect(await topics.partition('a', 0)).not.toEqual(old);
  expect(await fixture.truth.index.readHead(old)).toBeUndefined();
});

test('a deletion that meets a newer topic of the same name leaves it alone', async () => {
  await topics.create('a', 1);
  const stale = createTopics(fixture.truth, fixture.world, 60_000);
  const old = await stale.find('a');
  fixture.faulty.fail('topics.find', { kind: 'altered', change: () => old });
  await fixture.truth.topics.delete(old);
  const newer = await stale.create('a', 1);
  await topics.delete('a');
  expect(await topics.find('a')).toEqual(newer);
});

test('memory answers for as long as it may, and not after it was told to forget', async () => {
  topics = createTopics(fixture.faulty.stores, fixture.world, 1_000);
  const { topicId } = await topics.create('a', 1);
  const asked = () => fixture.faulty.count('topics.find');
  await topics.find('a');
  const before = asked();
  await topics.find('a');
  await topics.partition('a', 0);
  expect(asked()).toBe(before);
  await fixture.world.advance(1_001);
  await topics.find('a');
  expect(asked()).toBe(before + 1);
  topics.forget('another');
  await topics.find('a');
  expect(asked()).toBe(before + 1);
  topics.forget(topicId);
  await topics.find('a');
  expect(asked()).toBe(before + 2);
});

test('a name that is not there is never remembered', async () => {
  topics = createTopics(fixture.faulty.stores, fixture.world, 1_000);
  await expect(topics.find('a')).rejects.toMatchObject(unknown);
  await topics.create('a', 1);
  expect((await topics.find('a')).name).toBe('a');
});

test('who deletes a topic does not remember it', async () => {
  topics = createTopics(fixture.faulty.stores, fixture.world, 60_000);
  await topics.create('a', 1);
  await topics.find('a');
  await topics.delete('a');
  await expect(topics.find('a')).rejects.toMatchObject(unknown);
});
