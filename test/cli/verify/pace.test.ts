/** lib/cli/verify/pace.js: the rate is kept, and an outage is not followed by a flood. */

import { expect, test } from 'vitest';
import { createPace } from '../../../lib/cli/verify/pace.js';
import { sleepingTiming } from '../../client/in-process-server.js';

const { signal } = new AbortController();

test('a thousand records at a hundred per second take ten seconds', async () => {
  const timing = sleepingTiming();
  const startMs = timing.nowMs();
  const pace = createPace(timing, 100);
  for (let i = 0; i < 101; i++) await pace.turn(10, signal);
  expect(timing.nowMs() - startMs).toBe(10_000);
});

test('after an hour away it catches up by a fifth of a second', async () => {
  const timing = sleepingTiming();
  const pace = createPace(timing, 100);
  await timing.sleep(3_600_000);
  const backMs = timing.nowMs();
  let atOnce = 0;
  for (; timing.nowMs() === backMs; atOnce++) await pace.turn(10, signal);
  expect(atOnce).toBe(4);
});
