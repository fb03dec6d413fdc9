/**
 * The promises to producers (DESIGN P2, P4, P5, P6), against a model that keeps everything: neither
 * rolls nor evictions nor any race between them changes a verdict, an offset or a record's place.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Admission } from '../../lib/log/commit.js';
import {
  producerBatchesRetained,
  producerIdleRolls,
  tailEntriesPerPage,
} from '../../lib/log/limits.js';
import { emptyHead } from '../../lib/log/partition-head.js';
import type { TailRolls } from '../../lib/log/tail-roll.js';
import { stamp } from './heads.js';
import { type Answer, createModel, createRig } from './partition-rig.js';

const who = fc.constantFrom('1', '2', '3', 'nearTheEnd');
const count = fc.integer({ min: 1, max: 5 });

const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ step: fc.constant('fresh' as const), who, count }) },
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('retry' as const),
      who,
      back: fc.integer({ min: 1, max: 8 }),
      skip: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('jump' as const),
      who,
      count,
      by: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(2 ** 30, 2 ** 30 + 1)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      step: fc.constant('epoch' as const),
      who,
      count,
      by: fc.integer({ min: -2, max: 2 }),
      fromZero: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('look' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('plan' as const),
      pages: fc.constantFrom('one' as const, 'all' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ step: fc.constant('finish' as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('others' as const),
      pages: fc.integer({ min: 1, max: 3 }),
      rolling: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('others' as const),
      pages: fc.integer({ min: producerIdleRolls, max: producerIdleRolls + 2 }),
      rolling: fc.constant(true),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('overtake' as const),
      who,
      count,
      pages: fc.constantFrom(0, 0, producerIdleRolls, producerIdleRolls + 1),
    }),
  },
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** Both, side by side; every answer must be the model's. */
function createPlay() {
  const start = { epoch: 1, sequence: 2 ** 31 - 7 };
  const rig = createRig({
    ...emptyHead,
    producers: { nearTheEnd: { epoch: 1, nextSequence: start.sequence } },
    windows: { nearTheEnd: { seenAtRoll: 0, spans: [] } },
  });
  const model = createModel({ nearTheEnd: start });
  const looked = new Map<string, Admission>();
  const planned: TailRolls[] = [];
  const answers: Answer[] = [];

  function commit(producer: string, epoch: number, baseSequence: number, records: number): void {
    const run = stamp(producer, epoch, (baseSequence + 2 ** 31) % 2 ** 31, records);
    const answer = rig.commit(run, records, looked.get(producer));
    looked.delete(producer);
    expect(answer).toEqual(model.judge(run, records));
    answers.push(answer);
  }

  function fill(commits: number, rolling: boolean): void {
    for (let i = 0; i < commits; i++) {
      commit('filler', 0, model.state('filler')?.next ?? 0, 1);
      const roll = rolling ? rig.plan('one') : undefined;
      if (!roll) continue;
      rig.finish(roll);
      // Some are carried out again, later, by somebody who was slow.
      if (i % 5 === 0) planned.push(roll);
    }
  }

  return { rig, model, looked, planned, answers, commit, fill };
}

function play(steps: readonly Step[]) {
  const { rig, model, looked, planned, answers, commit, fill } = createPlay();
  for (const step of steps) {
    const producer = 'who' in step ? step.who : 'filler';
    const { epoch, next } = model.state(producer) ?? { epoch: 0, next: 0 };
    switch (step.step) {
      case 'fresh':
        commit(producer, epoch, next, step.count);
        break;
      case 'retry': {
        const old = model.of(producer).at(-step.back);
        const skip = Math.min(step.skip, (old?.recordCount ?? 1) - 1);
        if (!old) break;
        const { epoch: then, baseSequence } = old.stamp;
        commit(producer, then, baseSequence + skip, old.recordCount - skip);
        break;
      }
      case 'jump':
        commit(producer, epoch, next + step.by, step.count);
        break;
      case 'epoch':
        commit(producer, Math.max(0, epoch + step.by), step.fromZero ? 0 : next, step.count);
        break;
      case 'look':
        looked.set(producer, rig.look(producer));
        break;
      case 'plan': {
        const roll = rig.plan(step.pages);
        if (roll) planned.push(roll);
        break;
      }
      case 'finish': {
        const roll = planned[step.which % Math.max(1, planned.length)];
        if (roll) rig.finish(roll);
        break;
      }
      case 'others':
        fill(step.pages * tailEntriesPerPage, step.rolling);
        break;
      case 'overtake': {
        fill(step.pages * tailEntriesPerPage, true);
        fill(tailEntriesPerPage - rig.head().tail.length, false);
        const roll = rig.plan('all');
        commit(producer, epoch, next, step.count);
        if (roll) rig.finish(roll);
        break;
      }
    }
  }
  return { rig, model, answers };
}

