/** Spare memory: handed on to the next batch, and never more of it than was said. */

import { expect, test } from 'vitest';
import { createBatchMemory } from '../../../lib/client/producer/batch-memory.js';

test('what was given is taken again, once', () => {
  const memory = createBatchMemory(100);
  const [one, two] = [new Uint8Array(60), new Uint8Array(40)];
  memory.give(one);
  memory.give(two);
  expect(new Set([memory.take(), memory.take()])).toEqual(new Set([one, two]));
  expect(memory.take()).toBeUndefined();
});

test('what is too much is left to the garbage collector', () => {
  const memory = createBatchMemory(100);
  const kept = new Uint8Array(60);
  memory.give(kept);
  memory.give(new Uint8Array(41));
  expect(memory.take()).toBe(kept);
  expect(memory.take()).toBeUndefined();
});
