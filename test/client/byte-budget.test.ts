/** Bytes in memory: who finds no room waits, until there is some again. */

import { expect, test } from 'vitest';
import { createByteBudget } from '../../lib/client/byte-budget.js';

test('who waits for room goes on when enough was given back, and not before', async () => {
  const budget = createByteBudget(10);
  budget.take(9);
  expect(budget.room()).toBeUndefined();
  budget.take(5);
  const told: string[] = [];
  const waiting = ['a', 'b'].map((name) => budget.room()?.then(() => told.push(name)));
  budget.give(4);
  await Promise.resolve();
  expect([budget.hasRoom(), told]).toEqual([false, []]);
  budget.give(1);
  await Promise.all(waiting);
  expect([budget.hasRoom(), told]).toEqual([true, ['a', 'b']]);
});

test('one thing larger than all of the budget is taken, and has to go before the next', () => {
  const budget = createByteBudget(10);
  expect(budget.room()).toBeUndefined();
  budget.take(1_000);
  expect(budget.room()).toBeInstanceOf(Promise);
  budget.give(1_000);
  expect(budget.room()).toBeUndefined();
});
