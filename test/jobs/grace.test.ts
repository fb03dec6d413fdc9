/** lib/jobs/grace.js: over when its time has passed in full, and not for a clock that lags behind the note. */

import { expect, test } from 'vitest';
import { isGraceOver } from '../../lib/jobs/grace.js';

test.each([
  ['a clock that lags behind the note', 400, false],
  ['the moment of the note', 1000, false],
  ['one millisecond too early', 1299, false],
  ['the moment the grace ends', 1300, true],
  ['long after', 9000, true],
])('300 ms of grace that began at 1000, at %s (%i): over is %s', (_when, nowMs, over) => {
  expect(isGraceOver(1000, nowMs, 300)).toBe(over);
});

test('without grace, what is not needed may go at once', () => {
  expect(isGraceOver(1000, 1000, 0)).toBe(true);
});
