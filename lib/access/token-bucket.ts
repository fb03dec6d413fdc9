/**
 * A token bucket: so much for each second, and at most one second's worth saved up. What costs more
 * than that is let through by a full bucket, and the rest is owed: so nothing is too large to ever pass.
 */

export type Bucket = { readonly level: number; readonly atMs: number };

export function fullBucket(perSecond: number, nowMs: number): Bucket {
  return { level: perSecond, atMs: nowMs };
}

export function refilled({ level, atMs }: Bucket, perSecond: number, nowMs: number): Bucket {
  const passedMs = Math.max(0, nowMs - atMs);
  return { level: Math.min(perSecond, level + (perSecond * passedMs) / 1_000), atMs: nowMs };
}

export type Taken =
  | { readonly kind: 'taken'; readonly bucket: Bucket }
  | { readonly kind: 'empty'; readonly bucket: Bucket; readonly retryAfterMs: number };

/** Sums of fractions may end a little below what they should. */
const rounding = 1e-6;

export function take(before: Bucket, perSecond: number, cost: number, nowMs: number): Taken {
  const bucket = refilled(before, perSecond, nowMs);
  const wanted = Math.min(cost, perSecond);
  if (bucket.level > 0 && bucket.level >= wanted - rounding) {
    return { kind: 'taken', bucket: { level: bucket.level - cost, atMs: nowMs } };
  }
  // What costs nothing yet waits until anything is there.
  const missing = Math.max(wanted, Math.min(1, perSecond)) - bucket.level;
  return { kind: 'empty', bucket, retryAfterMs: Math.ceil((missing / perSecond) * 1_000) };
}
