/**
 * What a checker says in the end: which promises a history breaks, under Jepsen's names where Jepsen has
 * one. All violations are counted; of each anomaly the first few are told.
 */

/** Every anomaly, with the promise that it breaks (docs/reliability.md). */
export const anomalies = {
  'lost-write': 'P1: an acknowledged record is missing though the log was read to its end',
  duplicate: 'P5: one value at two offsets',
  'inconsistent-offsets': 'P2: one offset with two values, or an acknowledgement that is not true',
  'nonmonotonic-send': 'P4: an append lies before one that had ended when it was sent',
  'poll-skip': 'P8: a read passed over an offset that holds a record',
  'nonmonotonic-poll': 'P8: a reader was led back',
  'aborted-read': 'P11: a value was read whose append was said to have had no effect (G1a)',
  'precommitted-read': 'P8: a read went beyond its own high watermark',
  phantom: 'P12: a value was read that nobody sent to this log',
  'stale-read': 'P7: a read did not see what was acknowledged before it began',
  gap: 'P2: an offset below the end that holds nothing',
  resurrected: 'P9: a record came back, or stayed when what deleted its key is gone',
  'torn-batch': 'P3: the values of one batch do not lie together and in order',
  'out-of-range': 'P9: a reader was turned away wrongly, or not turned away',
  'fenced-write': 'P6: an append took effect after it had been fenced off',
  'retry-moved': 'P5: a retry was answered with other offsets',
  'log-start-moved-back': 'P9: the log start went back',
  'over-trim': 'P9: the log start is beyond what anybody asked for',
  'commit-moved-back': 'P10: a committed offset went back without a reset',
  'zombie-commit': 'P10: a commit of an older member epoch was taken',
  'two-committers': 'P10: two members committed to one partition in one epoch',
  'expected-offset': 'an append took effect at another offset than the one it demanded',
} as const;

export type Anomaly = keyof typeof anomalies;

export type Violation = {
  readonly anomaly: Anomaly;
  readonly log?: string;
  readonly message: string;
  /** The event that gave it away, counted from 1; absent when it took the whole history. */
  readonly event?: number;
};

export type Counts = {
  readonly operations: number;
  readonly acknowledged: number;
  readonly failed: number;
  /** Without a completion, or with one that does not know. */
  readonly unknown: number;
  readonly acknowledgedRecords: number;
  /** As often as they were served. */
  readonly readRecords: number;
  /** Acknowledged and never read, where no final read was made that could have missed them. */
  readonly unseenRecords: number;
  readonly logs: number;
};

export type Verdict = {
  readonly valid: boolean;
  /** The first of every anomaly. */
  readonly violations: readonly Violation[];
  /** How often each anomaly was found, told or not. */
  readonly totals: Readonly<Partial<Record<Anomaly, number>>>;
  readonly counts: Counts;
};

const toldMax = 20;

/** The message is only made for a violation that will be told. */
export type Report = (
  anomaly: Anomaly,
  where: { readonly log?: string; readonly event?: number },
  message: () => string,
) => void;

export function collectViolations() {
  const violations: Violation[] = [];
  const totals: Partial<Record<Anomaly, number>> = {};
  const report: Report = (anomaly, where, message) => {
    const found = (totals[anomaly] ?? 0) + 1;
    totals[anomaly] = found;
    if (found <= toldMax) violations.push({ anomaly, ...where, message: message() });
  };
  return { violations, totals, report };
}
