/** Planning key compaction: how far, whether at all, what stays, what becomes one. */

import { expect, test } from 'vitest';
import type { IndexPage } from '../../lib/log/index-page.js';
import {
  compactableEnd,
  isWorthIt,
  joins,
  type KeyCompactionPass,
  stays,
} from '../../lib/log/key-compaction-plan.js';

function pageOf(baseOffset: number, maxTimestampMs: number, sizeBytes = 10): IndexPage {
  const place = { objectKey: 'segments/a', position: 4, splits: [] };
  const locations = [{ ...place, sizeBytes, recordCount: 10, maxTimestampMs }];
  return { baseOffset, nextOffset: baseOffset + 10, maxTimestampMs, endBytes: 0, locations };
}

test('pages are compacted up to the first that holds a record younger than the lag', () => {
  const pages = [pageOf(0, 100), pageOf(10, 300), pageOf(20, 200)];
  const endAt = (lagMs: number) => compactableEnd(pages, 0, lagMs, 310);
  expect([endAt(0), endAt(10), endAt(11), endAt(210), endAt(211)]).toEqual([30, 30, 10, 10, 0]);
  // A clock that is ahead holds nobody up where there is no lag.
  expect(compactableEnd([pageOf(0, 999)], 0, 0, 310)).toBe(10);
});

test.each([
  [50, 50, 0.5, true],
  [51, 49, 0.5, false],
  [100, 0, 0, false],
  [100, 1, 0, true],
  [0, 1, 1, true],
  [1, 99, 1, false],
])('%i clean and %i new bytes with a ratio of %f: %s', (clean, dirty, ratio, expected) => {
  expect(isWorthIt(clean, dirty, ratio)).toBe(expected);
});

const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
const value = Uint8Array.of(9);
/** Key a is at 12 last; compared are 10 to 19. */
const pass: KeyCompactionPass = {
  cleanedTo: 10,
  comparedTo: 20,
  newest: (key) => (key[0] === 1 ? 12 : undefined),
  logStartOffset: 2,
  nowMs: 1_000,
};

test.each<[string, number, Uint8Array | null, Uint8Array | null, number | undefined, boolean]>([
  ['older than the newest', 5, a, value, undefined, false],
  ['the newest', 12, a, value, undefined, true],
  ['newer than what is compared', 25, a, value, undefined, true],
  ['of a key without a newer one', 5, b, value, undefined, true],
  ['without a key', 5, null, value, undefined, false],
  ['without a key, not compared yet', 25, null, value, undefined, true],
  ['below the log start', 1, b, value, undefined, false],
  ['a tombstone without a time', 5, b, null, undefined, true],
  ['a tombstone before its time', 5, b, null, 1_001, true],
  ['a tombstone at its time', 5, b, null, 1_000, false],
  ['a tombstone whose older values may still be there', 15, b, null, 1_000, true],
  ['a value in a batch whose tombstones may go', 5, b, value, 1_000, true],
])('%s', (_what, offset, key, content, horizonMs, expected) => {
  expect(stays({ offset, key, value: content }, horizonMs, pass)).toBe(expected);
});

test('pages become one as long as they fit a segment, and a transaction', () => {
  const small = Array.from({ length: 64 }, (_, i) => pageOf(i * 10, 0));
  expect(joins([], pageOf(0, 0), 5)).toBe(false);
  expect(joins(small.slice(0, 1), small[1] as IndexPage, 20)).toBe(true);
  expect(joins(small.slice(0, 1), small[1] as IndexPage, 19)).toBe(false);
  expect(joins(small.slice(0, 63), small[63] as IndexPage, 1_000)).toBe(true);
  expect(joins(small, pageOf(640, 0), 1_000)).toBe(false);
});
