/**
 * Where the records of a key go when its partition was split or merged: to a descendant that is open, the
 * same one for the same key. Servers and clients choose alike.
 */

import { childrenOf, isOpen, type Shaped } from './lineage.js';
import { murmur2, partitionForKey } from './partitioner.js';

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
    const children = childrenOf({ partitions }, at);
    const child = children[bits % children.length];
    if (child === undefined) return at;
    if (children.length > 1) bits = Math.floor(bits / children.length);
    at = child;
  }
  return at;
}

/**
 * Chooses the partition of keyed records that name none. As long as none is closed it is Kafka's own choice.
 * After that a key keeps its first partition, or goes to a descendant of it.
 */
export function partitionerOf(topic: Shaped): (key: Uint8Array) => number {
  const { lineage, partitionCount } = topic;
  if (!lineage) return (key) => partitionForKey(key, partitionCount);
  const kin = lineage.partitions.map((one) => ({ parents: one.parents, closed: !isOpen(one) }));
  const roots = rootCount(kin);
  return (key) => openDescendant(kin, partitionForKey(key, roots), descentOf(key, roots));
}

/** Bits of a key's hash that did not choose the root. */
export function descentOf(key: Uint8Array, roots: number): number {
  return Math.floor((murmur2(key) & 0x7fffffff) / roots);
}
