/** Lineages: ranges without a hole, whoever splits and merges, and keys that stay with their descendants. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterReshaping,
  childrenOf,
  evenRanges,
  hashNumber,
  hashText,
  isOpen,
  type Lineage,
  lineageOf,
  openPartitions,
  partitionAt,
  partitionOfKey,
  planEven,
  planMerge,
  planSplit,
  type ReshapingPlan,
} from '../../lib/log/lineage.js';
import { partitionForKey } from '../../lib/log/partitioner.js';

const topicOf = (partitionCount: number, lineage?: Lineage) => ({
  partitionCount: lineage?.partitions.length ?? partitionCount,
  createdAtMs: 1_000,
  ...(lineage && { lineage }),
});

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

test('three even ranges are those of Kinesis', () => {
  expect(evenRanges(3).map(({ end }) => hashNumber(end).toString())).toEqual([
    '113427455640312821154458202477256070484',
    '226854911280625642308916404954512140969',
    '340282366920938463463374607431768211455',
  ]);
});

describe('a split and a merge', () => {
  test('close the parents and hand their range on', () => {
    const before = lineageOf(topicOf(2));
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
    const before = lineageOf(topicOf(1));
    const split = carriedOut(before, planSplit(before, 0, `8${'0'.repeat(31)}`), -9_000);
    expect(split.partitions[1]?.createdAtMs).toBe(2_000);
  });
});

test('any number of even partitions is reached, without a hole at any step', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(counts, ([first = 1, ...targets]) => {
      let lineage = lineageOf(topicOf(first));
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

test('a place is found in the one range that holds it', () => {
  const lineage = lineageOf(topicOf(7));
  const open = openPartitions(lineage);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (place) => {
      const hash = hashText(place);
      const { start = '', end = '' } = lineage.partitions[partitionAt(open, hash)] ?? {};
      expect(start <= hash && hash <= end).toBe(true);
    }),
  );
});

test('a key stays in its partition, or goes to a descendant of it', () => {
  const before = lineageOf(topicOf(3));
  const split = carriedOut(before, planSplit(before, 1, `8${'0'.repeat(31)}`));
  const merged = carriedOut(split, planMerge(split, 0, 3));
  const seen = new Set<number>();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (key) => {
      const first = partitionForKey(key, 3);
      expect(partitionOfKey(topicOf(3), key)).toBe(first);
      const then = partitionOfKey(topicOf(3, split), key);
      expect(first === 1 ? [3, 4] : [first]).toContain(then);
      if (first === 1) seen.add(then);
      const last = partitionOfKey(topicOf(3, merged), key);
      expect(then === 0 || then === 3 ? 5 : then).toBe(last);
    }),
    { numRuns: 300, seed: 7 },
  );
  expect([...seen].sort()).toEqual([3, 4]);
});
