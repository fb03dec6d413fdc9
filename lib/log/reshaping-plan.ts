/**
 * Which partitions are closed and which are opened in their place: by a split, by a merge, or step by step
 * towards an even number. After every step the open partitions hold the whole hash space, as before it.
 */

import { assert } from './assert.js';
import {
  areNeighbours,
  evenRanges,
  hashNumber,
  hashText,
  isOpen,
  type Lineage,
  type OpenPartition,
  openPartitions,
  type PartitionLineage,
  type ReshapingPlan,
} from './lineage.js';

/** `at` begins the second half; it lies inside the range, not at its start. */
export function planSplit(lineage: Lineage, partition: number, at: string): ReshapingPlan {
  const parent = lineage.partitions[partition];
  assert(parent && isOpen(parent), 'an open partition is split');
  assert(parent.start < at && at <= parent.end, 'a partition is split inside its range');
  const parents = [partition];
  return {
    closing: parents,
    opening: [
      { start: parent.start, end: hashText(hashNumber(at) - 1n), parents },
      { start: at, end: parent.end, parents },
    ],
  };
}

/** `lower` ends where `upper` begins. */
export function planMerge(lineage: Lineage, lower: number, upper: number): ReshapingPlan {
  const [first, second] = [lineage.partitions[lower], lineage.partitions[upper]];
  assert(first && second && isOpen(first) && isOpen(second), 'open partitions are merged');
  assert(areNeighbours(first, second), 'neighbours are merged');
  const parents = [lower, upper];
  return { closing: parents, opening: [{ start: first.start, end: second.end, parents }] };
}

/**
 * The next step towards `target` even partitions: splits first, where a border is missing, then merges
 * of neighbours. Undefined: they are there.
 */
export function planEven(lineage: Lineage, target: number): ReshapingPlan | undefined {
  const borders = evenRanges(target).map(({ start }) => start);
  const open = openPartitions(lineage);
  const splits = open.flatMap(({ start, end, partition }) => {
    const inside = borders.filter((border) => start < border && border <= end);
    const middle = inside[inside.length >> 1];
    return middle === undefined ? [] : [planSplit(lineage, partition, middle)];
  });
  if (splits.length > 0) return { ...joined(splits), target };
  const merges: ReshapingPlan[] = [];
  for (let i = 0; i + 1 < open.length; i++) {
    const [lower, upper] = [open[i], open[i + 1]] as [OpenPartition, OpenPartition];
    if (borders.includes(upper.start)) continue;
    merges.push(planMerge(lineage, lower.partition, upper.partition));
    i++;
  }
  return merges.length > 0 ? { ...joined(merges), target } : undefined;
}

function joined(steps: readonly ReshapingPlan[]): ReshapingPlan {
  return {
    closing: steps.flatMap(({ closing }) => closing),
    opening: steps.flatMap(({ opening }) => opening),
  };
}

/** After the partitions to be closed are closed: the step is carried out, and the next one planned. */
export function afterReshaping({ partitions, reshaping }: Lineage, nowMs: number): Lineage {
  assert(reshaping, 'a reshaping is under way');
  const { closing, opening, target } = reshaping;
  const after: Lineage = {
    partitions: [
      ...partitions.map((one, partition) =>
        closing.includes(partition) ? { ...one, closedAtMs: nowMs } : one,
      ),
      // Later than its parents in whole seconds, whatever the clocks say: numbers are made of that.
      ...opening.map((one) => ({
        ...one,
        createdAtMs: Math.max(
          nowMs + 1_000,
          ...one.parents.map((parent) => createdAt(partitions, parent) + 1_000),
        ),
      })),
    ],
  };
  const next = target === undefined ? undefined : planEven(after, target);
  return next ? { ...after, reshaping: { ...next, startedAtMs: nowMs } } : after;
}

/** How many partitions there will be, closed ones counted in, when nothing is left to be done. */
export function countAfterAll(lineage: Lineage, plan: ReshapingPlan): number {
  let after = afterReshaping({ ...lineage, reshaping: { ...plan, startedAtMs: 0 } }, 0);
  while (after.reshaping) after = afterReshaping(after, 0);
  return after.partitions.length;
}

function createdAt(partitions: readonly PartitionLineage[], partition: number): number {
  return partitions[partition]?.createdAtMs ?? 0;
}
