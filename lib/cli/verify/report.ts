/**
 * What a run is told as: the counts, the latencies, and what the checker found, under its own names and
 * under the plain ones that people ask for.
 */

import type { Anomaly, Verdict } from '../../checker/verdict.js';
import { count, counted, renderTable } from '../table.js';
import type { Percentiles } from './histogram.js';
import type { Counts } from './tally.js';

export type VerifyReport = Counts & {
  readonly topic: string;
  readonly seconds: number;
  /** Acknowledged records that nobody can read any more. */
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** Of every kind, these three among them. */
  readonly violations: number;
  readonly anomalies: Verdict['totals'];
  readonly examples: readonly string[];
};

const reorderings: readonly Anomaly[] = ['nonmonotonic-send', 'nonmonotonic-poll', 'torn-batch'];
const examplesMax = 20;

export function verifyReport(
  topic: string,
  seconds: number,
  counts: Counts,
  { totals, violations }: Verdict,
): VerifyReport {
  const sum = (found: readonly (number | undefined)[]) =>
    found.reduce<number>((total, each = 0) => total + each, 0);
  return {
    topic,
    seconds: Math.round(seconds * 1_000) / 1_000,
    ...counts,
    lost: totals['lost-write'] ?? 0,
    duplicated: totals.duplicate ?? 0,
    reordered: sum(reorderings.map((name) => totals[name])),
    violations: sum(Object.values(totals)),
    anomalies: totals,
    examples: violations.slice(0, examplesMax).map(({ anomaly, log, message, event }) => {
      const place = [log, event === undefined ? undefined : `event ${event}`].filter(Boolean);
      return `${anomaly} (${place.join(', ')}): ${message}`;
    }),
  };
}

export async function renderReport(report: VerifyReport): Promise<string> {
  const { topic, seconds, acknowledged, read, served, unknown, failed } = report;
  const { appendMs, endToEndMs, failures, examples } = report;
  const rate = count(Math.round(acknowledged / Math.max(seconds, 0.001)));
  const perCode = Object.entries(failures).map(([code, times]) => `${code} ${count(times)}`);
  const amounts = await renderTable(
    ['', 'RECORDS'],
    [
      ['acknowledged', count(acknowledged)],
      ['read', `${count(read)} (${count(served)} with repeats by all readers)`],
      ['unknown', `${count(unknown)} (may have been written or not)`],
      ['failed', `${count(failed)} (certainly not written)`],
      ['lost', count(report.lost)],
      ['duplicated', count(report.duplicated)],
      ['reordered', count(report.reordered)],
    ],
  );
  const latencies = await renderTable(
    ['MILLISECONDS', 'P50', 'P90', 'P99', 'MAX'],
    [latencyRow('append', appendMs), latencyRow('end to end', endToEndMs)],
  );
  return [
    `${topic}: ${seconds.toFixed(1)} s, ${rate} records/s acknowledged`,
    ...['', amounts, '', latencies],
    ...(perCode.length > 0 ? ['', `Calls that did not succeed: ${perCode.join(', ')}`] : []),
    ...['', verdictLine(report), ...examples.map((example) => `  ${example}`)],
  ].join('\n');
}

function latencyRow(name: string, { p50, p90, p99, max }: Percentiles): [string, ...number[]] {
  return [name, p50, p90, p99, max];
}

function verdictLine({ violations, anomalies }: VerifyReport): string {
  if (violations === 0) return 'Nothing is violated.';
  const kinds = Object.entries(anomalies).map(([name, times]) => `${name} ${count(times)}`);
  return `${counted(violations, 'violation')}: ${kinds.join(', ')}`;
}
