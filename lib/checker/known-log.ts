/**
 * What a checker knows of one log while a history goes by: which values were read where, how far
 * acknowledgements reach, where the log begins, and what the final reads have covered.
 */

import type { ProducerIdentity, Value } from './history.js';
import { createOffsetTable, type OffsetTable } from './offset-table.js';

export type KnownLog = {
  readonly name: string;
  /** Value numbers by offset, as reads told them. */
  readonly observed: OffsetTable;
  /** One past the highest offset that was acknowledged. */
  ackedEnd: number;
  /** One past the highest offset that was acknowledged or read. */
  knownEnd: number;
  /** The highest log start that anybody was told. */
  logStart: number;
  /** The highest offset that a trim has asked for. */
  trimAsked: number;
  /** What final reads went through; `reachedEnd` when one of them had nothing left to read. */
  finalFrom: number;
  finalTo: number;
  reachedEnd: boolean;
  /** Ranges that reads passed over: whether something lies there is known in the end. */
  readonly skipped: { readonly from: number; readonly to: number; readonly event: number }[];
  /** Final reads that did not reach what was acknowledged: stale, or the rest is lost. */
  readonly shortReads: { readonly ackedEnd: number; readonly event: number }[];
  readonly fences: Fences;
  /** Of a log whose keys are compacted. */
  compacted: CompactedLog | undefined;
};

export type CompactedLog = {
  /** What final reads have seen. */
  readonly seenAtLast: OffsetTable;
  /** By offset, the first event that showed that it is gone. */
  readonly goneAt: OffsetTable;
};

export type Fence = { readonly invoked: number; settled: number; failed: boolean };

/** `settled` is when the newest of the acknowledged fences was asked for; -1: there is none. */
export type Fences = { settled: number; readonly byToken: Map<string | null, Fence[]> };

export function createKnownLog(name: string): KnownLog {
  return {
    name,
    observed: createOffsetTable(),
    ackedEnd: 0,
    knownEnd: 0,
    logStart: 0,
    trimAsked: 0,
    finalFrom: Number.POSITIVE_INFINITY,
    finalTo: -1,
    reachedEnd: false,
    skipped: [],
    shortReads: [],
    fences: { settled: -1, byToken: new Map() },
    compacted: undefined,
  };
}

/** One batch, however often it is tried. Its values have consecutive numbers. */
export type Batch = {
  readonly log: KnownLog;
  readonly firstValue: number;
  readonly count: number;
  /** Of a log whose keys are compacted: what is a key's last value, what deletes it. */
  readonly keys: readonly string[] | undefined;
  readonly tombstones: readonly number[];
  readonly producer: ProducerIdentity | undefined;
  readonly expectedOffset: number | undefined;
  readonly fencingToken: string | undefined;
  /** `ackedEnd` when it was first sent: it belongs at or above. */
  readonly floor: number;
  /** `fences.settled` when it was first sent. */
  readonly fencedBy: number;
  /** Attempts under way. */
  open: number;
  unknown: boolean;
  /** -1 until it is acknowledged. */
  ackedAt: number;
  ackedEvent: number;
  /** Reported as read although it failed. */
  aborted: boolean;
};

/** Whether any attempt so far has had an effect, or may. */
export function mayExist({ open, unknown, ackedAt }: Batch): boolean {
  return open > 0 || unknown || ackedAt >= 0;
}

/** All values of a history by number. */
export type Values = {
  numberOf(name: Value): number | undefined;
  nameOf(number: number): Value;
  batchOf(number: number): Batch | undefined;
  /** The offset where it was first read, -1 if never. */
  offsetOf(number: number): number;
  setOffset(number: number, offset: number): void;
  /** Takes the next number. Without a batch: somebody read it whom nobody sent. */
  add(name: Value, batch: Batch | undefined): number;
  next(): number;
};

export function createValues(): Values {
  const numbers = new Map<Value, number>();
  const names: Value[] = [];
  const batches: (Batch | undefined)[] = [];
  const offsets: number[] = [];
  return {
    numberOf: (name) => numbers.get(name),
    nameOf: (number) => names[number] as Value,
    batchOf: (number) => batches[number],
    offsetOf: (number) => offsets[number] as number,
    setOffset(number, offset) {
      offsets[number] = offset;
    },
    add(name, batch) {
      const number = names.length;
      numbers.set(name, number);
      names.push(name);
      batches.push(batch);
      offsets.push(-1);
      return number;
    },
    next: () => names.length,
  };
}
