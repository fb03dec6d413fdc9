/**
 * What takes the whole history: where every batch lies in the end, whether it may lie there, and what
 * of the acknowledged is missing.
 */

import { mayPassFence } from './appends.js';
import type { LogKeys } from './judge-keys.js';
import { type Batch, type KnownLog, mayExist, type Values } from './known-log.js';
import { createOffsetTable, type OffsetTable } from './offset-table.js';
import type { Report } from './verdict.js';

/** Sequences wrap here, as in Kafka. */
const sequenceModulus = 2 ** 31;

export type BatchTotals = { readonly acknowledgedRecords: number; readonly unseenRecords: number };

export function judgeBatches(
  batches: readonly Batch[],
  values: Values,
  claims: ReadonlyMap<KnownLog, OffsetTable>,
  keys: ReadonlyMap<KnownLog, LogKeys>,
  report: Report,
): BatchTotals {
  let acknowledgedRecords = 0;
  let unseenRecords = 0;
  const rows = new Map<string, PlacedBatch[]>();
  batches.forEach((batch, index) => {
    if (batch.ackedAt >= 0) acknowledgedRecords += batch.count;
    const readAt = readPlaceOf(batch, values);
    if (readAt !== undefined && !mayExist(batch)) {
      if (!batch.aborted) reportAborted(batch, values, readAt, report);
      return;
    }
    const conflict = batch.ackedAt >= 0 && conflictOf(batch, index, readAt, values, claims);
    if (conflict) {
      const name = values.nameOf(batch.firstValue);
      report(
        'inconsistent-offsets',
        whereOf(batch),
        () => `the batch of ${name} was acknowledged at ${batch.ackedAt}, ${conflict}`,
      );
    }
    unseenRecords += judgeValues(batch, readAt, values, keys.get(batch.log), report);
    const place = batch.ackedAt >= 0 ? batch.ackedAt : readAt;
    if (place === undefined) return;
    judgePlace(batch, place, values, report);
    if (!batch.producer) return;
    const key = `${batch.producer.producerId} ${batch.log.name}`;
    const row = rows.get(key);
    if (row) row.push({ batch, place });
    else rows.set(key, [{ batch, place }]);
  });
  for (const row of rows.values()) judgeRow(row, values, report);
  return { acknowledgedRecords, unseenRecords };
}

type PlacedBatch = { readonly batch: Batch; readonly place: number };

/** Which batch an acknowledgement puts at each offset; the first that claims it keeps it. */
export function claimsOf(batches: readonly Batch[]): Map<KnownLog, OffsetTable> {
  const claims = new Map<KnownLog, OffsetTable>();
  batches.forEach(({ log, ackedAt, count }, index) => {
    if (ackedAt < 0) return;
    const table = claims.get(log) ?? createOffsetTable();
    claims.set(log, table);
    for (let offset = ackedAt; offset < ackedAt + count; offset++) {
      if (table.get(offset) < 0) table.set(offset, index);
    }
  });
  return claims;
}

/** Where the batch begins, as far as reads tell. */
export function readPlaceOf({ firstValue, count }: Batch, values: Values): number | undefined {
  for (let i = 0; i < count; i++) {
    const offset = values.offsetOf(firstValue + i);
    if (offset >= 0) return offset - i;
  }
  return undefined;
}

function whereOf({ log, ackedEvent }: Batch) {
  return ackedEvent < 0 ? { log: log.name } : { log: log.name, event: ackedEvent };
}

function reportAborted(batch: Batch, values: Values, readAt: number, report: Report): void {
  const name = values.nameOf(batch.firstValue);
  report(
    'aborted-read',
    { log: batch.log.name },
    () => `the batch of ${name} at ${readAt}: its append failed`,
  );
}

