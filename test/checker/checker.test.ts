/** The checker against histories written by hand: one bad one per anomaly, and good ones that look bad. */

import { describe, expect, test } from 'vitest';
import { checkHistory } from '../../lib/checker/checker.js';
import type { HistoryEvent } from '../../lib/checker/history.js';
import { HistoryError } from '../../lib/checker/history-lines.js';
import { anomalies } from '../../lib/checker/verdict.js';
import {
  acked,
  append,
  ask,
  commit,
  fail,
  fence,
  final,
  found,
  idempotent,
  invoke,
  log,
  read,
  sent,
  served,
  trim,
  unknown,
} from './written.js';

const other = 't/1';

const bad: [anomaly: keyof typeof anomalies, why: string, ...(HistoryEvent | HistoryEvent[])[]][] =
  [
    ['lost-write', 'the last one', sent('p', 'a', 0), sent('p', 'b', 1), final('a')],
    [
      'lost-write',
      'in the middle, passed over by a final read',
      ...['a', 'b', 'c'].map((value, i) => sent('p', value, i)),
      final('a c@2'),
    ],
    ['duplicate', 'in one read', sent('p', 'a', 0), read('a a')],
    [
      'duplicate',
      'a retry that was taken twice',
      [invoke('p', append('a', idempotent(1, 0, 0))), unknown('p')],
      sent('p', 'a', 0, idempotent(1, 0, 0)),
      final('a a'),
    ],
    [
      'inconsistent-offsets',
      'two readers',
      [invoke('p', append('a')), invoke('q', append('b'))],
      read('a'),
      read('b', 0, { process: 's' }),
    ],
    [
      'inconsistent-offsets',
      'told 0, is at 1',
      [invoke('q', append('b')), ...sent('p', 'a', 0)],
      read('b a'),
    ],
    [
      'inconsistent-offsets',
      'two were told the same',
      [invoke('p', append('a')), invoke('q', append('b')), acked('p', 0), acked('q', 0)],
    ],
    ['nonmonotonic-send', 'one process', sent('p', 'a', 1), sent('p', 'b', 0)],
    [
      'nonmonotonic-send',
      'of unknown outcome',
      [invoke('q', append('c')), ...sent('p', 'a', 1)],
      [invoke('p', append('b')), unknown('p')],
      read('b a c'),
    ],
    [
      'nonmonotonic-send',
      'sequences, though both were under way',
      [invoke('p', append('a', idempotent(1, 0, 0)))],
      [invoke('q', append('b', idempotent(1, 0, 1)))],
      read('b a'),
    ],
    ['poll-skip', 'inside', sent('p', 'a b c', 0), read('a c@2')],
    ['poll-skip', 'at the beginning', sent('p', 'a b', 0), read('b@1', 0)],
    ['poll-skip', 'at the end', sent('p', 'a b', 0), read('a', 0, { next: 2 })],
    [
      'nonmonotonic-poll',
      'inside one read',
      sent('p', 'a b', 0),
      read('a@0 b@1 a@0', 0, { end: 2, next: 1 }),
    ],
    [
      'nonmonotonic-poll',
      'the end went back for one reader',
      [invoke('p', append('a b'))],
      read('a b'),
      read('a', 0, { end: 1 }),
    ],
    ['aborted-read', 'read later', [invoke('p', append('a')), fail('p')], read('a')],
    ['aborted-read', 'read before', [invoke('p', append('a')), ...read('a'), fail('p')]],
    [
      'precommitted-read',
      'beyond the end',
      [invoke('p', append('a b'))],
      read('a b', 0, { end: 1 }),
    ],
    ['phantom', 'nobody sent it', [invoke('p', append('a'))], read('a x')],
    ['phantom', 'sent elsewhere', [invoke('p', append('a', { log: other }))], read('a')],
    ['stale-read', 'nothing yet', sent('p', 'a', 0), read('')],
    ['stale-read', 'an old end', sent('p', 'a', 0), sent('p', 'b', 1), read('a')],
    ['stale-read', 'empty below the end', sent('p', 'a', 0), read('', 0, { end: 1 })],
    ['stale-read', 'of final reads', sent('p', 'a', 0), final('', 0), final('a')],
    ['gap', 'below the end', [invoke('p', append('a')), invoke('q', append('b'))], final('a b@2')],
    ['gap', 'from 0', [invoke('p', append('a'))], final('a@1', 0)],
    ['gap', 'seen by any reader', [invoke('p', append('a'))], read('a', 0, { next: 2 })],
    [
      'torn-batch',
      'another between',
      [invoke('p', append('a b')), invoke('q', append('c'))],
      read('a c b'),
    ],
    ['torn-batch', 'in another order', sent('p', 'a b c', 0), read('a c b')],
    ['torn-batch', 'only half of it', [invoke('p', append('a b'))], final('a')],
    [
      'out-of-range',
      'the earliest is trimmed',
      sent('p', 'a b c', 0),
      trim(2),
      [ask(0), fail('r', 'OFFSET_OUT_OF_RANGE', { earliest: 1 })],
    ],
    [
      'out-of-range',
      'though it is there',
      sent('p', 'a b c', 0),
      [ask(1), fail('r', 'OFFSET_OUT_OF_RANGE', { earliest: 0 })],
    ],
    [
      'out-of-range',
      'passed over what was trimmed',
      sent('p', 'a b c', 0),
      [ask(0), ...trim(2), served('c@2', 0, { start: 2 })],
    ],
    [
      'out-of-range',
      'served what was trimmed',
      sent('p', 'a b', 0),
      trim(1),
      read('a b', 0, { start: 1 }),
    ],
    [
      'fenced-write',
      'an older token',
      fence('f', 'x'),
      fence('f', 'y'),
      sent('p', 'a', 0, { fencingToken: 'x' }),
    ],
    [
      'fenced-write',
      'an older token, of unknown outcome',
      fence('f', 'y'),
      [invoke('p', append('a', { fencingToken: 'x' })), unknown('p')],
      read('a'),
    ],
    [
      'fenced-write',
      'an older epoch',
      sent('p', 'a', 0, idempotent(1, 1, 0)),
      sent('q', 'b', 1, idempotent(1, 0, 0)),
    ],
    [
      'retry-moved',
      'to the next offset',
      sent('p', 'a', 0, idempotent(1, 0, 0)),
      sent('p', 'a', 1, idempotent(1, 0, 0)),
    ],
    [
      'log-start-moved-back',
      'after a trim',
      sent('p', 'a b', 0),
      trim(1),
      read('b', 1, { start: 0 }),
    ],
    ['log-start-moved-back', 'by a trim', sent('p', 'a b', 0), trim(2), trim(1)],
    ['commit-moved-back', 'one member', commit('m', 1, 5), commit('m', 1, 4)],
    ['commit-moved-back', 'after a reset', commit('m', 1, 5, true), commit('m', 1, 4)],
    ['zombie-commit', 'one epoch late', commit('m', 2, 5), commit('n', 1, 6)],
    ['two-committers', 'one epoch', commit('m', 2, 5), commit('n', 2, 6)],
    [
      'expected-offset',
      'acknowledged',
      sent('p', 'a', 0),
      sent('q', 'b', 1, { expectedOffset: 2 }),
    ],
    [
      'expected-offset',
      'of unknown outcome',
      [invoke('q', append('b', { expectedOffset: 0 })), unknown('q')],
      sent('p', 'a', 0),
      read('a b'),
    ],
  ];

