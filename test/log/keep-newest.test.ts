/** Bounded maps: never larger than they may be, and what was set last is there. */

import { expect, test } from 'vitest';
import { keepNewest } from '../../lib/log/keep-newest.js';

test('beyond the bound what was set longest ago goes', () => {
  const map = new Map<string, number>();
  for (const [i, key] of ['a', 'b', 'c'].entries()) keepNewest(map, key, i, 2);
  expect([...map]).toEqual([
    ['b', 1],
    ['c', 2],
  ]);
});

test('what is set again is the newest', () => {
  const map = new Map<string, number>();
  for (const key of ['a', 'b', 'a', 'c']) keepNewest(map, key, 0, 2);
  expect([...map.keys()]).toEqual(['a', 'c']);
});
