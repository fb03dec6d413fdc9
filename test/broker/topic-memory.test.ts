/** lib/broker/topic-memory.js: how long a topic is believed, and when not. */

import { expect, test } from 'vitest';
import { createTopicMemory } from '../../lib/broker/topic-memory.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import { createManualWorld } from '../support/manual-world.js';

const topic = { name: 'a', topicId: 'x', partitionCount: 1, createdAtMs: 0, ...unalteredTopic };

test('for so long, and no longer', async () => {
  const world = createManualWorld();
  const memory = createTopicMemory(world.clock, 1_000);
  expect(memory.find('a')).toBeUndefined();
  expect(memory.keep(topic)).toBe(topic);
  await world.advance(999);
  expect(memory.find('a')).toBe(topic);
  await world.advance(1);
  expect(memory.find('a')).toBeUndefined();
});

test('a newer version is never replaced by an older one; another topic of the name is', () => {
  const memory = createTopicMemory(createManualWorld().clock, 1_000);
  const newer = { ...topic, version: 3 };
  memory.keep(newer);
  expect(memory.keep(topic)).toBe(newer);
  expect(memory.find('a')).toBe(newer);
  const other = { ...topic, topicId: 'y' };
  expect(memory.keep(other)).toBe(other);
});

test('until it is dropped, or told to forget the topic', () => {
  const memory = createTopicMemory(createManualWorld().clock, 1_000);
  memory.keep(topic);
  memory.forget('y');
  memory.drop('b');
  expect(memory.find('a')).toBe(topic);
  memory.forget('x');
  expect(memory.find('a')).toBeUndefined();
  memory.keep(topic);
  memory.drop('a');
  expect(memory.find('a')).toBeUndefined();
});

test('nothing, where nothing is to be remembered', () => {
  const memory = createTopicMemory(createManualWorld().clock, 0);
  expect(memory.keep(topic)).toBe(topic);
  expect(memory.find('a')).toBeUndefined();
});
