/**
 * Gives the records that wait for a flush their batches, shared where they may be, and tells each who waits what
 * became of its own.
 */

import { groupByPartition } from '../log/append-plan.js';
import type { Codecs } from '../log/codecs.js';
import { encodeShared, shareBatches } from '../log/shared-batch.js';
import type { BatchResult } from './batch-verdicts.js';
import { type AppendTicket, createTicket, type RecordsTicket, type Ticket } from './ticket.js';

/** The order within a partition stays. */
export function shareTickets(tickets: readonly AppendTicket[], codecs: Codecs): Ticket[] {
  return groupByPartition(tickets)
    .flatMap((group) => shareBatches<RecordsTicket, Ticket>(group))
    .map((one) => (isMany(one) ? sharedTicket(one, codecs) : one));
}

function isMany(one: Ticket | readonly RecordsTicket[]): one is readonly RecordsTicket[] {
  return Array.isArray(one);
}

function sharedTicket(members: readonly RecordsTicket[], codecs: Codecs): Ticket {
  return createTicket(encodeShared(members, codecs), undefined, (result) =>
    settleEach(members, result),
  );
}

function settleEach(members: readonly RecordsTicket[], result: BatchResult): void {
  let recordDelta = 0;
  for (const { recordCount, settle } of members) {
    settle(
      result.kind === 'failed'
        ? result
        : { ...result, baseOffset: result.baseOffset + recordDelta },
    );
    recordDelta += recordCount;
  }
}
