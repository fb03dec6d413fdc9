/** lib/cli/verify/histogram.js: percentiles are near the truth, whatever is added. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHistogram } from '../../../lib/cli/verify/histogram.js';

test('percentiles are within three per cent of those of the sorted values', () => {
  const values = fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, (added) => {
      const histogram = createHistogram();
      for (const value of added) histogram.add(value);
      const sorted = added.toSorted((a, b) => a - b);
      const { count, p50, p90, p99, max } = histogram.percentiles();
      expect(count).toBe(added.length);
      expect(Math.abs(max - (sorted.at(-1) as number))).toBeLessThanOrEqual(0.005);
      for (const [share, found] of [
        [0.5, p50],
        [0.9, p90],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(added.length * share) - 1] as number;
        expect(found).toBeGreaterThanOrEqual(exact * 0.97 - 0.01);
        expect(found).toBeLessThanOrEqual(exact * 1.03 + 0.01);
      }
    }),
  );
});

test('nothing, zero and clocks that stand still are no trouble', () => {
  const histogram = createHistogram();
  expect(histogram.percentiles()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  histogram.add(0);
  expect(histogram.percentiles()).toMatchObject({ count: 1, p50: 0, max: 0 });
});
