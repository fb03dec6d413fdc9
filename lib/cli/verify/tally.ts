/**
 * Counts what a history tells, while it happens: what was acknowledged, read and left unknown, why calls
 * failed, and how long things took. Judges nothing.
 */

import type { Completion, HistoryEvent, Invoke } from '../../checker/history.js';
import { createHistogram, type Percentiles } from './histogram.js';

export type Tally = {
  add(event: HistoryEvent): void;
  acknowledged(): number;
  counts(): Counts;
};

export type Counts = {
  /** Records of appends that were acknowledged, certainly had no effect, or nobody knows. */
  readonly acknowledged: number;
  readonly failed: number;
  readonly unknown: number;
  /** Different records that some reader saw, and how many were served in all. */
  readonly read: number;
  readonly served: number;
  /** Appends and reads that did not succeed, by code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly appendMs: Percentiles;
  /** From the send of a record until the first reader had it. */
  readonly endToEndMs: Percentiles;
};

export function createTally(): Tally {
  const underWay = new Map<string, Invoke & { readonly atMs?: number }>();
  /** When the records that nobody has read yet were sent. */
  const unread = new Map<string, number>();
  const failures = new Map<string, number>();
  const appendMs = createHistogram();
  const endToEndMs = createHistogram();
  const records = { acknowledged: 0, failed: 0, unknown: 0, read: 0, served: 0 };

  function invoked(event: Invoke, atMs: number): void {
    underWay.set(event.process, { ...event, atMs });
    if (event.op === 'append') for (const value of event.values) unread.set(value, atMs);
  }

  function served(values: readonly (readonly [number, string])[], atMs: number): void {
    records.served += values.length;
    for (const [, value] of values) {
      const sentMs = unread.get(value);
      if (sentMs === undefined) continue;
      unread.delete(value);
      records.read++;
      endToEndMs.add(atMs - sentMs);
    }
  }

  function completed(event: Completion, atMs: number): void {
    const invoke = underWay.get(event.process);
    underWay.delete(event.process);
    const size = invoke?.op === 'append' ? invoke.values.length : 0;
    if (event.type === 'ok') {
      if (event.op === 'read') served(event.records, atMs);
      if (event.op !== 'append') return;
      records.acknowledged += size;
      appendMs.add(atMs - (invoke?.atMs ?? atMs));
      return;
    }
    const code = event.code ?? 'no answer';
    failures.set(code, (failures.get(code) ?? 0) + 1);
    records[event.type === 'fail' ? 'failed' : 'unknown'] += size;
  }

  return {
    add(event) {
      const { atMs = 0 } = event;
      if (event.type === 'invoke') invoked(event, atMs);
      else completed(event, atMs);
    },
    acknowledged: () => records.acknowledged,
    counts: () => ({
      ...records,
      failures: Object.fromEntries([...failures].sort(([a], [b]) => (a < b ? -1 : 1))),
      appendMs: appendMs.percentiles(),
      endToEndMs: endToEndMs.percentiles(),
    }),
  };
}
