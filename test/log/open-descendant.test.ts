/** Keys stay with their partition, or with its descendants. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lineage, lineageOf, type ReshapingPlan } from '../../lib/log/lineage.js';
import { openDescendant, partitionerOf, rootCount } from '../../lib/log/open-descendant.js';
import { partitionForKey } from '../../lib/log/partitioner.js';
import { afterReshaping, planMerge, planSplit } from '../../lib/log/reshaping-plan.js';

const topicOf = (partitionCount: number, lineage?: Lineage) => ({
  partitionCount: lineage?.partitions.length ?? partitionCount,
  createdAtMs: 1_000,
  ...(lineage && { lineage }),
});

const carriedOut = (lineage: Lineage, plan: ReshapingPlan): Lineage =>
  afterReshaping({ ...lineage, reshaping: { ...plan, startedAtMs: 5_000 } }, 5_000);

test('a key stays in its partition, or goes to a descendant of it', () => {
  const before = lineageOf(topicOf(3));
  const split = carriedOut(before, planSplit(before, 1, `8${'0'.repeat(31)}`));
  const merged = carriedOut(split, planMerge(split, 0, 3));
  const seen = new Set<number>();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (key) => {
      const first = partitionForKey(key, 3);
      expect(partitionerOf(topicOf(3))(key)).toBe(first);
      const then = partitionerOf(topicOf(3, split))(key);
      expect(first === 1 ? [3, 4] : [first]).toContain(then);
      if (first === 1) seen.add(then);
      const last = partitionerOf(topicOf(3, merged))(key);
      expect(then === 0 || then === 3 ? 5 : then).toBe(last);
    }),
    { numRuns: 300, seed: 7 },
  );
  expect([...seen].sort()).toEqual([3, 4]);
});

test('every split takes its own part of the hash, and children that are unknown yet their parent', () => {
  const open = { closed: false };
  const kin = [
    { parents: [], closed: true },
    { parents: [0], closed: true },
    { parents: [0], ...open },
    { parents: [1], ...open },
    { parents: [1], closed: true },
  ];
  expect(rootCount(kin)).toBe(1);
  expect([0, 1, 2, 3].map((hash) => openDescendant(kin, 0, hash))).toEqual([3, 2, 4, 2]);
});
