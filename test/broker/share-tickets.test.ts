/** lib/broker/share-tickets.js: who shares a batch is told of the records that are theirs. */

import { expect, test } from 'vitest';
import { acceptAppend } from '../../lib/broker/accept-records.js';
import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import { BrokerError } from '../../lib/broker/broker-error.js';
import { shareTickets } from '../../lib/broker/share-tickets.js';
import { createRecordsTicket, createTicket } from '../../lib/broker/ticket.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { isPendingRecords } from '../../lib/log/shared-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { manualStartMs } from '../support/manual-world.js';
import { batchOf, lineOf, nameOf, refA } from './broker-fixture.js';

const refB = { ...refA, partition: 1 };

function sharing() {
  const answers: string[] = [];
  const tell = (name: string) => (result: BatchResult) =>
    void answers.push(`${name}: ${lineOf(result)}`);
  return {
    answers,
    records(name: string, recordCount: number, ref: PartitionRef = refA) {
      const records = Array.from({ length: recordCount }, (_, i) => ({
        key: null,
        value: new TextEncoder().encode(`${name}#${i}`),
        headers: [],
        timestampMs: manualStartMs,
      }));
      const pending = acceptAppend(ref, records, nodeCodecs, manualStartMs);
      if (!isPendingRecords(pending)) throw new Error(`${name} does not wait`);
      return createRecordsTicket(pending, tell(name));
    },
    batch: (name: string) => createTicket(batchOf(name), undefined, tell(name)),
  };
}

const appendedAt = (baseOffset: number): BatchResult => ({
  kind: 'appended',
  baseOffset,
  duplicate: false,
  highWatermark: 100,
});

test('each has the offset at which its own records begin', () => {
  const { answers, records, batch } = sharing();
  const tickets = [records('a', 3), records('x', 2, refB), records('b', 1), batch('c')];
  const shared = shareTickets([...tickets, records('d', 2), records('e', 2)], nodeCodecs);
  const layout = shared.map(({ ref, parts, recordCount }) => {
    const [bytes = new Uint8Array()] = parts;
    return `${ref.partition}: ${recordCount} from ${nameOf(bytes)}`;
  });
  expect(layout).toEqual(['0: 4 from a', '0: 1 from c', '0: 4 from d', '1: 2 from x']);
  for (const [i, { settle }] of shared.entries()) settle(appendedAt(10 * i));
  expect(answers).toEqual(['a: 0', 'b: 3', 'c: 10', 'd: 20', 'e: 22', 'x: 30']);
});

test('a failure is the failure of all', () => {
  const { answers, records } = sharing();
  const [shared] = shareTickets([records('a', 1), records('b', 1)], nodeCodecs);
  const error = new BrokerError('REQUEST_TIMED_OUT', 'Nobody knows.', { sideEffects: 'unknown' });
  shared?.settle({ kind: 'failed', error });
  expect(answers).toEqual(['a: REQUEST_TIMED_OUT unknown', 'b: REQUEST_TIMED_OUT unknown']);
});
