/** lib/client/consumer/step-iterator.js: what a generator's iterator does, step by step. */

import { describe, expect, test } from 'vitest';
import { ended, iterateSteps, type Steps } from '../../../lib/client/consumer/step-iterator.js';

/** Items in loads of three; `more` waits for one turn of the microtasks. */
function stepsTo(count: number): Steps<number> {
  let next = 0;
  let loaded = 0;
  return {
    step: () => (next < loaded ? { done: false, value: next++ } : undefined),
    async more() {
      await undefined;
      if (loaded === count) return false;
      loaded = Math.min(count, loaded + 3);
      return true;
    },
  };
}

async function* generatorTo(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const iterators: [string, (count: number) => AsyncIterableIterator<number>][] = [
  ['steps', (count) => iterateSteps(stepsTo(count))],
  ['a generator', generatorTo],
];

describe.each(iterators)('%s', (_what, to) => {
  test('gives all items in order, and then only the end', async () => {
    const iterator = to(8);
    const items: number[] = [];
    for await (const item of iterator) items.push(item);
    expect(items).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await iterator.next()).toEqual(ended);
  });

  test('calls take their turn, also the one that ends it', async () => {
    const iterator = to(8);
    const calls = [
      ...Array.from({ length: 5 }, () => iterator.next()),
      iterator.return?.('over'),
      iterator.next(),
    ];
    const values = (await Promise.all(calls)).map((result) => [result?.done, result?.value]);
    const items = [0, 1, 2, 3, 4].map((item) => [false, item]);
    expect(values).toEqual([...items, [true, 'over'], [true, undefined]]);
  });

  test('leaving a loop ends it', async () => {
    const iterator = to(8);
    for await (const item of iterator) if (item === 4) break;
    expect(await iterator.next()).toEqual(ended);
  });

  test('what is thrown into it ends it', async () => {
    const iterator = to(8);
    await iterator.next();
    await expect(iterator.throw?.(new Error('no'))).rejects.toThrow('no');
    expect(await iterator.next()).toEqual(ended);
  });
});

test.each<[string, Partial<Steps<number>>]>([
  ['a step', { step: () => expect.fail('broken') }],
  ['waiting for more', { more: async () => expect.fail('broken') }],
])('what %s throws is told once, and ends it', async (_what, broken) => {
  const iterator = iterateSteps({ ...stepsTo(8), ...broken });
  await expect(iterator.next()).rejects.toThrow('broken');
  expect(await iterator.next()).toEqual(ended);
});

test('a step can say that it is the end', async () => {
  const iterator = iterateSteps({ step: () => ended, more: async () => expect.fail() });
  expect(await iterator.next()).toEqual(ended);
});

test('what is there is not waited for', async () => {
  const iterator = iterateSteps(stepsTo(8));
  await iterator.next();
  let at = 0;
  const second = iterator.next().then(() => at++);
  await undefined;
  expect(at).toBe(1);
  await second;
});
