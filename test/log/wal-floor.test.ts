/** The WAL floor, and when all that lay below it is elsewhere. */

import { expect, test } from 'vitest';
import { decideWalFloor, isFreeBelowFloor } from '../../lib/log/wal-floor.js';
import { entryOf, headOf } from './heads.js';

const head = headOf([entryOf(10), entryOf(5)]);

test('it only rises, and remembers where the log ended', () => {
  const raised = decideWalFloor(head, 7);
  expect(raised).toMatchObject({ walFloor: 7, walFloorOffset: 15 });
  const longer = { ...raised, nextOffset: 99 };
  expect(decideWalFloor(longer, 7)).toBe(longer);
  expect(decideWalFloor(longer, 6)).toBe(longer);
});

test.each<[string, number, number, boolean]>([
  ['nothing is compacted', 0, 0, false],
  ['all but one is compacted', 14, 0, false],
  ['all is compacted', 15, 0, true],
  ['all is deleted', 0, 15, true],
  ['part is compacted, the rest is deleted', 9, 15, true],
])('where %s', (_what, compactedTo, logStartOffset, free) => {
  const raised = { ...decideWalFloor(head, 7), nextOffset: 99 };
  expect(isFreeBelowFloor({ ...raised, compactedTo, logStartOffset })).toBe(free);
});
