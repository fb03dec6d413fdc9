/** lib/log/log-start.js: the log start only rises, and never passes the end. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideLogStart } from '../../lib/log/log-start.js';
import { emptyHead } from '../../lib/log/partition-head.js';

const head = { ...emptyHead, logStartOffset: 3, nextOffset: 7 };

test.each([
  [4, 4],
  [7, 7],
  [3, 3],
  [0, 3],
])('raised to %i it is %i', (offset, expected) => {
  expect(decideLogStart(head, offset)).toEqual({ ...head, logStartOffset: expected });
});

test('beyond the end is refused', () => {
  expect(decideLogStart(head, 8)).toBeUndefined();
});

test('any row of raises leaves it at the highest that the log reaches', () => {
  const property = fc.property(fc.array(fc.nat(10)), (offsets) => {
    let now = head;
    for (const offset of offsets) now = decideLogStart(now, offset) ?? now;
    const reached = offsets.filter((offset) => offset <= head.nextOffset);
    expect(now.logStartOffset).toBe(Math.max(head.logStartOffset, ...reached));
  });
  fc.assert(property);
});
