/**
 * lib/broker/topics.js and lib/broker/alter-topic.js: topics made, altered and deleted in one visible
 * step, races included, and what memory may still say of them.
 */

import { beforeEach, expect, test } from 'vitest';
import { createTopics, type Topics } from '../../lib/broker/topics.js';
import { partitionsMax } from '../../lib/log/limits.js';
import { createGate } from '../support/faulty-stores.js';
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

// Fault 45 of docs/faults.md.
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

test('a topic is put on the list of the deleted before it is, with all its partitions', async () => {
  const topic = await topics.create('a', 1);
  const stale = await topics.findAnew('a');
  await topics.addPartitions('a', 3);
  fixture.faulty.fail('topics.find', { kind: 'altered', change: () => stale });
  await topics.delete('a');
  const methods = fixture.faulty.calls.map(({ method }) => method);
  expect(methods.slice(-6)).toEqual([
    ...['topics.bury', 'topics.delete', 'topics.find'],
    ...['topics.bury', 'topics.delete', 'index.deletePartitions'],
  ]);
  const { topicId, name } = topic;
  const deletedAtMs = fixture.world.clock.nowMs();
  const buried = { topicId, name, partitionCount: 3, deletedAtMs };
  expect(await fixture.truth.topics.buried(10)).toEqual([buried]);
});

test('who deletes a topic does not remember it', async () => {
  topics = createTopics(fixture.faulty.stores, fixture.world, 60_000);
  await topics.create('a', 1);
  await topics.find('a');
  await topics.delete('a');
  await expect(topics.find('a')).rejects.toMatchObject(unknown);
});

const key = 'retention.ms';

test('settings and tags are set, altered and removed, all or nothing', async () => {
  const configs = { [key]: '5', 'retention.bytes': '6' };
  await topics.create('a', 1, { configs, tags: { team: 'x', old: 'y' } });
  const change = {
    set: { 'segment.bytes': '2000000' },
    remove: [key],
    setTags: { team: 'z' },
    removeTags: ['old', 'none'],
  };
  const altered = await topics.alter('a', change);
  expect(altered).toMatchObject({ partitionCount: 1, version: 1, tags: { team: 'z' } });
  expect(altered.configs).toEqual({ 'retention.bytes': '6', 'segment.bytes': '2000000' });
  expect(await topics.find('a')).toEqual(altered);
  const wrong = { set: { [key]: '7', 'segment.bytes': '7' } };
  const details = { setting: 'segment.bytes' };
  await expect(topics.alter('a', wrong)).rejects.toMatchObject({ code: 'INVALID_CONFIG', details });
  await expect(topics.create('b', 1, { configs: wrong.set })).rejects.toMatchObject({ details });
  const tags = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '']));
  const invalid = { code: 'INVALID_REQUEST' };
  await expect(topics.alter('a', { setTags: tags })).rejects.toMatchObject(invalid);
  expect(await topics.find('a')).toEqual(altered);
  await expect(topics.find('b')).rejects.toMatchObject(unknown);
  await expect(topics.alter('b', {})).rejects.toMatchObject(unknown);
  await expect(topics.alter('..', {})).rejects.toMatchObject(unknown);
});

test('of alterations at once none is lost', async () => {
  await topics.create('a', 1);
  const sets = [{ [key]: '1' }, { 'retention.bytes': '2' }, { 'segment.bytes': '3000000' }];
  const changes = sets.map((set) => topics.alter('a', { set }));
  const grown = topics.addPartitions('a', 3);
  await Promise.all([...changes, grown]);
  const { configs, partitionCount, version } = await topics.find('a');
  expect(configs).toEqual(Object.assign({}, ...sets));
  expect([partitionCount, version]).toEqual([3, 4]);
});

test('an alteration whose reply was lost is not made twice', async () => {
  const topic = await topics.create('a', 1);
  fixture.faulty.fail('topics.alter', {
    kind: 'altered',
    change: () => ({ kind: 'stale', topic: { ...topic, version: 1, configs: { [key]: '5' } } }),
  });
  expect(await topics.alter('a', { set: { [key]: '5' } })).toMatchObject({ version: 1 });
  expect(fixture.faulty.count('topics.alter')).toBe(1);
});

test('who is always too late is told to come again', async () => {
  const topic = await topics.create('a', 1);
  const change = () => ({ kind: 'stale', topic });
  fixture.faulty.fail('topics.alter', { kind: 'altered', change }, 100);
  const refusal = { code: 'THROTTLING_QUOTA_EXCEEDED', sideEffects: 'none' };
  await expect(topics.alter('a', { set: { [key]: '5' } })).rejects.toMatchObject(refusal);
});

