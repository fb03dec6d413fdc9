/**
 * A world that the test owns: a clock that stands still until it is told to go on, randomness from a
 * seed, and uuids in a row. One seed gives one history.
 */

import type { Logger, World } from '../../lib/store/world.js';

export type ManualWorld = World & {
  /** Lets everything run that waits for no timer. */
  settle(): Promise<void>;
  /** Moves the clock on and fires what falls due, in order. */
  advance(byMs: number): Promise<void>;
  /** Moves the clock from timer to timer until `promise` is settled. Throws if nothing could settle it. */
  runUntil<T>(promise: Promise<T>, timersFiredMax?: number): Promise<T>;
  /** Timers that are waiting now. */
  timerCount(): number;
  /** What was told to the log. */
  readonly logged: readonly string[];
};

type Timer = { readonly dueMs: number; readonly number: number; fire(): void };

/** 07:00 UTC on 23 November 2026: WAL bucket 2026112307. */
export const manualStartMs = Date.UTC(2026, 10, 23, 7);

/** Enough for nearly any test; a loop that waits for ever is an error and not a hanging test. */
const timersFiredMaxDefault = 200_000;

export function createManualWorld(seed = 1): ManualWorld {
  const timers = new Set<Timer>();
  const logged: string[] = [];
  const random = seededRandom(seed);
  let nowMs = manualStartMs;
  let numbers = 0;

  function at(dueMs: number, fire: () => void): () => void {
    const timer = { dueMs, number: numbers++, fire };
    timers.add(timer);
    return () => void timers.delete(timer);
  }

  function every(intervalMs: number, tick: () => void): () => void {
    let stop = at(nowMs + intervalMs, again);
    function again(): void {
      stop = at(nowMs + intervalMs, again);
      tick();
    }
    return () => stop();
  }

  function first(): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of timers) {
      const earlier = timer.dueMs - (found?.dueMs ?? Number.POSITIVE_INFINITY);
      if (earlier < 0 || (earlier === 0 && timer.number < (found?.number ?? 0))) found = timer;
    }
    return found;
  }

  async function fire(timer: Timer): Promise<void> {
    timers.delete(timer);
    nowMs = Math.max(nowMs, timer.dueMs);
    timer.fire();
    await settle();
  }

  async function advance(byMs: number): Promise<void> {
    const untilMs = nowMs + byMs;
    await settle();
    for (let timer = first(); timer && timer.dueMs <= untilMs; timer = first()) await fire(timer);
    nowMs = untilMs;
  }

  async function runUntil<T>(
    promise: Promise<T>,
    timersFiredMax = timersFiredMaxDefault,
  ): Promise<T> {
    let done = false;
    const finish = () => {
      done = true;
    };
    promise.then(finish, finish);
    await settle();
    for (let fired = 0; !done; fired++) {
      const timer = first();
      if (!timer) throw new Error('stuck: nothing is left that could settle the promise');
      if (fired > timersFiredMax)
        throw new Error('stuck: timers go on, the promise is not settled');
      await fire(timer);
    }
    return promise;
  }

  return {
    clock: {
      nowMs: () => Math.floor(nowMs),
      every,
      sleep: (delayMs) =>
        new Promise<void>((resolve) => {
          at(nowMs + delayMs, resolve);
        }),
      afterTurn: queueMicrotask,
    },
    random,
    uuid: () => uuidOf(seed, numbers++),
    log: loggerInto(logged),
    settle,
    advance,
    runUntil,
    timerCount: () => timers.size,
    logged,
  };
}

/** Whatever can run without a timer has run when the event loop comes round. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function loggerInto(logged: string[]): Logger {
  const note = (message: string) => void logged.push(message);
  return { info: note, warn: note, error: note };
}

/** mulberry32: small, and good enough to choose among a test's possibilities. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The first digits differ from uuid to uuid: a writer's name is made of them. */
export function uuidOf(seed: number, number: number): string {
  const digits = (value: number, length: number) => value.toString(16).padStart(length, '0');
  const start = digits(Math.imul(number + 1, 0x9e3779b1) >>> 0, 8);
  return `${start}-${digits(seed % 65_536, 4)}-4000-8000-${digits(number, 12)}`;
}
