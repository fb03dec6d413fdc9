/** The world of Node: a clock that moves on, timers that stop, ids and numbers that differ. */

import { expect, test } from 'vitest';
import { createNodeWorld } from '../../lib/runtime/node-world.js';
import type { Logger } from '../../lib/store/world.js';

const silent: Logger = { info() {}, warn() {}, error() {} };

test('sleeping takes at least its time', async () => {
  const { clock } = createNodeWorld(silent);
  const beforeMs = clock.nowMs();
  await clock.sleep(20);
  // Timers and the clock are rounded differently, by up to a millisecond.
  expect(clock.nowMs() - beforeMs).toBeGreaterThanOrEqual(19);
  expect(() => clock.sleep(2 ** 31)).toThrow(/at most/);
});

test('a ticking timer ticks again, until it is stopped', async () => {
  const { clock } = createNodeWorld(silent);
  let ticks = 0;
  await new Promise<void>((resolve) => {
    const stop = clock.every(1, () => {
      ticks++;
      if (ticks < 3) return;
      stop();
      resolve();
    });
  });
  await clock.sleep(10);
  expect(ticks).toBe(3);
});

test('ids and numbers are random, and the logger is the one it was given', () => {
  const world = createNodeWorld(silent);
  const uuids = new Set(Array.from({ length: 100 }, () => world.uuid()));
  expect(uuids.size).toBe(100);
  for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const numbers = Array.from({ length: 100 }, () => world.random());
  expect(new Set(numbers).size).toBe(100);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(world.log).toBe(silent);
});
