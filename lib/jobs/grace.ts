/**
 * The time between noting that something is not needed any more and deleting it, in which whoever reads it
 * may finish. It was noted by another process, or is deleted by one: where a clock lags, deletion waits.
 */

export function isGraceOver(sinceMs: number, nowMs: number, graceMs: number): boolean {
  return nowMs - sinceMs >= graceMs;
}
