/** The checker on logs whose keys are compacted: what may be gone, and what must not, nor come back. */

import { expect, test } from 'vitest';
import { checkHistory } from '../../lib/checker/checker.js';
import type { HistoryEvent } from '../../lib/checker/history.js';
import { acked, append, final, found, invoke, read, sent, trim, unknown } from './written.js';

type Parts = (HistoryEvent | HistoryEvent[])[];

/** Values are named after their keys: `a1` and `a2` are of key a, `a-` deletes it. */
function keyed(values: string) {
  const names = values.split(' ');
  const tombstones = names.flatMap((name, i) => (name.includes('-') ? [i] : []));
  return { keys: names.map((name) => name.slice(0, 1)), tombstones };
}

const put = (values: string, at: number) => sent('p', values, at, keyed(values));
const maybe = (values: string) => [invoke('q', append(values, keyed(values))), unknown('q')];

const good: [why: string, ...Parts][] = [
  ['nothing is compacted yet', put('a1 b1 a2', 0), final('a1 b1 a2')],
  ['an older value is gone', put('a1 b1 a2', 0), final('b1@1 a2')],
  ['within a batch, behind a reader', put('a1 b1 a2', 0), read('a1 b1 a2'), final('b1@1 a2')],
  ['all but the last', put('a1 a2', 0), put('a3 a4', 2), final('a4@3')],
  ['a tombstone that is there', put('a1 a-', 0), final('a-@1')],
  ['a tombstone that has gone', put('b1 a1 a-', 0), final('b1', 0, { next: 3 })],
  ['nothing at all is left', put('a1 a-', 0), final('', 0, { next: 2 })],
  ['a value after its tombstone', put('a1 a- a2', 0), final('a2@2')],
  ['one that nobody was told of took its place', put('a1', 0), maybe('a2'), final('a2@1')],
  ['one that nobody was told of was replaced', maybe('a1'), put('a2', 1), final('a2@1')],
  ['of a batch that nobody was told of, a part', maybe('a1 b1'), put('b2', 2), final('a1 b2@2')],
  ['one that nobody was told of deleted it', put('a1', 0), maybe('a-'), final('', 0, { next: 2 })],
  ['the older ones are trimmed', put('a1 b1 a2', 0), trim(2), final('a2@2', 2, { start: 2 })],
  [
    'a reader who began before it was gone',
    [invoke('p', append('a1 a2', keyed('a1 a2'))), acked('p', 0)],
    [read('', 0)[0] as HistoryEvent],
    read('a2@1', 0, { process: 's' }),
    [read('a1 a2', 0)[1] as HistoryEvent],
  ],
];

test.each(good)('allowed: %s', (_why, ...parts) => {
  expect(found(...parts)).toEqual([]);
});

const bad: [anomaly: string, why: string, ...Parts][] = [
  ['lost-write', 'the last value', put('a1 b1 a2', 0), final('b1@1', 0, { next: 3 })],
  ['lost-write', 'the only value', put('a1 b1', 0), final('b1@1')],
  ['poll-skip', 'the last value, read before', put('a1', 0), read('a1'), final('', 0, { next: 1 })],
  ['poll-skip', 'the last value, for one reader', put('a1 b1', 0), read('b1@1'), final('a1 b1')],
  ['gap', 'more than could have been there', maybe('a1'), put('b1', 3), final('b1@3')],
  ['gap', 'what lay beside a value', maybe('a1 b1'), put('c1', 2), final('a1 c1@2')],
  ['inconsistent-offsets', 'a value moved down', put('a1 a2', 0), final('a2@0', 0, { next: 2 })],
  ['nonmonotonic-poll', 'order', put('a1 b1 c1', 0), final('a1@0 c1@2 b1@1')],
  ['resurrected', 'its tombstone is gone', put('a1 a-', 0), final('a1', 0, { next: 2 })],
  [
    'resurrected',
    'it was gone before',
    put('a1 a2', 0),
    read('a2@1', 0),
    read('a1 a2', 0, { process: 's' }),
  ],
  ['stale-read', 'a reader who does not get on', put('a1 a2', 0), read('', 0, { end: 2, next: 0 })],
];

test.each(bad)('%s: %s', (anomaly, _why, ...parts) => {
  expect(found(...parts)).toContain(anomaly);
});

test('where tombstones stay for longer than the history, one that is gone is lost', () => {
  const events = [put('b1 a1 a-', 0), final('b1', 0, { next: 3 })].flat();
  const { totals } = checkHistory(events, { tombstonesStay: true });
  expect(Object.keys(totals)).toEqual(['lost-write']);
  const kept = [put('b1 a1 a-', 0), final('b1 a-@2')].flat();
  expect(checkHistory(kept, { tombstonesStay: true }).valid).toBe(true);
});

test('a log without keys allows none of it', () => {
  expect(found(sent('p', 'a1 a2', 0), final('a2@1'))).toEqual(['lost-write']);
});

test('keys that are not as many as values are no history', () => {
  expect(() => found(sent('p', 'a1 a2', 0, { keys: ['a'] }))).toThrow(/as many as/);
});
