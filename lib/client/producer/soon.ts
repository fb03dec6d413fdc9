/**
 * Calls back after `delayMs`; with 0 as soon as the runtime has let in and out what waits. A timer of 0 is
 * one of a millisecond, which is longer than a local server takes to answer.
 */

type Immediates = {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly clearImmediate?: (immediate: unknown) => void;
};

/** Returns how to call it off. Browsers have timers only. */
export function soon(delayMs: number, callback: () => void): () => void {
  const { setImmediate, clearImmediate } = globalThis as Immediates;
  if (delayMs === 0 && setImmediate && clearImmediate) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}
