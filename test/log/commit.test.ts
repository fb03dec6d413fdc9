/** The commit: dense offsets, every reason to refuse, and which reason comes first. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Admission,
  type CommitRequest,
  decideCommit,
  explainRefusal,
  findCommitted,
  knownSpans,
  spansOf,
} from '../../lib/log/commit.js';
import { tailEntriesMax } from '../../lib/log/limits.js';
import { emptyHead, type PartitionHead, placeTail } from '../../lib/log/partition-head.js';
import { entryOf, headOf, requestOf, stamp } from './heads.js';
import { propertyRuns } from './samples.js';

const parked = {
  epoch: 2,
  nextSequence: 30,
  spans: [{ epoch: 2, baseSequence: 20, nextSequence: 30, baseOffset: 500 }],
  lastBaseOffset: 500,
};
const admitted = (of: Admission['parked'], evictions = 0) => ({ p: { evictions, parked: of } });

/** `p` wrote sequences 0..9 at offset 0, in the tail. */
const known = headOf([entryOf(10, [stamp('p', 0, 0, 10)])], {
  producers: { p: { epoch: 0, nextSequence: 10 } },
});

function commit(head: PartitionHead, request: CommitRequest): PartitionHead {
  const decision = decideCommit(head, request);
  if (decision.kind !== 'committed') throw new Error(explainRefusal(head, request).kind);
  expect(decision.baseOffset).toBe(head.nextOffset);
  return decision.head;
}

test('a commit puts its entry at the end and moves its producer on', () => {
  const entry = entryOf(3, [stamp('p', 0, 10, 3)]);
  const head = commit(known, requestOf(entry));
  expect(head).toEqual({
    ...known,
    nextOffset: 13,
    tail: [...known.tail, entry],
    producers: { p: { epoch: 0, nextSequence: 13 } },
  });
});

test('offsets are dense whatever is committed', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: tailEntriesMax });
  const property = fc.property(counts, (all) => {
    const head = all.reduce((h, count) => commit(h, requestOf(entryOf(count))), emptyHead);
    let next = 0;
    for (const { baseOffset, recordCount } of placeTail(head)) {
      expect(baseOffset).toBe(next);
      next += recordCount;
    }
    expect(head.nextOffset).toBe(next);
  });
  fc.assert(property, propertyRuns);
});

test('a producer that was parked comes back as it was', () => {
  const entry = entryOf(2, [stamp('p', 2, 30, 2)]);
  const request = requestOf(entry, { admissions: admitted(parked, 4) });
  const head = commit({ ...emptyHead, evictions: 4, rolls: 9 }, request);
  expect(head.producers).toEqual({ p: { epoch: 2, nextSequence: 32 } });
  expect(head.windows).toEqual({ p: { seenAtRoll: 9, spans: parked.spans } });
});

test('a refusal changes nothing and a commit changes no head that somebody holds', () => {
  const before = structuredClone(known);
  expect(decideCommit(known, requestOf(entryOf(1), { fencingToken: 'x' })).kind).toBe('refused');
  commit(known, requestOf(entryOf(1, [stamp('p', 0, 10, 1)])));
  expect(known).toEqual(before);
});

test('an entry that is in the tail is found at its place, by all that tells it apart', () => {
  const entry = { ...entryOf(3), objectKey: 'wal/a', position: 5, sizeBytes: 7 };
  const head = headOf([entryOf(10), entry]);
  expect(findCommitted(head, entry)?.baseOffset).toBe(10);
  for (const other of [{ objectKey: 'wal/b' }, { position: 6 }, { sizeBytes: 8 }]) {
    expect(findCommitted(head, { ...entry, ...other })).toBeUndefined();
  }
});

const full = { tail: [...known.tail, ...Array.from({ length: tailEntriesMax }, () => entryOf(1))] };
const next = entryOf(1, [stamp('p', 0, 10, 1)]);
const retry = entryOf(10, [stamp('p', 0, 0, 10)]);