test.each(bad)('%s: %s', (anomaly, _why, ...events) => {
  expect(found(...events)).toEqual([anomaly]);
});

test('over-trim: more is gone than anybody asked for, where nothing expires', () => {
  const events = [sent('p', 'a b c', 0), trim(1, 2)].flat();
  expect(Object.keys(checkHistory(events, { retention: false }).totals)).toEqual(['over-trim']);
  expect(checkHistory(events).valid).toBe(true);
});

test('every anomaly has a bad history', () => {
  const shown = new Set(bad.map(([anomaly]) => anomaly));
  // Shown in compacted-logs.test.ts, and above.
  const elsewhere = ['resurrected', 'over-trim'];
  expect(Object.keys(anomalies).filter((name) => !shown.has(name as 'gap'))).toEqual(elsewhere);
});

const good: [why: string, ...(HistoryEvent | HistoryEvent[])[]][] = [
  ['nothing at all'],
  [
    'writers who overlap, readers behind and at the end',
    [invoke('p', append('a b')), invoke('q', append('c')), acked('q', 0), acked('p', 1)],
    [ask(0), ...sent('q', 'd e', 3), served('c a b', 0)],
    read('a b d e', 1),
    read('', 5),
    final('c a b d e'),
  ],
  ['an unknown append that shows up', [invoke('p', append('a')), unknown('p')], final('a')],
  ['an unknown append that never does', [invoke('p', append('a')), unknown('p')], final('')],
  [
    'an unknown append that shows up after later ones',
    [invoke('p', append('a')), unknown('p')],
    sent('p', 'b', 0),
    final('b a'),
  ],
  ['an append without a completion', [invoke('p', append('a'))], final('a')],
  [
    'a process that goes on without an answer',
    [invoke('p', append('a'))],
    sent('p', 'b', 0),
    final('b a'),
  ],
  ['a failed append that is never seen', [invoke('p', append('a')), fail('p')], final('')],
  ['trimmed values', sent('p', 'a b c', 0), trim(2), final('c', 2, { start: 2 })],
  [
    'a trim inside a batch of unknown outcome',
    [invoke('p', append('a b'))],
    trim(1),
    final('b', 1, { start: 1 }),
  ],
  ['what retention took', sent('p', 'a b', 0), final('', 2, { start: 2 })],
  [
    'a reader who is told where the log begins',
    sent('p', 'a b c', 0),
    trim(2),
    [ask(0), fail('r', 'OFFSET_OUT_OF_RANGE', { earliest: 2 })],
    [ask(9), fail('r', 'OFFSET_OUT_OF_RANGE', { earliest: 2 })],
    final('c', 2, { start: 2 }),
  ],
  ['a read that began before the append', [ask(0), ...sent('p', 'a', 0), served('', 0)]],
  ['a batch served whole from the middle', sent('p', 'a b', 0), read('a@0 b@1', 1)],
  [
    'a retry that is answered with the first offsets',
    [invoke('p', append('a b', idempotent(1, 0, 0))), unknown('p')],
    sent('q', 'c', 2),
    sent('p', 'a b', 0, idempotent(1, 0, 0)),
    final('a b c'),
  ],
  [
    'an attempt that failed and its retry that did not',
    [invoke('p', append('a', idempotent(1, 0, 0))), fail('p')],
    sent('p', 'a', 0, idempotent(1, 0, 0)),
    final('a'),
  ],
  [
    'a first attempt that is unknown and a retry that is refused',
    [invoke('p', append('a', idempotent(1, 0, 0))), unknown('p')],
    [invoke('p', append('a', idempotent(1, 0, 0))), fail('p')],
    final('a'),
  ],
  [
    'an older epoch that was first',
    sent('q', 'b', 0, idempotent(1, 0, 0)),
    sent('p', 'a', 1, idempotent(1, 1, 0)),
    [invoke('q', append('c', idempotent(1, 0, 1))), fail('q')],
    final('b a'),
  ],
  [
    'sequences that go around',
    sent('p', 'a', 0, idempotent(1, 0, 2 ** 31 - 1)),
    sent('p', 'b', 1, idempotent(1, 0, 0)),
  ],
  [
    'the same producer in two logs',
    sent('p', 'a', 0, idempotent(1, 1, 0)),
    sent('q', 'b', 0, { ...idempotent(1, 0, 0), log: other }),
  ],
  [
    'a fence that overlaps the append',
    fence('f', 'x'),
    [invoke('p', append('a', { fencingToken: 'x' })), ...fence('f', 'y'), acked('p', 0)],
    final('a'),
  ],
  [
    'a fence of unknown outcome, and one that failed',
    fence('f', 'x'),
    [invoke('f', { op: 'fence', log, token: 'y' }), unknown('f')],
    [invoke('f', { op: 'fence', log, token: 'z' }), fail('f')],
    sent('p', 'a', 0, { fencingToken: 'x' }),
    sent('q', 'b', 1, { fencingToken: 'y' }),
  ],
  ['an append without a token passes every fence', fence('f', 'x'), sent('p', 'a', 0)],
  [
    'commits that go back by a reset',
    commit('m', 1, 5),
    commit('n', 2, 3, true),
    commit('m', 2, 4),
  ],
  [
    'a commit beside a reset',
    commit('m', 1, 5),
    [
      invoke('n', {
        op: 'commit',
        group: 'g',
        log,
        member: 'n',
        memberEpoch: 1,
        offset: 1,
        reset: true,
      }),
    ],
    commit('m', 1, 4),
  ],
];

