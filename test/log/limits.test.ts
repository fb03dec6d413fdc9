/** Limits that lean on each other, and those that are part of what is stored. */

import { expect, test } from 'vitest';
import * as limits from '../../lib/log/limits.js';

test('numbers that are part of the format are what they were', () => {
  expect(limits.tailEntriesPerPage).toBe(16);
});

test('a tail holds several pages before it refuses commits', () => {
  expect(limits.tailEntriesMax).toBeGreaterThanOrEqual(2 * limits.tailEntriesPerPage);
  expect(limits.tailEntriesMax % limits.tailEntriesPerPage).toBe(0);
});

// Fault 26 of docs/faults.md.
test('a batch that may be stored may be sent, and read', () => {
  expect(limits.batchBytesMax).toBeLessThan(limits.requestBytesMax);
  expect(limits.batchBytesMax).toBeLessThanOrEqual(limits.batchUncompressedBytesMax);
  expect(limits.batchUncompressedBytesMax).toBeLessThanOrEqual(limits.fetchBytesMax);
});

test('a crowd is idle earlier than a few are', () => {
  expect(limits.producerIdleRollsCrowded).toBeLessThan(limits.producerIdleRolls);
  expect(limits.producersPerCommitMax).toBeLessThanOrEqual(limits.producersInHeadMax);
});
