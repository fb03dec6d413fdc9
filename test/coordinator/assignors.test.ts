/** lib/coordinator/assignors.js and target.js: even, sticky, and the same for everybody. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AssignableTopic, assignors } from '../../lib/coordinator/assignors.js';
import { electAssignor } from '../../lib/coordinator/target.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const subscribers = fc.subarray(names, { minLength: 1 }).map((some) => [...some].sort());
const topic = (who: fc.Arbitrary<string[]>) =>
  fc.record({
    previous: fc.array(fc.option(fc.constantFrom(...names, 'gone')), {
      minLength: 1,
      maxLength: 30,
    }),
    subscribers: who,
  });
const named = (topics: { previous: (string | null)[]; subscribers: string[] }[]) =>
  topics.map((one, i): AssignableTopic => ({ topicId: `t${i}`, ...one }));
const mixed = fc.array(topic(subscribers), { minLength: 1, maxLength: 5 }).map(named);
const alike = subscribers.chain((who) =>
  fc.array(topic(fc.constant(who)), { minLength: 1, maxLength: 5 }).map(named),
);

function loadsOf(topics: readonly AssignableTopic[], assignment: readonly (readonly string[])[]) {
  const loads = new Map<string, number>();
  for (const one of topics) for (const name of one.subscribers) loads.set(name, 0);
  for (const member of assignment.flat()) loads.set(member, (loads.get(member) ?? 0) + 1);
  return loads;
}

const kept = (topics: readonly AssignableTopic[], assignment: readonly (readonly string[])[]) =>
  topics.reduce(
    (sum, { previous }, t) =>
      sum + previous.filter((member, p) => member === assignment[t]?.[p]).length,
    0,
  );

describe.each(['uniform', 'range'] as const)('%s', (name) => {
  const assign = assignors[name];

  test('every partition has one member, who wants it', () => {
    fc.assert(
      fc.property(mixed, (topics) => {
        const assignment = assign(topics);
        for (const [t, one] of topics.entries()) {
          expect(assignment[t]).toHaveLength(one.previous.length);
          for (const member of assignment[t] ?? []) expect(one.subscribers).toContain(member);
        }
      }),
    );
  });

  test('the same question has the same answer', () => {
    fc.assert(
      fc.property(mixed, (topics) => {
        expect(assign(topics)).toEqual(assign(topics));
      }),
    );
  });
});

describe('uniform', () => {
  test('nobody could hand a partition to somebody with two fewer who wants it', () => {
    fc.assert(
      fc.property(mixed, (topics) => {
        const assignment = assignors.uniform(topics);
        const loads = loadsOf(topics, assignment);
        for (const [t, one] of topics.entries()) {
          for (const member of assignment[t] ?? []) {
            for (const other of one.subscribers) {
              expect((loads.get(member) ?? 0) - (loads.get(other) ?? 0)).toBeLessThanOrEqual(1);
            }
          }
        }
      }),
    );
  });

  test('an even assignment stays as it is', () => {
    fc.assert(
      fc.property(mixed, (topics) => {
        const once = assignors.uniform(topics);
        const again = topics.map((one, t) => ({ ...one, previous: once[t] ?? [] }));
        expect(assignors.uniform(again)).toEqual(once);
      }),
    );
  });

  test('where all want the same, no assignment as even keeps more', () => {
    fc.assert(
      fc.property(alike, (topics) => {
        const assignment = assignors.uniform(topics);
        const who = topics[0]?.subscribers ?? [];
        const total = topics.reduce((sum, { previous }) => sum + previous.length, 0);
        const floor = Math.floor(total / who.length);
        // Each member keeps up to the floor, and as many as there are extra ones keep one more.
        const had = who.map(
          (name) => topics.flatMap(({ previous }) => previous.filter((m) => m === name)).length,
        );
        const plain = had.reduce((sum, count) => sum + Math.min(count, floor), 0);
        const extra = Math.min(total % who.length, had.filter((count) => count > floor).length);
        expect(kept(topics, assignment)).toBe(plain + extra);
      }),
    );
  });
});

test('range gives neighbours, the same of every topic; the first members get one more', () => {
  const previous = [null, null, null, null, null];
  const both = ['t1', 't2'].map((topicId) => ({ topicId, previous, subscribers: ['a', 'b'] }));
  expect(assignors.range(both)).toEqual([
    ['a', 'a', 'a', 'b', 'b'],
    ['a', 'a', 'a', 'b', 'b'],
  ]);
});

test('the assignor is elected', () => {
  const vote = (...votes: ('range' | 'uniform' | null)[]) =>
    electAssignor(votes.map((assignor) => ({ assignor }) as never));
  expect(vote()).toBe('uniform');
  expect(vote('range', null)).toBe('range');
  expect(vote('range', 'uniform')).toBe('uniform');
});
