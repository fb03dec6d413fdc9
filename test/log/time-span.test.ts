/** lib/log/time-span.js: from its beginning up to its end, and over for a clock that was put back before it. */

import { expect, test } from 'vitest';
import { isDuring } from '../../lib/log/time-span.js';

test.each([
  [99, false],
  [100, true],
  [149, true],
  [150, false],
])('at %i a span of 50 ms from 100 on goes on: %s', (nowMs, goesOn) => {
  expect(isDuring({ sinceMs: 100, forMs: 50 }, nowMs)).toBe(goesOn);
});

test('an empty span is over at once', () => {
  expect(isDuring({ sinceMs: 100, forMs: 0 }, 100)).toBe(false);
});
