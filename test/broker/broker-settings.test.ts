/** The defaults fit each other and the limits of the log. */

import { expect, test } from 'vitest';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { batchBytesMax, requestBytesMax } from '../../lib/log/limits.js';

test('one request fits a flush, and a flush fits the memory of recent objects', () => {
  const { flushBytesMin, flushBytesMax, recentBytesMax } = brokerDefaults;
  expect(flushBytesMax).toBeGreaterThanOrEqual(Math.max(batchBytesMax, requestBytesMax));
  expect(flushBytesMin).toBeLessThan(flushBytesMax);
  expect(recentBytesMax).toBeGreaterThanOrEqual(flushBytesMax);
});

test('nothing is off by default but what holds for a single process', () => {
  const { groups, ...own } = brokerDefaults;
  const off = Object.entries({ ...own, ...groups }).filter(([, value]) => !(value > 0));
  expect(off).toEqual([
    ['earlyBatchMsMax', 0],
    ['topicCacheMs', 0],
  ]);
});