test.each<[string, PartitionHead, CommitRequest, object]>([
  ['nothing is wrong', known, requestOf(next), { kind: 'none' }],
  ['the tail is full', { ...known, ...full }, requestOf(next), { kind: 'tailFull' }],
  [
    'the bytes may be deleted',
    { ...known, walFloor: 2 },
    requestOf(next),
    { kind: 'belowWalFloor', walFloor: 2 },
  ],
  ['the floor itself is safe', { ...known, walFloor: 1 }, requestOf(next), { kind: 'none' }],
  [
    'the log ends elsewhere',
    known,
    requestOf(next, { expectedNextOffset: 9 }),
    { kind: 'expectedOffset', nextOffset: 10 },
  ],
  ['the log ends there', known, requestOf(next, { expectedNextOffset: 10 }), { kind: 'none' }],
  [
    'the log is not empty',
    known,
    requestOf(next, { expectedNextOffset: 0 }),
    { kind: 'expectedOffset', nextOffset: 10 },
  ],
  [
    'the token is another',
    { ...known, fencingToken: 'b' },
    requestOf(next, { fencingToken: 'a' }),
    { kind: 'fencingToken', actual: 'b' },
  ],
  [
    'there is no token',
    known,
    requestOf(next, { fencingToken: '' }),
    { kind: 'fencingToken', actual: null },
  ],
  [
    'nobody asked for the token',
    { ...known, fencingToken: 'b' },
    requestOf(next),
    { kind: 'none' },
  ],
  [
    'nobody looked for a parked producer',
    emptyHead,
    requestOf(retry),
    { kind: 'needsAdmission', producers: ['p'] },
  ],
  [
    'somebody looked before the last eviction',
    { ...emptyHead, evictions: 5 },
    requestOf(retry, { admissions: admitted(null, 4) }),
    { kind: 'needsAdmission', producers: ['p'] },
  ],
  [
    'nobody was parked',
    emptyHead,
    requestOf(retry, { admissions: admitted(null) }),
    { kind: 'none' },
  ],
  [
    'a producer nobody knows begins in the middle',
    emptyHead,
    requestOf(next, { admissions: admitted(null) }),
    { kind: 'stamps', verdicts: [{ kind: 'unknownProducer' }] },
  ],
  [
    'it was committed before it was parked',
    emptyHead,
    requestOf(entryOf(5, [stamp('p', 2, 25, 5)]), { admissions: admitted(parked) }),
    { kind: 'stamps', verdicts: [{ kind: 'duplicate', baseOffset: 505 }] },
  ],
  [
    'what was parked may have been fenced since',
    { ...emptyHead, evictions: 1 },
    requestOf(entryOf(5, [stamp('p', 2, 25, 5)]), { admissions: admitted(parked, 0) }),
    { kind: 'needsAdmission', producers: ['p'] },
  ],
  [
    'it was committed before',
    known,
    requestOf(retry),
    { kind: 'stamps', verdicts: [{ kind: 'duplicate', baseOffset: 0 }] },
  ],
  [
    'batches are missing',
    known,
    requestOf(entryOf(1, [stamp('p', 0, 11, 1)])),
    { kind: 'stamps', verdicts: [{ kind: 'sequenceGap', expectedSequence: 10 }] },
  ],
])('%s', (_why, head, request, refusal) => {
  expect(explainRefusal(head, request)).toEqual(refusal);
  const kind = explainRefusal(head, request).kind === 'none' ? 'committed' : 'refused';
  expect(decideCommit(head, request).kind).toBe(kind);
});

