/**
 * Clients on a clock that the test moves: time goes on in small steps, with room in between for all that
 * waits for no clock.
 */

import type { Timing } from '../../../lib/client/retry.js';
import type { ManualWorld } from '../../support/manual-world.js';

export type MemberClock = {
  readonly timing: Timing;
  step(): Promise<void>;
  /** Throws when it does not come true within so much of the clock's time. */
  until(condition: () => boolean, withinMs?: number): Promise<void>;
  eventually<T>(promise: Promise<T>): Promise<T>;
};

/** `settled` resolves when nothing is under way that needs no clock. */
export function createMemberClock(
  world: ManualWorld,
  settled: () => Promise<void> = eventLoopRounds,
): MemberClock {
  const timing: Timing = {
    nowMs: () => world.clock.nowMs(),
    random: () => world.random(),
    sleep: async (delayMs, signal) => {
      if (signal?.aborted) return;
      let wake = () => {};
      const aborted = new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal?.addEventListener('abort', wake, { once: true });
      await Promise.race([world.clock.sleep(delayMs), aborted]);
      signal?.removeEventListener('abort', wake);
    },
  };

  async function step(): Promise<void> {
    await settled();
    await world.advance(100);
  }

  async function until(condition: () => boolean, withinMs = 120_000): Promise<void> {
    const endMs = world.clock.nowMs() + withinMs;
    while (!condition()) {
      if (world.clock.nowMs() > endMs) throw new Error('it did not happen in time');
      await step();
    }
  }

  return {
    timing,
    step,
    until,
    async eventually<T>(promise: Promise<T>): Promise<T> {
      let done = false;
      const finish = () => {
        done = true;
      };
      promise.then(finish, finish);
      await until(() => done);
      return promise;
    },
  };
}

export async function eventLoopRounds(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}
