/**
 * Deliberate bugs of the broker itself: what it tells its clients is not what happened, or not all.
 */

import { acceptAppend } from '../../../lib/broker/accept-records.js';
import type { BatchResult } from '../../../lib/broker/batch-verdicts.js';
import type { Broker } from '../../../lib/broker/broker.js';
import { isPendingRecords, type PendingAppend } from '../../../lib/log/shared-batch.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import type { Bug } from './bug.js';

type Appended = Extract<BatchResult, { kind: 'appended' }>;

/** Results are changed on their way to the client. */
function answering(
  change: (result: BatchResult, all: readonly BatchResult[]) => BatchResult,
): (broker: Broker) => Broker {
  return (broker) => ({
    ...broker,
    async append(batches) {
      const results = await broker.append(batches);
      return results.map((result) => change(result, results));
    },
  });
}

const isAppended = (result: BatchResult): result is Appended => result.kind === 'appended';

function singles(append: PendingAppend): PendingAppend[] {
  if (!isPendingRecords(append)) return [append];
  return append.records.map((record) =>
    acceptAppend(append.ref, [record], nodeCodecs, record.timestampMs),
  );
}

export const brokerBugs: readonly Bug[] = [
  {
    name: 'part-reported-as-all',
    what: 'when one partition of a request took its records, all are said to have',
    anomalies: ['lost-write', 'inconsistent-offsets', 'stale-read'],
    broker: answering((result, all) => {
      const taken = all.find(isAppended);
      return isAppended(result) || !taken ? result : { ...taken, baseOffset: taken.highWatermark };
    }),
  },
  {
    name: 'duplicate-gets-new-offsets',
    what: 'a retry is answered with the end of the log instead of its own offsets',
    anomalies: ['retry-moved', 'inconsistent-offsets', 'stale-read', 'lost-write'],
    broker: answering((result) =>
      isAppended(result) && result.duplicate
        ? { ...result, baseOffset: result.highWatermark }
        : result,
    ),
  },
  {
    name: 'batches-not-atomic',
    what: 'the records of a batch are appended one by one',
    anomalies: ['torn-batch'],
    broker: (broker) => ({
      ...broker,
      async append(batches) {
        return Promise.all(
          batches.map(async (batch) => {
            const parts = singles(batch);
            const answers: BatchResult[] = [];
            for (const part of parts) answers.push(...(await broker.append([part])));
            return answers.find((answer) => !isAppended(answer)) ?? (answers[0] as BatchResult);
          }),
        );
      },
    }),
  },
  {
    name: 'fetch-skips-a-batch',
    what: 'of three batches and more, the second is not served',
    anomalies: ['poll-skip'],
    broker: (broker) => ({
      ...broker,
      async fetch(ref, request) {
        const result = await broker.fetch(ref, request);
        const { batches } = result;
        return batches.length < 3 ? result : { ...result, batches: batches.toSpliced(1, 1) };
      },
    }),
  },
  {
    name: 'next-offset-too-far',
    what: 'a reader is sent one record further than it was served',
    anomalies: ['poll-skip', 'lost-write'],
    broker: (broker) => ({
      ...broker,
      async fetch(ref, request) {
        const result = await broker.fetch(ref, request);
        const { nextOffset, highWatermark } = result;
        const further = result.batches.length > 1 && nextOffset + 1 < highWatermark;
        return further ? { ...result, nextOffset: nextOffset + 1 } : result;
      },
    }),
  },
  {
    name: 'lost-wake-up',
    what: 'instances that wait do not look for the commits of others',
    anomalies: ['lost-wake-up'],
    alone: true,
  },
];
