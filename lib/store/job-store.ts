/**
 * Port: what runs of maintenance leave for each other, and for those who ask for one. Nothing that readers
 * or writers see depends on it.
 */

/** The last partition that a run came to before its time was up. */
export type RunCursor = { readonly topic: string; readonly partition: number };

export type JobStore = {
  readCursor(): Promise<RunCursor | undefined>;
  /** Undefined: the last run came to the end of all partitions. */
  writeCursor(cursor: RunCursor | undefined): Promise<void>;
  /**
   * Whether a run may be asked for now: of all who want to within `everyMs`, one may. By their clocks, so
   * that one which is far ahead is not believed for ever.
   */
  claimAsk(nowMs: number, everyMs: number): Promise<boolean>;
};

/** The rule of `claimAsk`; undefined: nobody has asked yet. */
export function mayAsk(askedMs: number | undefined, nowMs: number, everyMs: number): boolean {
  return askedMs === undefined || askedMs <= nowMs - everyMs || askedMs > nowMs + everyMs;
}
