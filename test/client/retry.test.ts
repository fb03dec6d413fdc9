/** lib/client/retry.js: what is tried again, how often, and with what pauses. */

import { expect, test } from 'vitest';
import { LogbrookError, type SideEffects } from '../../lib/client/logbrook-error.js';
import { patientRetry, type RetryPolicy, type Timing, withRetry } from '../../lib/client/retry.js';
import { sleepingTiming } from './in-process-server.js';

const policy: RetryPolicy = { triesMax: 5, giveUpAfterMs: 10_000, pauseMs: 100, pauseMsMax: 300 };

function failureOf(retriable: boolean, sideEffects: SideEffects, retryAfterMs = 0): LogbrookError {
  const facts = { code: 'X', status: 503, retriable, sideEffects, retryAfterMs };
  return new LogbrookError('no', facts);
}

function recording(): Timing & { readonly pausesMs: number[] } {
  const timing = sleepingTiming();
  const pausesMs: number[] = [];
  const sleep = (delayMs: number) => {
    pausesMs.push(delayMs);
    return timing.sleep(delayMs);
  };
  return { ...timing, sleep, pausesMs };
}

async function triesOf(
  error: unknown,
  when: 'always' | 'noEffect',
  timing: Timing = sleepingTiming(),
  chosen = policy,
): Promise<number> {
  let tries = 0;
  const attempt = async () => {
    tries++;
    throw error;
  };
  await expect(withRetry(timing, { policy: chosen, when }, attempt)).rejects.toBe(error);
  return tries;
}

test.each([
  ['retriable and harmless', failureOf(true, 'none'), 'noEffect', 5],
  ['perhaps done', failureOf(true, 'unknown'), 'noEffect', 1],
  ['perhaps done, but idempotent', failureOf(true, 'unknown'), 'always', 5],
  ['final', failureOf(false, 'none'), 'always', 1],
  ['a bug of ours', new TypeError('oops'), 'always', 1],
] as const)('%s', async (_what, error, when, tries) => {
  expect(await triesOf(error, when)).toBe(tries);
});

// Fault 50 of docs/faults.md.
test('pauses grow up to their maximum, and differ by chance', async () => {
  const timing = recording();
  await triesOf(failureOf(true, 'none'), 'always', timing);
  expect(timing.pausesMs).toEqual([100, 200, 300, 300]);
  const middling = { ...recording(), random: () => 0.25 };
  await triesOf(failureOf(true, 'none'), 'always', middling);
  expect(middling.pausesMs).toEqual([25, 50, 75, 75]);
  const lucky = { ...recording(), random: () => 0 };
  await triesOf(failureOf(true, 'none'), 'always', lucky);
  expect(lucky.pausesMs).toEqual([0, 0, 0, 0]);
});

test('a pause that the server asks for is kept', async () => {
  const timing = recording();
  await triesOf(failureOf(true, 'none', 1_000), 'always', timing);
  expect(timing.pausesMs[0]).toBe(1_000);
});

test('it gives up when the time is over', async () => {
  const timing = recording();
  await triesOf(failureOf(true, 'none'), 'always', timing, patientRetry);
  const sleptMs = timing.pausesMs.reduce((sum, ms) => sum + ms, 0);
  expect(sleptMs).toBeLessThanOrEqual(patientRetry.giveUpAfterMs);
  expect(sleptMs).toBeGreaterThan(patientRetry.giveUpAfterMs - patientRetry.pauseMsMax);
});

test('an abort ends it', async () => {
  const controller = new AbortController();
  const timing = sleepingTiming();
  const attempt = async () => {
    controller.abort(new Error('enough'));
    throw failureOf(true, 'none');
  };
  const retrying = { policy, when: 'always', signal: controller.signal } as const;
  await expect(withRetry(timing, retrying, attempt)).rejects.toThrow('enough');
});