test('what this server cannot compress with cannot be set', async () => {
  const plain = new Set(['none'] as const);
  const poor = createTopics(fixture.truth, fixture.world, 0, () => {}, plain);
  const configs = { 'compression.type': 'gzip' };
  const refusal = { code: 'INVALID_CONFIG', details: { setting: 'compression.type' } };
  await expect(poor.create('a', 1, { configs })).rejects.toMatchObject(refusal);
  await poor.create('a', 1, { configs: { 'compression.type': 'uncompressed' } });
  await expect(poor.alter('a', { set: configs })).rejects.toMatchObject(refusal);
});

test('a topic gets more partitions, never fewer', async () => {
  const { topicId } = await topics.create('a', 2);
  await fixture.truth.index.raiseWalFloor({ topicId, partition: 1 }, 2_026_112_309);
  expect(await topics.addPartitions('a', 4)).toMatchObject({ topicId, partitionCount: 4 });
  const partition = await topics.partition('a', 3);
  expect(await fixture.truth.index.readHead(partition)).toBeDefined();
  expect(await fixture.truth.index.readHead({ topicId, partition: 1 })).toMatchObject({
    walFloor: 2_026_112_309,
  });
  const code = 'INVALID_PARTITIONS';
  for (const count of [4, 3, 0, partitionsMax + 1]) {
    await expect(topics.addPartitions('a', count)).rejects.toMatchObject({ code });
  }
  await expect(topics.addPartitions('b', 2)).rejects.toMatchObject(unknown);
});

test('more partitions whose reply was lost are there, and that is no error', async () => {
  const topic = await topics.create('a', 1);
  const now = { ...topic, version: 1, partitionCount: 3 };
  const change = () => ({ kind: 'stale', topic: now });
  fixture.faulty.fail('topics.alter', { kind: 'altered', change });
  expect(await topics.addPartitions('a', 3)).toEqual(now);
});

test('partitions added to a topic that is deleted at the same moment leave nothing behind', async () => {
  const topic = await topics.create('a', 1);
  fixture.faulty.fail('topics.alter', {
    kind: 'altered',
    change: () => ({ kind: 'missing' }),
  });
  await expect(topics.addPartitions('a', 3)).rejects.toMatchObject(unknown);
  const ref = { topicId: topic.topicId, partition: 2 };
  expect(await fixture.truth.index.readHead(ref)).toBeUndefined();
});

test('a topic that grew while it was deleted is deleted with all its partitions', async () => {
  const topic = await topics.create('a', 1);
  await topics.addPartitions('a', 3);
  fixture.faulty.fail('topics.find', { kind: 'altered', change: () => topic });
  await topics.delete('a');
  for (const partition of [0, 1, 2]) {
    const ref = { topicId: topic.topicId, partition };
    expect(await fixture.truth.index.readHead(ref)).toBeUndefined();
  }
  await expect(topics.find('a')).rejects.toMatchObject(unknown);
});

test('who remembers a topic finds its new partitions, and knows at once what it altered itself', async () => {
  const stale = createTopics(fixture.faulty.stores, fixture.world, 60_000);
  await topics.create('a', 1);
  await stale.find('a');
  await topics.addPartitions('a', 2);
  expect((await stale.find('a')).partitionCount).toBe(1);
  expect((await stale.place('a', 1)).topic.partitionCount).toBe(2);
  await topics.alter('a', { set: { [key]: '5' } });
  expect((await stale.find('a')).configs).toEqual({});
  expect((await stale.findAnew('a')).configs).toEqual({ [key]: '5' });
  await stale.alter('a', { remove: [key] });
  expect((await stale.find('a')).configs).toEqual({});
  await stale.addPartitions('a', 5);
  expect((await stale.find('a')).partitionCount).toBe(5);
});

test('an answer that was overtaken by our own alteration is not believed', async () => {
  const caching = createTopics(fixture.faulty.stores, fixture.world, 60_000);
  await caching.create('a', 1);
  const gate = createGate();
  fixture.faulty.fail('topics.find', { kind: 'slow', gate, acts: 'early' });
  const overtaken = caching.find('a');
  await fixture.world.settle();
  await caching.alter('a', { set: { [key]: '5' } });
  gate.open();
  expect((await overtaken).configs).toEqual({ [key]: '5' });
  expect((await caching.find('a')).configs).toEqual({ [key]: '5' });
});

test('a topic may be compacted, from its creation on and afterwards', async () => {
  const configs = { 'cleanup.policy': 'compact' };
  expect((await topics.create('keyed', 1, { configs })).configs).toEqual(configs);
  await topics.create('plain', 1);
  const set = { 'cleanup.policy': 'delete, compact', 'min.cleanable.dirty.ratio': '0.1' };
  const altered = await topics.alter('plain', { set });
  expect(altered.configs).toEqual({ ...set, 'cleanup.policy': 'compact,delete' });
  const wrong = { set: { 'min.cleanable.dirty.ratio': '1.5' } };
  const refused = { code: 'INVALID_CONFIG', details: { setting: 'min.cleanable.dirty.ratio' } };
  await expect(topics.alter('plain', wrong)).rejects.toMatchObject(refused);
});
