/** Requests for a flusher under test, and what they were answered. */

import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import type { Flusher } from '../../lib/broker/flusher.js';
import type { PendingAppend } from '../../lib/log/shared-batch.js';
import { batchOf, lineOf, refA } from './broker-fixture.js';

/** All in one request; one line per batch. */
export function submit(flusher: Flusher, batches: readonly PendingAppend[]): Promise<string[]> {
  const settles: ((result: BatchResult) => void)[] = [];
  const answers = batches.map(
    (_, i) =>
      new Promise<string>((resolve) => {
        settles[i] = (result) => resolve(lineOf(result));
      }),
  );
  flusher.submit(batches.map((batch, i) => ({ ...batch, settle: (r) => settles[i]?.(r) })));
  return Promise.all(answers);
}

export const many = (name: string, count: number, ref = refA) =>
  Array.from({ length: count }, (_, i) => batchOf(`${name}${i}`, 1, { ref }));
