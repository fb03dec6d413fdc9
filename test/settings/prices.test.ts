/** lib/settings/prices.js: where a small flush is cheaper, with what its deletion costs. */

import { expect, test } from 'vitest';
import { inlineBytesMaxOf, prices } from '../../lib/settings/prices.js';

test('up to about 4 KiB an item, written and deleted, costs no more than a PUT', () => {
  const bytesMax = inlineBytesMaxOf(prices);
  const units = (bytes: number) => Math.ceil((bytes + 80) / 1024);
  expect(2 * units(bytesMax) * prices.writeUnit).toBeLessThanOrEqual(prices.s3Put);
  expect(2 * units(bytesMax + 1) * prices.writeUnit).toBeGreaterThan(prices.s3Put);
  expect(bytesMax).toBe(4_016);
});

test('where a PUT costs nothing, nothing lies inline', () => {
  expect(inlineBytesMaxOf({ ...prices, s3Put: 0 })).toBeLessThanOrEqual(0);
});