/** An acknowledgement against other acknowledgements and against what was read. */
function conflictOf(
  { log, ackedAt, firstValue, count }: Batch,
  index: number,
  readAt: number | undefined,
  values: Values,
  claims: ReadonlyMap<KnownLog, OffsetTable>,
): string | undefined {
  if (readAt !== undefined && readAt !== ackedAt) return `but read at ${readAt}`;
  for (let i = 0; i < count; i++) {
    const offset = ackedAt + i;
    if (claims.get(log)?.get(offset) !== index) return `and so was another at ${offset}`;
    const other = log.observed.get(offset);
    const unread = values.offsetOf(firstValue + i) < 0;
    if (other >= 0 && unread) return `but ${values.nameOf(other)} was read at ${offset}`;
  }
  return undefined;
}

/** Which values are missing or out of place. Tells how many nobody has looked for. */
function judgeValues(
  batch: Batch,
  readAt: number | undefined,
  values: Values,
  keys: LogKeys | undefined,
  report: Report,
): number {
  const { log, firstValue, count, ackedAt } = batch;
  const acked = ackedAt >= 0;
  let unseen = 0;
  let torn = -1;
  for (let i = 0; i < count; i++) {
    const at = values.offsetOf(firstValue + i);
    if (at >= 0) {
      if (at - i !== readAt) torn = i;
      continue;
    }
    const offset = (acked ? ackedAt : (readAt ?? 0)) + i;
    if (keys?.mayBeGone(offset)) continue;
    const looked = offset >= log.logStart && wasLookedAt(log, offset);
    const name = () => values.nameOf(firstValue + i);
    if (acked && looked) {
      report('lost-write', whereOf(batch), () => `${name()} was acknowledged at ${offset}`);
    } else if (acked && offset >= log.logStart) unseen++;
    const taken = readAt !== undefined && log.observed.get(offset) >= 0;
    if (!acked && readAt !== undefined && (looked || taken)) torn = i;
  }
  if (torn >= 0) {
    report(
      'torn-batch',
      whereOf(batch),
      () =>
        `the batch of ${values.nameOf(firstValue)} begins at ${readAt}, but ${values.nameOf(firstValue + torn)} is not at ${(readAt ?? 0) + torn}`,
    );
  }
  return unseen;
}

function wasLookedAt({ finalFrom, finalTo, reachedEnd }: KnownLog, offset: number): boolean {
  return offset >= finalFrom && (offset < finalTo || reachedEnd);
}

/** Whether the batch may lie where it lies. */
function judgePlace(batch: Batch, place: number, values: Values, report: Report): void {
  const { floor, expectedOffset, firstValue, fencingToken } = batch;
  const where = whereOf(batch);
  const name = () => `the batch of ${values.nameOf(firstValue)} at ${place}`;
  if (place < floor) {
    report(
      'nonmonotonic-send',
      where,
      () => `${name()}: ${floor - 1} was acknowledged before it was sent`,
    );
  }
  if (expectedOffset !== undefined && expectedOffset !== place) {
    report('expected-offset', where, () => `${name()} demanded ${expectedOffset}`);
  }
  if (!mayPassFence(batch)) {
    report('fenced-write', where, () => `${name()} carried the token ${fencingToken}`);
  }
}

/** One producer's batches in one log: epochs only go up, and so do sequences within one. */
function judgeRow(row: PlacedBatch[], values: Values, report: Report): void {
  row.sort((a, b) => a.place - b.place);
  let last: PlacedBatch | undefined;
  for (const placed of row) {
    const [before, now] = [last?.batch.producer, placed.batch.producer];
    if (!before || !now || now.epoch > before.epoch) {
      last = placed;
      continue;
    }
    const where = whereOf(placed.batch);
    const name = () => `the batch of ${values.nameOf(placed.batch.firstValue)} at ${placed.place}`;
    if (now.epoch < before.epoch) {
      report(
        'fenced-write',
        where,
        () => `${name()} has epoch ${now.epoch}, after epoch ${before.epoch} at ${last?.place}`,
      );
      continue;
    }
    const ahead = (now.baseSequence - before.baseSequence + sequenceModulus) % sequenceModulus;
    if (ahead >= sequenceModulus / 2) {
      report(
        'nonmonotonic-send',
        where,
        () => `${name()} has sequence ${now.baseSequence}, after ${before.baseSequence}`,
      );
      continue;
    }
    last = placed;
  }
}
