/** Reshaping: ranges without a hole, whoever splits and merges. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  childrenOf,
  evenRanges,
  hashNumber,
  hashText,
  isOpen,
  type Lineage,
  lineageOf,
  openPartitions,
  type ReshapingPlan,
} from '../../lib/log/lineage.js';
import {
  afterReshaping,
  countAfterAll,
  planEven,
  planMerge,
  planSplit,
} from '../../lib/log/reshaping-plan.js';

const even = (partitionCount: number) => lineageOf({ partitionCount, createdAtMs: 1_000 });

const carriedOut = (lineage: Lineage, plan: ReshapingPlan, nowMs = 5_000): Lineage =>
  afterReshaping({ ...lineage, reshaping: { ...plan, startedAtMs: nowMs } }, nowMs);

/** Every place of the space is held by exactly one open partition. */
function expectWhole(lineage: Lineage): void {
  const open = openPartitions(lineage);
  expect(open[0]?.start).toBe(hashText(0n));
  expect(open.at(-1)?.end).toBe('f'.repeat(32));
  for (const [i, { start }] of open.slice(1).entries()) {
    expect(hashNumber(start)).toBe(hashNumber(open[i]?.end as string) + 1n);
  }
}

describe('a split and a merge', () => {
  test('close the parents and hand their range on', () => {
    const before = even(2);
    const split = carriedOut(before, planSplit(before, 0, `4${'0'.repeat(31)}`));
    expectWhole(split);
    expect(childrenOf(split, 0)).toEqual([2, 3]);
    expect(split.partitions.map(isOpen)).toEqual([false, true, true, true]);
    const merged = carriedOut(split, planMerge(split, 3, 1));
    expectWhole(merged);
    expect(childrenOf(merged, 1)).toEqual([4]);
    expect(merged.partitions[4]).toMatchObject({ parents: [3, 1], start: `4${'0'.repeat(31)}` });
  });

  test('children are younger than their parents by whole seconds, whatever the clock says', () => {
    const before = even(1);
    const split = carriedOut(before, planSplit(before, 0, `8${'0'.repeat(31)}`), -9_000);
    expect(split.partitions[1]?.createdAtMs).toBe(2_000);
  });
});

test('any number of even partitions is reached, without a hole at any step', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(counts, ([first = 1, ...targets]) => {
      let lineage = even(first);
      for (const target of targets) {
        const plan = planEven(lineage, target);
        if (plan) lineage = carriedOut(lineage, plan);
        while (lineage.reshaping) {
          expectWhole(lineage);
          lineage = afterReshaping(lineage, 5_000);
        }
        const open = openPartitions(lineage).map(({ start, end }) => ({ start, end }));
        expect(open).toEqual(evenRanges(target));
        for (const { parents } of lineage.partitions) expect(parents.length).toBeLessThan(3);
      }
    }),
    { numRuns: 40 },
  );
});

test('all steps are counted before the first is taken', () => {
  const before = even(3);
  // The borders of two halves: one split of the middle third, then two merges.
  expect(countAfterAll(before, planEven(before, 2) as ReshapingPlan)).toBe(7);
});
