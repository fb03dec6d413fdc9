/**
 * The limits of each key, as this instance counts them: requests and bytes in a second.
 */

import type { Principal } from './principal.js';
import { type Bucket, fullBucket, refilled, take } from './token-bucket.js';

export type Limiter = {
  /** Undefined: go on. Else how long to wait; then nothing was counted. */
  admit(principal: Principal, sizeBytes: number): number | undefined;
  /** Counts bytes that are only known now. */
  charge(principal: Principal, sizeBytes: number): void;
};

const keysMax = 10_000;

type Buckets = { requests: Bucket; bytes: Bucket };

export function createLimiter(nowMs: () => number): Limiter {
  const known = new Map<string, Buckets>();

  function bucketsOf({ keyId, limits }: Principal): Buckets {
    const found = known.get(keyId);
    if (found) return found;
    // Whoever was not seen for longest has the fullest buckets: little is lost with them.
    const [oldest] = known.size >= keysMax ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    const fresh = {
      requests: fullBucket(limits.requestsPerSecond ?? 0, nowMs()),
      bytes: fullBucket(limits.bytesPerSecond ?? 0, nowMs()),
    };
    known.set(keyId, fresh);
    return fresh;
  }

  return {
    admit(principal, sizeBytes) {
      const { requestsPerSecond, bytesPerSecond } = principal.limits;
      if (requestsPerSecond === undefined && bytesPerSecond === undefined) return undefined;
      const buckets = bucketsOf(principal);
      const now = nowMs();
      const requests =
        requestsPerSecond === undefined
          ? undefined
          : take(buckets.requests, requestsPerSecond, 1, now);
      const bytes =
        bytesPerSecond === undefined
          ? undefined
          : take(buckets.bytes, bytesPerSecond, sizeBytes, now);
      const waits = [requests, bytes].flatMap((one) =>
        one?.kind === 'empty' ? [one.retryAfterMs] : [],
      );
      if (waits.length > 0) return Math.max(...waits);
      if (requests) buckets.requests = requests.bucket;
      if (bytes) buckets.bytes = bytes.bucket;
      return undefined;
    },
    charge(principal, sizeBytes) {
      const { bytesPerSecond } = principal.limits;
      if (bytesPerSecond === undefined) return;
      const buckets = bucketsOf(principal);
      const { level, atMs } = refilled(buckets.bytes, bytesPerSecond, nowMs());
      buckets.bytes = { level: level - sizeBytes, atMs };
    },
  };
}
