/**
 * Which partition came from which, and whose keys it takes. Every open partition holds a range of a
 * 128-bit hash space, together all of it without a hole. A partition that is split or merged is closed
 * and its children hold its range; its records stay. A topic whose partitions were never split or merged
 * has no lineage of its own: its partitions share the space evenly.
 *
 * Places in the space are 32 lower-case hex digits, so that they order as text; ranges are inclusive.
 */

import { assert } from './assert.js';

export type HashRange = { readonly start: string; readonly end: string };

export type PartitionLineage = HashRange & {
  /** None, one that was split, or two that were merged. */
  readonly parents: readonly number[];
  readonly createdAtMs: number;
  /** Undefined: it takes records. */
  readonly closedAtMs?: number;
};

/** One step: what is closed, and what is opened in its place. */
export type ReshapingPlan = {
  readonly closing: readonly number[];
  readonly opening: readonly (HashRange & { readonly parents: readonly number[] })[];
  /** More such steps follow, until this many even partitions are open. */
  readonly target?: number;
};

/** One that is under way: whoever finds that it takes too long may finish it. */
export type Reshaping = ReshapingPlan & { readonly startedAtMs: number };

export type Lineage = {
  /** By partition number: a child's is higher than its parents'. */
  readonly partitions: readonly PartitionLineage[];
  readonly reshaping?: Reshaping;
};

export type Shaped = {
  readonly partitionCount: number;
  readonly createdAtMs: number;
  readonly lineage?: Lineage;
};

const space = 1n << 128n;

/** Throws for what is no place in the space. */
export function hashText(place: bigint): string {
  assert(place >= 0n && place < space, 'a place lies in the hash space');
  return place.toString(16).padStart(32, '0');
}

export function hashNumber(text: string): bigint {
  return BigInt(`0x${text}`);
}

/** `count` ranges of the same width; the last one takes what is left over. */
export function evenRanges(count: number): HashRange[] {
  const starts = evenStarts(count);
  return starts.map((start, i) => {
    const next = starts[i + 1] ?? space;
    return { start: hashText(start), end: hashText(next - 1n) };
  });
}

function evenStarts(count: number): bigint[] {
  const width = space / BigInt(count);
  return Array.from({ length: count }, (_, i) => width * BigInt(i));
}

export function lineageOf({ partitionCount, createdAtMs, lineage }: Shaped): Lineage {
  if (lineage) return lineage;
  const partitions = evenRanges(partitionCount).map((range) => ({
    ...range,
    parents: [],
    createdAtMs,
  }));
  return { partitions };
}

export function isOpen({ closedAtMs }: PartitionLineage): boolean {
  return closedAtMs === undefined;
}

export type OpenPartition = HashRange & { readonly partition: number };

/** In the order of their ranges. */
export function openPartitions(lineage: Lineage): OpenPartition[] {
  return lineage.partitions
    .flatMap((one, partition) =>
      isOpen(one) ? [{ start: one.start, end: one.end, partition }] : [],
    )
    .sort((a, b) => (a.start < b.start ? -1 : 1));
}

/** The open partition whose range holds `hash`. `open` is in the order of the ranges. */
export function partitionAt(open: readonly OpenPartition[], hash: string): number {
  let low = 0;
  let high = open.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((open[middle] as OpenPartition).start <= hash) low = middle;
    else high = middle - 1;
  }
  return (open[low] as OpenPartition).partition;
}

export function childrenOf(
  { partitions }: { readonly partitions: readonly Pick<PartitionLineage, 'parents'>[] },
  partition: number,
): number[] {
  return partitions.flatMap(({ parents }, child) => (parents.includes(partition) ? [child] : []));
}

export function areNeighbours(lower: HashRange, upper: HashRange): boolean {
  return hashNumber(lower.end) + 1n === hashNumber(upper.start);
}
