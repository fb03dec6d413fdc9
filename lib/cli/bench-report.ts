/**
 * What a bench says at its end: rates, and how long it was from one batch to the next.
 */

import { count, counted } from './table.js';

export type BenchReport = {
  readonly records: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly mebibytesPerSecond: number;
  /** Between batches, one after another. */
  readonly batches: number;
  readonly gapMs: { readonly p50: number; readonly p99: number; readonly max: number };
};

export function benchReport(facts: {
  readonly records: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly gapsMs: readonly number[];
}): BenchReport {
  const { records, bytes, seconds, gapsMs } = facts;
  const sorted = [...gapsMs].sort((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  return {
    records,
    bytes,
    seconds: rounded(seconds),
    recordsPerSecond: Math.round(records / Math.max(seconds, 0.001)),
    mebibytesPerSecond: rounded(bytes / Math.max(seconds, 0.001) / 1024 / 1024),
    batches: sorted.length,
    gapMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
  };
}

export function renderBenchReport(report: BenchReport): string {
  const { records, seconds, recordsPerSecond, mebibytesPerSecond, batches, gapMs } = report;
  return [
    `${counted(records, 'record')} in ${seconds} s: ${count(recordsPerSecond)} records/s, ${mebibytesPerSecond} MiB/s`,
    `Batches: ${count(batches)}; ms from one to the next: p50 ${gapMs.p50}, p99 ${gapMs.p99}, max ${gapMs.max}`,
  ].join('\n');
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
