/** The instance as a producer: its numbers follow on from each other, and its names do not repeat. */

import { expect, test } from 'vitest';
import { createOwnProducer } from '../../lib/broker/own-producer.js';
import { createManualWorld } from '../support/manual-world.js';

test('batches are numbered without a gap, from 0 on', () => {
  const own = createOwnProducer(createManualWorld(1));
  const common = { producer: own.name, epoch: 0 };
  expect(own.number(3)).toEqual({ ...common, baseSequence: 0, nextSequence: 3 });
  expect(own.number(1)).toEqual({ ...common, baseSequence: 3, nextSequence: 4 });
  expect(own.number(2 ** 31 - 1)).toEqual({ ...common, baseSequence: 4, nextSequence: 3 });
});

test('a new one begins anew, under another name and unknown to every head', () => {
  const world = createManualWorld(1);
  const before = createOwnProducer(world);
  before.number(5);
  before.sent = true;
  const after = createOwnProducer(world);
  expect(after.name).not.toBe(before.name);
  expect(after.name).toMatch(/^w[0-9a-z]+$/);
  expect(after.sent).toBe(false);
  expect(after.number(1).baseSequence).toBe(0);
});
