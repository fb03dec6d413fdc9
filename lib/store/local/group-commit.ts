/**
 * Group commit: decisions that arrive while one transaction goes to disk are carried out together in
 * the next, so that any number of them shares one flush. Each is answered when it is on disk, or all of
 * a transaction fail together.
 */

import { StoreError } from '../store-error.js';
import type { Transact } from './database.js';
import { failureOf, storeErrorOf } from './io-errors.js';

/** What a decision answers, and how it writes what it decided. It sees the decisions before it. */
export type Decision<T> = { readonly answer: T; readonly write?: () => void };

/** What goes along with every transaction. */
export type Companion = {
  /** Inside it, before the first decision. A throw fails the transaction. */
  begin(): void;
  /** Inside it, after the last decision. */
  prepare(): void;
  committed(): void;
  aborted(): void;
};

export type GroupCommit = {
  run<T>(decide: () => Decision<T>): Promise<T>;
  /** The same, together with whoever comes next in this turn of the event loop, or else after it. */
  runSoon<T>(decide: () => Decision<T>): Promise<T>;
  /** Takes nothing more, and resolves when all that was taken is answered. */
  close(): Promise<void>;
};

/** Bounds how long one transaction keeps the event loop busy. */
const decisionsMax = 1_000;

type Pending = {
  /** Says how to answer once the transaction is on disk. */
  readonly attempt: () => () => void;
  readonly reject: (error: StoreError) => void;
};

export function createGroupCommit(
  transact: Transact,
  check: () => void,
  companion: Companion,
): GroupCommit {
  let waiting: Pending[] = [];
  let running: Promise<void> | undefined;
  /** Why no more decisions are taken. */
  let refusal: StoreError | undefined;
  /** Why those that were taken are not carried out either. */
  let failed: StoreError | undefined;

  async function carryOut(): Promise<void> {
    while (waiting.length > 0) {
      if (failed) for (const { reject } of take()) reject(failed);
      else await carryOutBatch();
    }
    running = undefined;
  }

  async function carryOutBatch(): Promise<void> {
    let batch: Pending[] | undefined;
    let answers: (() => void)[] = [];
    try {
      await transact(() => {
        batch = take();
        companion.begin();
        answers = batch.map(({ attempt }) => attempt());
        companion.prepare();
      });
    } catch (error) {
      companion.aborted();
      const failure = giveUp(error, batch === undefined);
      for (const { reject } of batch ?? take()) reject(failure);
      return;
    }
    companion.committed();
    for (const answer of answers) answer();
  }

  function take(): Pending[] {
    const batch = waiting.slice(0, decisionsMax);
    waiting = waiting.slice(decisionsMax);
    return batch;
  }

  /**
   * LMDB gives up when it failed while it made the transaction visible; then nobody knows. As long as
   * it goes on, it failed before that, and nothing happened.
   */
  function giveUp(error: unknown, before: boolean): StoreError {
    const what = 'the index failed';
    try {
      check();
      return storeErrorOf(error, what);
    } catch (cause) {
      failed = refuse('the index has failed; restart when the disk is in order', cause);
      refusal = failed;
      const { message, reason } = storeErrorOf(error, what);
      return new StoreError(message, { reason, effect: before ? 'none' : 'unknown', cause: error });
    }
  }

  function start(): void {
    if (waiting.length > 0) running ??= carryOut();
  }

  function enqueue<T>(decide: () => Decision<T>): Promise<T> {
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const attempt = () => {
        let decision: Decision<T>;
        try {
          decision = decide();
        } catch (error) {
          // Nothing was written yet: a decision that throws is nobody else's trouble.
          return () => reject(failureOf(error, 'cannot read the index'));
        }
        decision.write?.();
        return () => resolve(decision.answer);
      };
      waiting.push({ attempt, reject });
    });
  }

  return {
    run(decide) {
      const answer = enqueue(decide);
      start();
      return answer;
    },
    runSoon(decide) {
      setImmediate(start);
      return enqueue(decide);
    },
    async close() {
      refusal ??= refuse('the store is closed');
      start();
      await running;
    },
  };
}

function refuse(message: string, cause?: unknown): StoreError {
  return new StoreError(message, { reason: 'unavailable', effect: 'none', cause });
}
