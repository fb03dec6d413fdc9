/** lib/broker/reshape.js: splits that end well, whoever dies or races on the way. */

import { expect, test } from 'vitest';
import { createReshaper } from '../../lib/broker/reshape.js';
import { createTopics } from '../../lib/broker/topics.js';
import { isOpen, lineageOf } from '../../lib/log/lineage.js';
import { planEven, planSplit } from '../../lib/log/reshaping-plan.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Topic } from '../../lib/store/topic-store.js';
import { quietWorld } from '../http/apis.js';
import { createFaultyStores } from '../support/faulty-stores.js';

const half = `8${'0'.repeat(31)}`;
const splitFirst = (topic: Topic) => planSplit(lineageOf(topic), 0, half);

async function fixture() {
  const truth = createMemoryStores();
  const faulty = createFaultyStores(truth);
  const world = quietWorld();
  const topics = createTopics(faulty.stores, world, 0);
  const closed: number[] = [];
  const reshaper = createReshaper(faulty.stores, world.clock, {
    forget: topics.forget,
    closed: ({ partition }) => closed.push(partition),
  });
  const topic = await topics.create('t', 1);
  const headOf = (partition: number) => truth.index.readHead({ topicId: topic.topicId, partition });
  const found = async () => (await truth.topics.find('t')) as Topic;
  return { truth, faulty, topics, reshaper, closed, topic, headOf, found };
}

test('a split closes the parent after its children are there', async () => {
  const { reshaper, closed, headOf, found } = await fixture();
  const after = await reshaper.reshape('t', splitFirst);
  expect(after).toEqual(await found());
  expect(after.partitionCount).toBe(3);
  expect(after.lineage?.reshaping).toBeUndefined();
  expect(await Promise.all([0, 1, 2].map(async (p) => (await headOf(p))?.closed))).toEqual([
    true,
    false,
    false,
  ]);
  expect(closed).toEqual([0]);
});

test.each(['index.createPartitions', 'index.closePartition', 'topics.alter'])(
  'one that dies at %s is finished by who comes next, and until then takes records',
  async (method) => {
    const { faulty, reshaper, topic, headOf, found } = await fixture();
    if (method === 'topics.alter') {
      // The first one begins; the second ends.
      const begun = await reshaper.reshape('t', () => undefined);
      expect(begun).toEqual(topic);
    }
    const fault = { kind: 'crash', error: new Error('died') } as const;
    if (method === 'topics.alter') {
      let alters = 0;
      const { alter } = faulty.stores.topics;
      faulty.stores.topics.alter = async (...args: Parameters<typeof alter>) => {
        if (alters++ === 1) throw fault.error;
        return alter(...args);
      };
    } else {
      faulty.fail(method, fault);
    }
    await expect(reshaper.reshape('t', splitFirst)).rejects.toThrow('died');
    const between = await found();
    expect(between.lineage?.reshaping).toMatchObject({ closing: [0] });
    if (method !== 'topics.alter') expect((await headOf(0))?.closed).toBe(false);
    await expect(reshaper.reshape('t', splitFirst)).rejects.toMatchObject({
      code: 'THROTTLING_QUOTA_EXCEEDED',
    });
    const after = await reshaper.finishReshaping(topic);
    expect(after.lineage?.reshaping).toBeUndefined();
    expect(after.lineage?.partitions.map(isOpen)).toEqual([false, true, true]);
    expect(await reshaper.finishReshaping(topic)).toEqual(after);
  },
);

test('many who finish one at once end in one lineage', async () => {
  const { faulty, reshaper, topic, found } = await fixture();
  faulty.fail('index.closePartition', { kind: 'crash', error: new Error('died') });
  await expect(reshaper.reshape('t', splitFirst)).rejects.toThrow('died');
  const all = await Promise.all(Array.from({ length: 6 }, () => reshaper.finishReshaping(topic)));
  const now = await found();
  expect(now.lineage?.partitions).toHaveLength(3);
  for (const one of all) expect(one.lineage).toEqual(now.lineage);
});

test('a row of steps is carried out to its end', async () => {
  const { reshaper } = await fixture();
  const even = (count: number) => (topic: Topic) => planEven(lineageOf(topic), count);
  const after = await reshaper.reshape('t', even(5));
  expect(after.lineage?.partitions.filter(isOpen)).toHaveLength(5);
  expect(await reshaper.reshape('t', even(5))).toEqual(after);
});

test('a topic that is deleted under way leaves no partition behind', async () => {
  const { faulty, truth, topics, reshaper, topic, headOf } = await fixture();
  const { closePartition } = faulty.stores.index;
  faulty.stores.index.closePartition = async (ref) => {
    const outcome = await closePartition(ref);
    await topics.delete('t');
    return outcome;
  };
  await expect(reshaper.reshape('t', splitFirst)).rejects.toMatchObject({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
  });
  expect(await truth.topics.find('t')).toBeUndefined();
  for (const partition of [0, 1, 2]) expect(await headOf(partition)).toBeUndefined();
  await expect(reshaper.finishReshaping(topic)).rejects.toMatchObject({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
  });
});

test('partitions are not added where ranges are split', async () => {
  const { topics, reshaper } = await fixture();
  await reshaper.reshape('t', splitFirst);
  await expect(topics.addPartitions('t', 9)).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' });
});

test('there is an end to how many partitions a lineage holds', async () => {
  const { reshaper, found } = await fixture();
  const many = (topic: Topic) => planEven(lineageOf(topic), 1_000);
  await expect(reshaper.reshape('t', many)).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' });
  expect((await found()).lineage).toBeUndefined();
});
