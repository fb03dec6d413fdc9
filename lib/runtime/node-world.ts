/**
 * The world as Node has it: the machine's clock, timers and randomness.
 */

import { randomUUID } from 'node:crypto';
import { assert } from '../log/assert.js';
import type { Logger, World } from '../store/world.js';

/** Node's timers fire at once when asked for more. */
const timerMsMax = 2 ** 31 - 1;

export function createNodeWorld(log: Logger): World {
  return {
    clock: {
      nowMs: () => Date.now(),
      every(intervalMs, tick) {
        assert(intervalMs <= timerMsMax, `a timer waits at most ${timerMsMax} ms`);
        const timer = setInterval(tick, intervalMs);
        return () => clearInterval(timer);
      },
      sleep(delayMs) {
        assert(delayMs <= timerMsMax, `a timer waits at most ${timerMsMax} ms`);
        return new Promise((resolve) => setTimeout(resolve, delayMs));
      },
      afterTurn: (act) => void setImmediate(act),
    },
    random: () => Math.random(),
    uuid: () => randomUUID(),
    log,
  };
}
