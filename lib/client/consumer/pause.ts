/**
 * A pause that can be cut short, also before it has begun.
 */

import type { Timing } from '../retry.js';

export type Pause = {
  begin(delayMs: number): Promise<void>;
  end(): void;
};

export function createPause(timing: Pick<Timing, 'sleep'>): Pause {
  let cut = false;
  let wake = () => {};
  return {
    async begin(delayMs) {
      const early = new AbortController();
      const woken = new Promise<void>((resolve) => {
        wake = () => {
          early.abort();
          resolve();
        };
      });
      if (cut) wake();
      await Promise.race([woken, timing.sleep(delayMs, early.signal)]);
      cut = false;
      wake = () => {};
    },
    end() {
      cut = true;
      wake();
    },
  };
}
