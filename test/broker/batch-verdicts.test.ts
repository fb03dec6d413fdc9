/** What each batch of a refused run is told, and which of them are tried again. */

import { expect, test } from 'vitest';
import { type BatchResult, judgeBatches } from '../../lib/broker/batch-verdicts.js';
import { emptyHead, type PartitionHead } from '../../lib/log/partition-head.js';
import { errorOf, lineOf, refA } from './broker-fixture.js';

const own = 'w1';

function batch(name: string, producer: string, baseSequence: number, count = 1, epoch = 0) {
  const results: BatchResult[] = [];
  return {
    position: 0,
    batch: {
      name,
      ref: refA,
      parts: [],
      sizeBytes: 0,
      recordCount: count,
      maxTimestampMs: 0,
      producer: { producer, epoch, baseSequence, nextSequence: baseSequence + count },
      settle: (result: BatchResult) => void results.push(result),
    },
    results,
  };
}

/** Producer 7 wrote 0 to 9 at offset 100, in epoch 2; the instance 0 to 4 at 110. */
const head: PartitionHead = {
  ...emptyHead,
  nextOffset: 115,
  producers: { 7: { epoch: 2, nextSequence: 10 }, [own]: { epoch: 0, nextSequence: 5 } },
  windows: {
    7: { seenAtRoll: 1, spans: [{ epoch: 2, baseSequence: 0, nextSequence: 10, baseOffset: 100 }] },
    [own]: {
      seenAtRoll: 1,
      spans: [{ epoch: 0, baseSequence: 0, nextSequence: 5, baseOffset: 110 }],
    },
  },
  evictions: 3,
};

type Row = ReturnType<typeof batch>;

function judge(run: readonly Row[], admissions = {}, doubtful: readonly Row[] = []) {
  const doubts = doubtful.map((row) => row.batch);
  const effectOf = (asked: Row['batch']) => (doubts.includes(asked) ? 'unknown' : 'none');
  const { rest, ownLost } = judgeBatches(head, admissions, run, own, effectOf);
  return {
    rest: rest.map((laidOut) => laidOut.batch.name),
    ownLost,
    told: run.map(({ results }) => (results.length > 0 ? lineOf(results[0]) : '-')),
  };
}

test('a duplicate is answered with its offsets, inside the span it was written in', () => {
  const run = [batch('a', '7', 4, 2, 2)];
  expect(judge(run)).toEqual({ rest: [], ownLost: false, told: ['104 duplicate'] });
  expect(run[0]?.results[0]).toMatchObject({ highWatermark: 115 });
});

test('a batch of the instance that was written before is no duplicate, but its answer', () => {
  expect(judge([batch('a', own, 3, 2)]).told).toEqual(['113']);
});

const wrong: [why: string, row: () => Row, told: string, details: object][] = [
  ['an older epoch', () => batch('x', '7', 0, 1, 1), 'INVALID_PRODUCER_EPOCH', { currentEpoch: 2 }],
  [
    'a gap',
    () => batch('x', '7', 12, 1, 2),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    { expectedSequence: 10 },
  ],
  [
    'a new epoch not from 0',
    () => batch('x', '7', 3, 1, 3),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    { expectedSequence: 0 },
  ],
  [
    'half known, half not',
    () => batch('x', '7', 9, 2, 2),
    'DUPLICATE_SEQUENCE_NUMBER',
    { expectedSequence: 10 },
  ],
];

test.each(wrong)('%s is refused with what the client needs', (_why, row, code, details) => {
  const run = [row()];
  expect(judge(run).told).toEqual([`${code} none`]);
  expect(errorOf(run[0]?.results[0]).details).toEqual(details);
  const again = row();
  expect(judge([again], {}, [again]).told).toEqual([`${code} unknown`]);
});

test('batches that follow a good one are good, and those that follow a bad one are bad', () => {
  const run = [
    batch('dup', '7', 8, 2, 2),
    batch('next', '7', 10, 2, 2),
    batch('then', '7', 12, 1, 2),
    batch('own', own, 5),
  ];
  const told = ['108 duplicate', '-', '-', '-'];
  expect(judge(run)).toEqual({ rest: ['next', 'then', 'own'], ownLost: false, told });
  const gap = judge([batch('gap', '7', 11, 1, 2), batch('behind', '7', 12, 1, 2)]);
  expect(gap.told).toEqual(Array(2).fill('OUT_OF_ORDER_SEQUENCE_NUMBER none'));
});

test('a producer that nobody knows waits for its admission', () => {
  const run = [batch('new', '9', 0), batch('old', '9', 7)];
  expect(judge(run).rest).toEqual(['new', 'old']);
  expect(judge([batch('new', '9', 0)], { 9: { evictions: 2, parked: null } }).rest).toEqual([
    'new',
  ]);
});

test('with the present admission it is judged by what was parked', () => {
  const spans = [{ epoch: 0, baseSequence: 5, nextSequence: 7, baseOffset: 40 }];
  const parked = { epoch: 0, nextSequence: 7, spans, lastBaseOffset: 40 };
  const run = [batch('dup', '9', 6), batch('next', '9', 7)];
  const verdict = judge(run, { 9: { evictions: 3, parked } });
  expect(verdict).toEqual({ rest: ['next'], ownLost: false, told: ['41 duplicate', '-'] });
  const none = judge([batch('x', '9', 7)], { 9: { evictions: 3, parked: null } });
  expect(none.told).toEqual(['UNKNOWN_PRODUCER_ID none']);
});

test('a row of the instance that does not fit is lost, and says that it does not know', () => {
  const verdict = judge([batch('a', own, 9)]);
  expect(verdict).toEqual({ rest: [], ownLost: true, told: ['UNKNOWN_SERVER_ERROR unknown'] });
});
