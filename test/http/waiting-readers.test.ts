/**
 * Thousands of readers wait in one process: they share one timer, one commit wakes them all, and when
 * the last is gone so is the timer.
 */

import { expect, test } from 'vitest';
import type { Clock } from '../../lib/store/world.js';
import { append, newTopic, page } from './api-client.js';
import { inProcessApi } from './apis.js';

const readerCount = 2_000;

/** Time stands still unless it is moved; timers fire when told to. */
function manualClock() {
  let nowMs = 1_700_000_000_000;
  const ticks = new Set<() => void>();
  let timersMade = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    every(_intervalMs, tick) {
      timersMade++;
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
    sleep: async () => {},
    afterTurn: setImmediate,
  };
  return {
    clock,
    running: () => ticks.size,
    timersMade: () => timersMade,
    advance(ms: number) {
      nowMs += ms;
      for (const tick of ticks) tick();
    },
  };
}

/** Lets everything that needs no time come to rest. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function waiting(waitMs: number) {
  const time = manualClock();
  const api = await inProcessApi({ clock: time.clock });
  const topic = await newTopic(api);
  const polls = Array.from({ length: readerCount }, () =>
    page(api, topic, `?offset=0&waitMs=${waitMs}`),
  );
  await settled();
  return { time, api, topic, polls };
}

// Fault 30 of docs/faults.md.
test('readers that wait share one timer, and one append wakes them all', async () => {
  const { time, api, topic, polls } = await waiting(60_000);
  expect([time.running(), time.timersMade()]).toEqual([1, 1]);
  await append(api, topic, [{ value: 'news' }]);
  for (const { records } of await Promise.all(polls)) {
    expect(records.map(({ value }) => value)).toEqual(['news']);
  }
  expect(time.running()).toBe(0);
  await api.stop();
});

test('readers that nothing comes for end together when their time is over, not before', async () => {
  const { time, api, polls } = await waiting(5_000);
  let ended = 0;
  for (const poll of polls) {
    void poll.then(() => {
      ended++;
    });
  }
  time.advance(4_999);
  await settled();
  expect([ended, time.running()]).toEqual([0, 1]);
  time.advance(1);
  for (const { records, nextOffset } of await Promise.all(polls)) {
    expect([records, nextOffset]).toEqual([[], 0]);
  }
  expect([time.running(), time.timersMade()]).toEqual([0, 1]);
  await api.stop();
});

test('stopping ends every wait', async () => {
  const { time, api, polls } = await waiting(60_000);
  await api.stop();
  for (const { records } of await Promise.all(polls)) expect(records).toEqual([]);
  expect(time.running()).toBe(0);
});
