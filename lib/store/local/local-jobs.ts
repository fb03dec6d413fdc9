/** What runs of maintenance leave for each other, in LMDB. */

import { type JobStore, mayAsk, type RunCursor } from '../job-store.js';
import type { Table } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { Reading } from './reading.js';

const cursorKey = 'jobsCursor';
const askedKey = 'jobsAskedMs';

export function createLocalJobs(
  facts: Table<unknown>,
  commits: GroupCommit,
  reading: Reading,
): JobStore {
  return {
    readCursor: async () => reading(() => facts.get(cursorKey) as RunCursor | undefined),
    writeCursor: (cursor) =>
      commits.run<void>(() => ({
        answer: undefined,
        write: () => (cursor ? facts.put(cursorKey, cursor) : facts.remove(cursorKey)),
      })),
    claimAsk: (nowMs, everyMs) =>
      commits.run<boolean>(() => {
        const may = mayAsk(facts.get(askedKey) as number | undefined, nowMs, everyMs);
        return may ? { answer: true, write: () => facts.put(askedKey, nowMs) } : { answer: false };
      }),
  };
}
