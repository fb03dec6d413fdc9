/** Bounded calls: every item once, and no more of them after a failure. */

import { expect, test } from 'vitest';
import { forEachInFlight, partitionsOf } from '../../../lib/store/aws/in-flight.js';

test('every item has its turn once', async () => {
  const seen: number[] = [];
  await forEachInFlight([1, 2, 3, 4, 5], 2, async (item) => seen.push(item));
  expect(seen.sort()).toEqual([1, 2, 3, 4, 5]);
});

test('a failure is thrown, and the rest is not begun', async () => {
  const seen: number[] = [];
  const act = async (item: number) => {
    seen.push(item);
    await new Promise((resolve) => setImmediate(resolve));
    if (item === 2) throw new Error('enough');
  };
  await expect(forEachInFlight([1, 2, 3, 4, 5, 6], 2, act)).rejects.toThrow('enough');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.length).toBeLessThanOrEqual(3);
});

test('partitions are half-open', () => {
  expect([...partitionsOf('t', 1, 3)]).toEqual([
    { topicId: 't', partition: 1 },
    { topicId: 't', partition: 2 },
  ]);
});