/** What the property has seen in all its runs: a property that never gets there proves nothing. */
const seen: Record<string, number> = {};
const note = (what: string, times = 1) => {
  seen[what] = (seen[what] ?? 0) + times;
};

test('every answer is the model’s, every record is indexed once, whatever races', () => {
  const property = fc.property(fc.array(anyStep, { minLength: 20, maxLength: 60 }), (steps) => {
    const { rig, model, answers } = play(steps);
    for (const { kind } of answers) note(kind);
    note('evictions', rig.counts.evictions);
    note('tooLate', rig.counts.tooLate);
    note('overtaken', rig.counts.overtaken);
    note('admissions', rig.counts.admissions);
    expect(rig.places()).toEqual(model.places());
    const wrapped = model.log.some(({ stamp: s }) => s.nextSequence < s.baseSequence);
    if (wrapped) note('wrapped');
  });
  fc.assert(property, { numRuns: 100, seed: 20_261_123 });
  for (const what of [
    'appended',
    'duplicate',
    'staleEpoch',
    'outsideWindow',
    'sequenceGap',
    'unknownProducer',
    'evictions',
    'tooLate',
    'overtaken',
    'admissions',
    'wrapped',
  ]) {
    expect(seen[what] ?? 0, what).toBeGreaterThan(20);
  }
});

test('any of the last five batches is recognised, whether in tail, window or parked', () => {
  const pages = fc.constantFrom(0, 1, producerIdleRolls + 2);
  const batches = fc.array(count, { minLength: 1, maxLength: 9 });
  const property = fc.property(batches, pages, pages, (counts, between, after) => {
    const rig = createRig(emptyHead);
    let filled = 0;
    const fill = (pagesToFill: number) => {
      for (let i = 0; i < pagesToFill * tailEntriesPerPage; i++) {
        rig.commit(stamp('filler', 0, filled++, 1), 1);
        const roll = rig.plan('one');
        if (roll) rig.finish(roll);
      }
    };
    const sent = counts.map((records, i) => {
      const base = counts.slice(0, i).reduce((sum, c) => sum + c, 0);
      if (i === Math.floor(counts.length / 2)) fill(between);
      const run = stamp('p', 0, base, records);
      return { run, records, answer: rig.commit(run, records) };
    });
    fill(after);
    const { nextOffset } = rig.head();
    for (const { run, records, answer } of sent.slice(-producerBatchesRetained)) {
      expect({ ...rig.commit(run, records), kind: 'appended' }).toEqual(answer);
    }
    expect(rig.head().nextOffset).toBe(nextOffset);
  });
  fc.assert(property, { numRuns: 60, seed: 20_261_123 });
});

// Fault 14 of docs/faults.md.
test('after a fence nothing of the older epoch is written, also when its fencer was parked', () => {
  const rig = createRig(emptyHead);
  rig.commit(stamp('p', 0, 0, 3), 3);
  rig.commit(stamp('p', 1, 0, 1), 1);
  for (let i = 0; i < (producerIdleRolls + 2) * tailEntriesPerPage; i++) {
    rig.commit(stamp('filler', 0, i, 1), 1);
    const roll = rig.plan('one');
    if (roll) rig.finish(roll);
  }
  expect(rig.head().producers.p).toBeUndefined();
  expect(rig.commit(stamp('p', 0, 3, 1), 1)).toEqual({ kind: 'staleEpoch' });
  expect(rig.commit(stamp('p', 0, 0, 3), 3)).toEqual({ kind: 'staleEpoch' });
});
