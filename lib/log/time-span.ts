/**
 * A stretch of time by a clock that can be put back. What began later than now began before that happened:
 * it is over, so that nobody waits for the clock to get there again.
 */

export type TimeSpan = { readonly sinceMs: number; readonly forMs: number };

export function isDuring({ sinceMs, forMs }: TimeSpan, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs < sinceMs + forMs;
}
