/**
 * The checker: takes a history event by event and says in the end which promises it breaks. Knows
 * nothing of how a log is made. Memory is about 300 bytes per record and goes with their number only.
 */

import { beginAppend, beginFence, type Settle } from './appends.js';
import { createGroupCommits } from './group-commits.js';
import type { Completion, HistoryEvent, Invoke } from './history.js';
import { HistoryError } from './history-lines.js';
import { claimsOf, judgeBatches } from './judge-batches.js';
import { judgeKeys, keysOf } from './judge-keys.js';
import { judgeLog } from './judge-log.js';
import { type Batch, createKnownLog, createValues, type KnownLog } from './known-log.js';
import { beginTrim, createReads } from './reads.js';
import { collectViolations, type Verdict } from './verdict.js';

export type CheckerOptions = {
  /** False: nothing but trims may move a log start. True, unless said otherwise. */
  readonly retention?: boolean;
  /** True: no history is so long that a tombstone may go. False, unless said otherwise. */
  readonly tombstonesStay?: boolean;
};

export type Checker = {
  /** Throws `HistoryError` for what cannot be a history; a violation waits for the verdict. */
  add(event: HistoryEvent): void;
  /** To be asked once. What is still under way is unknown. */
  finish(): Verdict;
};

type UnderWay = { readonly op: Invoke['op']; readonly settle: Settle };

export function createChecker(options: CheckerOptions = {}): Checker {
  const { retention = true, tombstonesStay = false } = options;
  const { violations, totals, report } = collectViolations();
  const values = createValues();
  const batches: Batch[] = [];
  const logs = new Map<string, KnownLog>();
  const reads = createReads(values, report);
  const commits = createGroupCommits(report);
  const underWay = new Map<string, UnderWay>();
  const ends = { ok: 0, fail: 0, unknown: 0 };
  let operations = 0;
  let event = 0;

  function logOf(name: string): KnownLog {
    const found = logs.get(name);
    if (found) return found;
    const log = createKnownLog(name);
    logs.set(name, log);
    return log;
  }

  function begin(invoke: Invoke): Settle {
    switch (invoke.op) {
      case 'append':
        return beginAppend(logOf(invoke.log), invoke, values, batches, event, report);
      case 'read':
        return reads.beginRead(invoke.process, logOf(invoke.log), invoke, event);
      case 'fence':
        return beginFence(logOf(invoke.log), invoke, event);
      case 'trim':
        return beginTrim(logOf(invoke.log), invoke, report);
      case 'commit':
        return commits.begin(invoke);
    }
  }

  function complete(completion: Completion): void {
    const { process, type } = completion;
    const operation = underWay.get(process);
    if (!operation) throw new HistoryError(event, `${process} has nothing under way`);
    if (type === 'ok' && completion.op !== operation.op) {
      throw new HistoryError(event, `${process} asked for ${operation.op}, not ${completion.op}`);
    }
    underWay.delete(process);
    ends[type]++;
    operation.settle(completion, event);
  }

  return {
    add(next) {
      event++;
      if (next.type !== 'invoke') return complete(next);
      const { process } = next;
      // A process that goes on without an answer has given up on the one before.
      if (underWay.has(process)) complete({ type: 'unknown', process });
      operations++;
      underWay.set(process, { op: next.op, settle: begin(next) });
    },
    finish() {
      for (const process of [...underWay.keys()]) complete({ type: 'unknown', process });
      const claims = claimsOf(batches);
      const keys = keysOf(batches, values, tombstonesStay);
      const records = judgeBatches(batches, values, claims, keys, report);
      for (const log of logs.values()) {
        const compacted = keys.get(log);
        judgeLog(log, claims.get(log), retention, compacted, report);
        if (compacted) judgeKeys(log, compacted, report);
      }
      return {
        valid: violations.length === 0,
        violations,
        totals,
        counts: {
          operations,
          acknowledged: ends.ok,
          failed: ends.fail,
          unknown: ends.unknown,
          ...records,
          readRecords: reads.readRecords(),
          logs: logs.size,
        },
      };
    },
  };
}

/** A whole history at once. */
export function checkHistory(events: Iterable<HistoryEvent>, options?: CheckerOptions): Verdict {
  const checker = createChecker(options);
  for (const event of events) checker.add(event);
  return checker.finish();
}
