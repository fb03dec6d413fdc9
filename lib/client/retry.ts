/**
 * Trying again: only what is retriable, only where a second try cannot do harm, with pauses that grow
 * and differ from client to client.
 */

import { LogbrookError } from './logbrook-error.js';

export type RetryPolicy = {
  readonly triesMax: number;
  /** After this long no further try is begun. */
  readonly giveUpAfterMs: number;
  /** The longest first pause; each further one may be twice as long. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
};

/** For somebody who waits for the answer. */
export const briefRetry: RetryPolicy = {
  triesMax: 4,
  giveUpAfterMs: 5_000,
  pauseMs: 50,
  pauseMsMax: 1_000,
};

/** For work that should outlive a restart of the server. */
export const patientRetry: RetryPolicy = {
  triesMax: Number.POSITIVE_INFINITY,
  giveUpAfterMs: 120_000,
  pauseMs: 50,
  pauseMsMax: 2_000,
};

/** What retrying needs of the world. */
export type Timing = {
  nowMs(): number;
  random(): number;
  /** May end early when `signal` fires. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
};

export const machineTiming: Timing = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      if (signal?.aborted) done();
      signal?.addEventListener('abort', done, { once: true });
    }),
};

export type Retrying = {
  readonly policy: RetryPolicy;
  /** `always`: a second try is harmless. `noEffect`: only when the first certainly did nothing. */
  readonly when: 'always' | 'noEffect';
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((error: LogbrookError) => void) | undefined;
};

export async function withRetry<T>(
  timing: Timing,
  { policy, when, signal, onRetry }: Retrying,
  attempt: () => Promise<T>,
): Promise<T> {
  const startMs = timing.nowMs();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const harmless = error instanceof LogbrookError && mayRepeat(error, when);
      const pauseMs = harmless ? pauseBefore(tries, error, policy, timing) : 0;
      const lateMs = timing.nowMs() + pauseMs - startMs;
      if (!harmless || tries >= policy.triesMax || lateMs > policy.giveUpAfterMs) throw error;
      onRetry?.(error);
      await timing.sleep(pauseMs, signal);
      signal?.throwIfAborted();
    }
  }
}

function mayRepeat(error: LogbrookError, when: Retrying['when']): boolean {
  return error.retriable && (when === 'always' || error.sideEffects === 'none');
}

function pauseBefore(
  tries: number,
  { retryAfterMs }: LogbrookError,
  { pauseMs, pauseMsMax }: RetryPolicy,
  timing: Timing,
): number {
  const growing = Math.min(pauseMsMax, pauseMs * 2 ** Math.min(tries - 1, 20));
  // Full jitter: who failed together does not come back together.
  return Math.max(retryAfterMs, growing * timing.random());
}