test.each(good)('no violation: %s', (_why, ...events) => {
  expect(checkHistory(events.flat()).violations).toEqual([]);
});

test('what was done is counted', () => {
  const events = [
    sent('p', 'a b', 0),
    [invoke('q', append('c')), fail('q'), invoke('q', append('d')), unknown('q')],
    read('a b'),
    sent('p', 'e', 0, { log: other }),
    [ask(0)],
  ];
  expect(checkHistory(events.flat()).counts).toEqual({
    operations: 6,
    acknowledged: 3,
    failed: 1,
    unknown: 2,
    acknowledgedRecords: 3,
    readRecords: 2,
    unseenRecords: 1,
    logs: 2,
  });
});

test('a violation says what, where and which event gave it away; all are counted, few are told', () => {
  const [first, ...more] = Array.from({ length: 100 }, () => read('x')).flat();
  const verdict = checkHistory([first as HistoryEvent, ...more]);
  expect(verdict.violations[0]).toEqual({
    anomaly: 'phantom',
    log,
    event: 2,
    message: 'x at 0 was sent by nobody',
  });
  expect([verdict.valid, verdict.violations.length, verdict.totals]).toEqual([
    false,
    20,
    { phantom: 100 },
  ]);
});

describe('what cannot be a history is refused', () => {
  const cases: [string, HistoryEvent[], RegExp][] = [
    ['an answer to nothing', [acked('p', 0)], /line 1 .*p has nothing under way/],
    ['an answer to something else', [ask(0), acked('r', 0)], /line 2 .*asked for read/],
    ['a value used twice', [...sent('p', 'a', 0), ...sent('p', 'a b', 1)], /line 3 .*batch of a/],
  ];
  test.each(cases)('%s', (_why, events, message) => {
    expect(() => checkHistory(events)).toThrow(HistoryError);
    expect(() => checkHistory(events)).toThrow(message);
  });
});
