/**
 * Which partition came from which, and whose keys it takes. Every open partition holds a range of a
 * 128-bit hash space, together all of it without a hole. A partition that is split or merged is closed
 * and its children hold its range; its records stay. A topic whose partitions were never split or merged
 * has no lineage of its own: its partitions share the space evenly.
 *
 * Places in the space are 32 lower-case hex digits, so that they order as text; ranges are inclusive.
 */

import { assert } from './assert.js';
import { murmur2, partitionForKey } from './partitioner.js';

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

type Shaped = {
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

/** As much of a lineage as a client knows, by partition number. */
export type Kin = { readonly parents: readonly number[]; readonly closed: boolean };

export function rootCount(partitions: readonly Kin[]): number {
  return partitions.filter(({ parents }) => parents.length === 0).length;
}

/**
 * Where the records go on that would go to `partition`: to itself, or, as it is closed, to one of its
 * descendants, always the same one for the same hash. A closed one whose children are not known yet
 * stands for them.
 */
export function openDescendant(
  partitions: readonly Kin[],
  partition: number,
  hash: number,
): number {
  let [at, bits] = [partition, hash];
  while (partitions[at]?.closed) {
    const children = partitions.flatMap(({ parents }, child) =>
      parents.includes(at) ? [child] : [],
    );
    const child = children[bits % children.length];
    if (child === undefined) return at;
    if (children.length > 1) bits = Math.floor(bits / children.length);
    at = child;
  }
  return at;
}

/**
 * The partition of a keyed record that names none. As long as none is closed it is Kafka's own choice.
 * After that a key keeps its first partition, or goes to a descendant of it.
 */
export function partitionOfKey(topic: Shaped, key: Uint8Array): number {
  const { lineage } = topic;
  if (!lineage) return partitionForKey(key, topic.partitionCount);
  const kin = lineage.partitions.map((one) => ({ parents: one.parents, closed: !isOpen(one) }));
  return openPartitionOfKey(kin, key);
}

export function openPartitionOfKey(partitions: readonly Kin[], key: Uint8Array): number {
  const roots = rootCount(partitions);
  return openDescendant(partitions, partitionForKey(key, roots), descentOf(key, roots));
}

/** Bits of a key's hash that did not choose the root. */
export function descentOf(key: Uint8Array, roots: number): number {
  return Math.floor((murmur2(key) & 0x7fffffff) / roots);
}

export function childrenOf(lineage: Lineage, partition: number): number[] {
  return lineage.partitions.flatMap(({ parents }, child) =>
    parents.includes(partition) ? [child] : [],
  );
}

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

export function areNeighbours(lower: HashRange, upper: HashRange): boolean {
  return hashNumber(lower.end) + 1n === hashNumber(upper.start);
}

/**
 * The next step towards `target` even partitions: splits first, where a border is missing, then merges
 * of neighbours. Undefined: they are there.
 */
export function planEven(lineage: Lineage, target: number): ReshapingPlan | undefined {
  const borders = evenStarts(target).map(hashText);
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
