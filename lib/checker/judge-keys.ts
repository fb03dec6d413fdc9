/**
 * Logs whose keys are compacted: which records may be gone in the end, and whether what deleted a key is
 * gone before what it deleted. A record may go when a newer one of its key exists, a tombstone also by
 * itself; nothing else.
 */

import { readPlaceOf } from './judge-batches.js';
import { type Batch, type KnownLog, mayExist, type Values } from './known-log.js';
import type { Report } from './verdict.js';

export type LogKeys = {
  /** Of an offset at which a record is known to be, or to have been. */
  mayBeGone(offset: number): boolean;
  /**
   * Of an offset where nobody found a record: it belonged to a batch of which another one was found, or
   * some batch of which nobody was told may have been there.
   */
  mayBeUnknown(offset: number): boolean;
  /** By key. */
  readonly places: ReadonlyMap<string, readonly KeyPlace[]>;
};

type KeyPlace = { readonly offset: number; readonly isTombstone: boolean };

type Collected = {
  readonly byKey: Map<string, KeyPlace[]>;
  readonly byOffset: Map<number, KeyPlace & { readonly key: string }>;
  /** Keys that may have been deleted, nobody knows where. */
  readonly maybeDeleted: Set<string>;
  maybeRecords: number;
};

export function keysOf(
  batches: readonly Batch[],
  values: Values,
  tombstonesStay: boolean,
): ReadonlyMap<KnownLog, LogKeys> {
  const logs = new Map<KnownLog, Collected>();
  for (const batch of batches) {
    if (!batch.keys) continue;
    const known = logs.get(batch.log) ?? empty();
    logs.set(batch.log, known);
    collect(known, batch, batch.keys, values);
  }
  return new Map([...logs].map(([log, known]) => [log, keysOfLog(known, tombstonesStay)]));
}

const empty = (): Collected => ({
  byKey: new Map(),
  byOffset: new Map(),
  maybeDeleted: new Set(),
  maybeRecords: 0,
});

function collect(known: Collected, batch: Batch, keys: readonly string[], values: Values): void {
  if (!mayExist(batch)) return;
  const place = batch.ackedAt >= 0 ? batch.ackedAt : readPlaceOf(batch, values);
  for (const [i, key] of keys.entries()) {
    const isTombstone = batch.tombstones.includes(i);
    if (place === undefined) {
      known.maybeRecords++;
      if (isTombstone) known.maybeDeleted.add(key);
      continue;
    }
    const at = { offset: place + i, isTombstone };
    const row = known.byKey.get(key);
    if (row) row.push(at);
    else known.byKey.set(key, [at]);
    known.byOffset.set(at.offset, { ...at, key });
  }
}

function keysOfLog(known: Collected, tombstonesStay: boolean): LogKeys {
  const { byKey, byOffset, maybeDeleted, maybeRecords } = known;
  const newest = new Map(
    [...byKey].map(([key, row]) => [key, row.reduce((max, one) => Math.max(max, one.offset), -1)]),
  );
  const unknown = new Set<number>();
  const mayBeGone = (offset: number) => {
    const record = byOffset.get(offset);
    if (!record) return false;
    const { key, isTombstone } = record;
    if ((newest.get(key) ?? -1) > offset || maybeDeleted.has(key)) return true;
    return isTombstone && !tombstonesStay;
  };
  return {
    places: byKey,
    mayBeGone,
    mayBeUnknown(offset) {
      if (byOffset.has(offset)) return mayBeGone(offset);
      if (unknown.size < maybeRecords) unknown.add(offset);
      return unknown.has(offset);
    },
  };
}

/** A value that is there in the end, though the tombstone that came after it is not, has come back. */
export function judgeKeys(log: KnownLog, { places }: LogKeys, report: Report): void {
  const { compacted, finalFrom, finalTo, logStart } = log;
  if (!compacted) return;
  const wasSeen = ({ offset }: KeyPlace) => compacted.seenAtLast.get(offset) >= 0;
  const from = Math.max(finalFrom, logStart);
  for (const [key, row] of places) {
    const looked = row.filter(({ offset }) => offset >= from && offset < finalTo);
    const last = looked.reduce<KeyPlace | undefined>(
      (max, one) => (max && max.offset > one.offset ? max : one),
      undefined,
    );
    if (!last?.isTombstone || wasSeen(last)) continue;
    const older = looked.find((one) => one !== last && wasSeen(one));
    if (!older) continue;
    report(
      'resurrected',
      { log: log.name },
      () => `${key} is at ${older.offset}, and its tombstone at ${last.offset} is gone`,
    );
  }
}