describe('of several reasons', () => {
  const all: PartitionHead = { ...known, ...full, walFloor: 9, fencingToken: 'b' };
  const conditions = { expectedNextOffset: 99, fencingToken: 'a' };
  const stranger = entryOf(1, [stamp('q', 0, 0, 1)]);
  const gap = entryOf(1, [stamp('p', 0, 11, 1)]);
  test.each<[string, PartitionHead, CommitRequest, string]>([
    ['a duplicate before all others', all, requestOf(retry, conditions), 'stamps'],
    ['who it is before any condition', all, requestOf(stranger, conditions), 'needsAdmission'],
    ['the floor before conditions', all, requestOf(gap, conditions), 'belowWalFloor'],
    [
      'the token before the offset',
      { ...all, walFloor: 0 },
      requestOf(gap, conditions),
      'fencingToken',
    ],
    [
      'the offset before sequences',
      { ...all, walFloor: 0 },
      requestOf(gap, { expectedNextOffset: 99 }),
      'expectedOffset',
    ],
    ['sequences before a full tail', { ...all, walFloor: 0 }, requestOf(gap), 'stamps'],
  ])('%s', (_order, head, request, kind) => {
    expect(explainRefusal(head, request).kind).toBe(kind);
  });

  test('a retry of one that was parked is found, though its condition cannot hold again', () => {
    const head = { ...emptyHead, nextOffset: 9_000, evictions: 1 };
    const again = requestOf(entryOf(10, [stamp('p', 2, 20, 10)]), { expectedNextOffset: 500 });
    expect(explainRefusal(head, again).kind).toBe('needsAdmission');
    expect(explainRefusal(head, { ...again, admissions: admitted(parked, 1) })).toEqual({
      kind: 'stamps',
      verdicts: [{ kind: 'duplicate', baseOffset: 500 }],
    });
  });
});

describe('several stamps in one commit', () => {
  const entry = entryOf(6, [stamp('p', 0, 10, 2), stamp('q', 0, 0, 3, 2), stamp('p', 0, 12, 1, 5)]);
  const request = requestOf(entry, { admissions: { q: { evictions: 0, parked: null } } });

  test('follow on from each other', () => {
    const head = commit(known, request);
    expect(head.producers).toEqual({
      p: { epoch: 0, nextSequence: 13 },
      q: { epoch: 0, nextSequence: 3 },
    });
  });

  test('are all recognised when the whole commit comes again', () => {
    const verdicts = [10, 12, 15].map((baseOffset) => ({ kind: 'duplicate', baseOffset }));
    expect(explainRefusal(commit(known, request), request)).toEqual({ kind: 'stamps', verdicts });
  });

  test('are refused together if one does not follow', () => {
    const hole = entryOf(3, [stamp('p', 0, 10, 2), stamp('p', 0, 13, 1, 2)]);
    expect(explainRefusal(known, requestOf(hole))).toEqual({
      kind: 'stamps',
      verdicts: [{ kind: 'next' }, { kind: 'sequenceGap', expectedSequence: 12 }],
    });
  });

  test('name every producer that needs an admission, once', () => {
    expect(explainRefusal(emptyHead, requestOf(entry))).toEqual({
      kind: 'needsAdmission',
      producers: ['p', 'q'],
    });
  });
});

test('spans lie where their records lie', () => {
  const tail = [
    entryOf(5, [stamp('p', 0, 0, 2), stamp('q', 0, 7, 3, 2)]),
    entryOf(4),
    entryOf(3, [stamp('q', 0, 10, 1), stamp('p', 0, 2, 2, 1)]),
  ];
  expect(spansOf(100, tail, 'p')).toEqual([
    { epoch: 0, baseSequence: 0, nextSequence: 2, baseOffset: 100 },
    { epoch: 0, baseSequence: 2, nextSequence: 4, baseOffset: 110 },
  ]);
  expect(spansOf(100, tail, 'nobody')).toEqual([]);
});

test('the newest five spans are known, from the window and the tail together', () => {
  const spans = [1, 2, 3, 4].map((n) => ({
    epoch: 0,
    baseSequence: n,
    nextSequence: n + 1,
    baseOffset: n,
  }));
  const tail = [5, 6].map((n) => entryOf(1, [stamp('p', 0, n, 1)]));
  const head = headOf(tail, { tailBaseOffset: 5, windows: { p: { seenAtRoll: 1, spans } } });
  expect(knownSpans(head, 'p').map(({ baseOffset }) => baseOffset)).toEqual([2, 3, 4, 5, 6]);
});
