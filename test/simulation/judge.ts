/**
 * Runs seeds and says what is wrong with them: the checker's verdict on the history, and the complaints
 * about what no history tells.
 */

import { createChecker } from '../../lib/checker/checker.js';
import type { HistoryEvent } from '../../lib/checker/history.js';
import type { Bug } from './bugs/bug.js';
import { longerThanAnyRun, optionsOf } from './options.js';
import { type Complaint, simulate } from './simulation.js';

export type Judged = {
  readonly seed: number;
  readonly events: readonly HistoryEvent[];
  readonly wrong: readonly Complaint[];
  readonly operations: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
};

export async function judgeSeed(seed: number, bug?: Bug): Promise<Judged> {
  const options = optionsOf(seed, bug);
  const { events, complaints, operations, faults } = await simulate(options);
  // Where nothing else removes records, a log start moves as far as somebody trims, and no further.
  const checker = createChecker({
    retention: options.retentionBytes >= 0,
    tombstonesStay: options.deleteRetentionMs === longerThanAnyRun,
  });
  for (const event of events) checker.add(event);
  const violations = checker.finish().violations.map(({ anomaly, log, message }) => ({
    anomaly,
    detail: `${log ?? ''} ${message}`.trim(),
  }));
  return { seed, events, wrong: [...violations, ...complaints], operations, faults };
}

export type Catch = {
  /** Runs until it was noticed for what it is; undefined if it never was. */
  readonly seedsNeeded: number | undefined;
  readonly anomalies: readonly string[];
};

export async function catchBug(bug: Bug, firstSeed: number, seedsMax: number): Promise<Catch> {
  for (let tried = 0; tried < seedsMax; tried++) {
    const { wrong } = await judgeSeed(firstSeed + tried, bug);
    const anomalies = [...new Set(wrong.map(({ anomaly }) => anomaly))];
    if (bug.anomalies.some((anomaly) => anomalies.includes(anomaly))) {
      return { seedsNeeded: tried + 1, anomalies };
    }
  }
  return { seedsNeeded: undefined, anomalies: [] };
}

export function repeatCommand(seed: number): string {
  return `npm run sim -- --seeds 1 --seed ${seed} --history history.jsonl`;
}
