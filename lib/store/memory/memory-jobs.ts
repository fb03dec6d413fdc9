/** What runs of maintenance leave for each other, in memory. */

import { type JobStore, mayAsk, type RunCursor } from '../job-store.js';

export function createMemoryJobs(): JobStore {
  let cursor: RunCursor | undefined;
  let askedMs: number | undefined;
  return {
    readCursor: async () => cursor,
    async writeCursor(next) {
      cursor = next;
    },
    async claimAsk(nowMs, everyMs) {
      const may = mayAsk(askedMs, nowMs, everyMs);
      if (may) askedMs = nowMs;
      return may;
    },
  };
}
