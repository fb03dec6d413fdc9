/**
 * How long things took, in constant memory: percentiles are right to within three per cent.
 */

export type Percentiles = {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
};

export type Histogram = {
  add(valueMs: number): void;
  percentiles(): Percentiles;
};

/** Each bucket ends this much above its beginning. */
const growth = 1.03;
const firstMs = 0.01;

export function createHistogram(): Histogram {
  const counts: number[] = [];
  let count = 0;
  let max = 0;

  function percentile(share: number): number {
    let left = Math.ceil(count * share);
    for (const [bucket, inBucket = 0] of counts.entries()) {
      left -= inBucket;
      if (left <= 0) return Math.min(max, round(firstMs * growth ** bucket));
    }
    return max;
  }

  return {
    add(valueMs) {
      const over = Math.max(0, Math.log(valueMs / firstMs) / Math.log(growth));
      const bucket = valueMs > 0 ? Math.ceil(over) : 0;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count++;
      max = Math.max(max, round(valueMs));
    },
    percentiles: () => ({
      count,
      p50: count === 0 ? 0 : percentile(0.5),
      p90: count === 0 ? 0 : percentile(0.9),
      p99: count === 0 ? 0 : percentile(0.99),
      max,
    }),
  };
}

function round(valueMs: number): number {
  return Math.round(valueMs * 100) / 100;
}
