/** The verdict on one run of sequences; whole lives are in producers.property.test.ts. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  advanceSequence,
  judgeSequence,
  newestSpans,
  type SequenceSpan,
  type SequenceVerdict,
} from '../../lib/log/producer-state.js';
import { stamp } from './heads.js';
import { propertyRuns } from './samples.js';

const last = 2 ** 31 - 1;

test.each([
  [0, 1, 1],
  [last, 1, 0],
  [last - 1, 5, 3],
  [0, last, last],
])('%i and %i more is %i', (sequence, count, next) => {
  expect(advanceSequence(sequence, count)).toBe(next);
});

/** Epoch 3 wrote 10..19 at 100, 20..29 at 200; epoch 2 had written 10..39 at 50. */
const entry = { epoch: 3, nextSequence: 30 };
const spans: SequenceSpan[] = [
  { epoch: 2, baseSequence: 10, nextSequence: 40, baseOffset: 50 },
  { epoch: 3, baseSequence: 10, nextSequence: 20, baseOffset: 100 },
  { epoch: 3, baseSequence: 20, nextSequence: 30, baseOffset: 200 },
];

test.each<[string, number, number, number, SequenceVerdict]>([
  ['follows on', 3, 30, 5, { kind: 'next' }],
  ['the last one again', 3, 20, 10, { kind: 'duplicate', baseOffset: 200 }],
  ['one before, again', 3, 10, 10, { kind: 'duplicate', baseOffset: 100 }],
  ['a part of it, from its middle', 3, 23, 4, { kind: 'duplicate', baseOffset: 203 }],
  ['its last record', 3, 29, 1, { kind: 'duplicate', baseOffset: 209 }],
  ['across two spans', 3, 15, 10, { kind: 'outsideWindow', expectedSequence: 30 }],
  ['half known, half new', 3, 25, 10, { kind: 'outsideWindow', expectedSequence: 30 }],
  ['older than what is known', 3, 0, 5, { kind: 'outsideWindow', expectedSequence: 30 }],
  ['one is missing', 3, 31, 5, { kind: 'sequenceGap', expectedSequence: 30 }],
  ['an epoch before, known or not', 2, 10, 30, { kind: 'staleEpoch', currentEpoch: 3 }],
  ['an epoch before, following on', 2, 30, 1, { kind: 'staleEpoch', currentEpoch: 3 }],
  ['a new epoch', 4, 0, 1, { kind: 'next' }],
  ['a new epoch in the middle', 9, 30, 1, { kind: 'sequenceGap', expectedSequence: 0 }],
])('%s', (_what, epoch, baseSequence, count, verdict) => {
  expect(judgeSequence(stamp('p', epoch, baseSequence, count), entry, spans)).toEqual(verdict);
});

test.each([
  [0, 'next'],
  [1, 'unknownProducer'],
  [last, 'unknownProducer'],
])('a producer nobody knows that begins at %i is %s', (baseSequence, kind) => {
  expect(judgeSequence(stamp('p', 7, baseSequence, 1), undefined, []).kind).toBe(kind);
});

test('sequences go on from 0 behind the greatest, and are recognised across it', () => {
  const base = last - 3;
  const property = fc.property(
    fc.nat({ max: 9 }),
    fc.integer({ min: 1, max: 10 }),
    (start, count) => {
      const around = { epoch: 0, nextSequence: advanceSequence(base, 10) };
      const span = { epoch: 0, baseSequence: base, nextSequence: 6, baseOffset: 70 };
      const run = stamp('p', 0, advanceSequence(base, start), count);
      const verdict = judgeSequence(run, around, [span]);
      if (start + count <= 10) {
        expect(verdict).toEqual({ kind: 'duplicate', baseOffset: 70 + start });
      } else {
        expect(verdict).toEqual({ kind: 'outsideWindow', expectedSequence: 6 });
      }
    },
  );
  fc.assert(property, propertyRuns);
  const around = { epoch: 0, nextSequence: 6 };
  expect(judgeSequence(stamp('p', 0, 6, 1), around, []).kind).toBe('next');
  expect(judgeSequence(stamp('p', 0, 7, 1), around, []).kind).toBe('sequenceGap');
});

test('the newest five spans are kept', () => {
  const six = [1, 2, 3, 4, 5, 6].map((n) => ({ ...(spans[0] as SequenceSpan), baseOffset: n }));
  expect(newestSpans(six).map(({ baseOffset }) => baseOffset)).toEqual([2, 3, 4, 5, 6]);
  expect(newestSpans(six.slice(0, 2))).toHaveLength(2);
});
