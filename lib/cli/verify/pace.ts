/**
 * Keeps work to a rate. Who falls behind, because the server is slow or away, catches up a little and not
 * more: an outage is not followed by a flood.
 */

import type { Timing } from '../../client/retry.js';

export type Pace = {
  /** Resolves when it is time for that many more. */
  turn(records: number, signal: AbortSignal): Promise<void>;
};

const behindMsMax = 200;

export function createPace(timing: Timing, recordsPerSecond: number): Pace {
  let dueMs = timing.nowMs();
  return {
    async turn(records, signal) {
      const nowMs = timing.nowMs();
      dueMs = Math.max(dueMs, nowMs - behindMsMax);
      const waitMs = dueMs - nowMs;
      dueMs += (records * 1_000) / recordsPerSecond;
      if (waitMs > 0) await timing.sleep(waitMs, signal);
    },
  };
}
