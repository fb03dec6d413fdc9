/**
 * Appends and fences as they go by. A batch that is sent again, with the same values and the same
 * producer identity, is the same batch; any other second use of a value is a fault of the history.
 */

import type { Append, Completion, Fence } from './history.js';
import { HistoryError } from './history-lines.js';
import type { Batch, KnownLog, Values } from './known-log.js';
import { createOffsetTable } from './offset-table.js';
import type { Report } from './verdict.js';

/** Takes the completion of an operation that was begun. */
export type Settle = (completion: Completion, event: number) => void;

export function beginAppend(
  log: KnownLog,
  append: Append,
  values: Values,
  batches: Batch[],
  event: number,
  report: Report,
): Settle {
  if (append.keys && append.keys.length !== append.values.length) {
    throw new HistoryError(event, '`keys` must be as many as `values`');
  }
  const batch = findBatch(append, log, values, event) ?? newBatch(append, log, values, batches);
  batch.open++;
  return (completion, at) => {
    batch.open--;
    if (completion.type === 'unknown') batch.unknown = true;
    if (completion.type !== 'ok' || completion.op !== 'append') return;
    const { baseOffset } = completion;
    log.ackedEnd = Math.max(log.ackedEnd, baseOffset + batch.count);
    log.knownEnd = Math.max(log.knownEnd, log.ackedEnd);
    if (batch.ackedAt < 0) {
      batch.ackedAt = baseOffset;
      batch.ackedEvent = at;
    } else if (batch.ackedAt !== baseOffset) {
      const name = values.nameOf(batch.firstValue);
      report(
        'retry-moved',
        { log: log.name, event: at },
        () => `the batch of ${name} was answered with ${batch.ackedAt}, then with ${baseOffset}`,
      );
    }
  };
}

function findBatch(
  append: Append,
  log: KnownLog,
  values: Values,
  event: number,
): Batch | undefined {
  const numbers = append.values.map((name) => values.numberOf(name));
  const batch = numbers.map((n) => (n === undefined ? undefined : values.batchOf(n))).find(Boolean);
  if (!batch) return undefined;
  const { producer } = append;
  const same =
    batch.log === log &&
    batch.count === numbers.length &&
    numbers.every((number, i) => number === batch.firstValue + i) &&
    producer !== undefined &&
    producer.producerId === batch.producer?.producerId &&
    producer.epoch === batch.producer.epoch &&
    producer.baseSequence === batch.producer.baseSequence;
  if (same) return batch;
  const name = values.nameOf(batch.firstValue);
  throw new HistoryError(event, `values of the batch of ${name} are used for another batch`);
}

function newBatch(append: Append, log: KnownLog, values: Values, batches: Batch[]): Batch {
  const { producer, expectedOffset, fencingToken, keys, tombstones = [] } = append;
  if (keys) log.compacted ??= { seenAtLast: createOffsetTable(), goneAt: createOffsetTable() };
  const batch: Batch = {
    log,
    firstValue: values.next(),
    count: append.values.length,
    keys,
    tombstones,
    producer,
    expectedOffset,
    fencingToken,
    floor: log.ackedEnd,
    fencedBy: log.fences.settled,
    open: 0,
    unknown: false,
    ackedAt: -1,
    ackedEvent: -1,
    aborted: false,
  };
  for (const name of append.values) values.add(name, batch);
  batches.push(batch);
  return batch;
}

export function beginFence(log: KnownLog, { token }: Fence, event: number): Settle {
  const fence = { invoked: event, settled: Number.POSITIVE_INFINITY, failed: false };
  const { fences } = log;
  const same = fences.byToken.get(token);
  if (same) same.push(fence);
  else fences.byToken.set(token, [fence]);
  return ({ type }, at) => {
    if (type === 'fail') fence.failed = true;
    if (type !== 'ok') return;
    fence.settled = at;
    fences.settled = Math.max(fences.settled, event);
  };
}

/**
 * Whether the batch's token can have been the log's at some moment between its sending and its
 * acknowledgement: set by a fence that no other fence has certainly replaced before.
 */
export function mayPassFence({ log, fencingToken, fencedBy, ackedEvent }: Batch): boolean {
  // Which token a log had before the history began is not known.
  if (fencingToken === undefined || fencedBy < 0) return true;
  const endedBy = ackedEvent < 0 ? Number.POSITIVE_INFINITY : ackedEvent;
  const fences = log.fences.byToken.get(fencingToken) ?? [];
  return fences.some(
    ({ failed, settled, invoked }) => !failed && settled > fencedBy && invoked < endedBy,
  );
}
