/** Fewer at once where batches overtake each other, more again where they do not, within bounds. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInFlightWindow } from '../../../lib/client/producer/in-flight-window.js';

test('half after an overtaking, one more after sixteen without', () => {
  const window = createInFlightWindow(5);
  expect(window.size()).toBe(5);
  window.overtaken();
  expect(window.size()).toBe(2);
  window.overtaken();
  window.overtaken();
  expect(window.size()).toBe(1);
  for (let i = 0; i < 15; i++) window.acknowledged();
  expect(window.size()).toBe(1);
  window.acknowledged();
  expect(window.size()).toBe(2);
});

test('an overtaking begins the row anew', () => {
  const window = createInFlightWindow(4);
  window.overtaken();
  for (let i = 0; i < 15; i++) window.acknowledged();
  window.overtaken();
  window.acknowledged();
  expect(window.size()).toBe(1);
});

test('whatever happens, there is one at least, and no more than was asked for', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 100 }),
    fc.array(fc.boolean(), { maxLength: 300 }),
    (sizeMax, history) => {
      const window = createInFlightWindow(sizeMax);
      for (const early of history) {
        if (early) window.overtaken();
        else window.acknowledged();
        expect(window.size()).toBeGreaterThanOrEqual(1);
        expect(window.size()).toBeLessThanOrEqual(sizeMax);
      }
    },
  );
  fc.assert(property);
});
