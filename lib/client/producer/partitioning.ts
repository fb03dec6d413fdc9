/**
 * Which partition a record goes to, where it does not say so itself: by its key as every Kafka client
 * does it, and without a key one partition per batch, in turn. What was split or merged is followed.
 */

import { descentOf, type Kin, openDescendant } from '../../log/open-descendant.js';
import { partitionForKey } from '../../log/partitioner.js';

export type PartitionChoice = {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly partitionCount: number;
  /** Where the keyless records of the open batch go. */
  readonly sticky: number;
};

export type Partitioner = (choice: PartitionChoice) => number;

export const kafkaPartitioner: Partitioner = ({ key, partitionCount, sticky }) =>
  key === null ? sticky : partitionForKey(key, partitionCount);

/** What is known of a topic's partitions. */
export type KnownPartitions = {
  readonly kin: readonly Kin[];
  /** Those that came from no other: the ones that a partitioner chooses from. */
  readonly roots: number;
  readonly sticky: number;
};

/** A closed partition is not chosen, but a descendant of it. */
export function choosePartition(
  partitioner: Partitioner,
  topic: string,
  key: Uint8Array | null,
  { kin, roots, sticky }: KnownPartitions,
): number {
  const chosen = partitioner({ topic, key, partitionCount: roots, sticky: sticky % roots });
  if (!kin[chosen]?.closed) return chosen;
  return openDescendant(kin, chosen, key === null ? sticky : descentOf(key, roots));
}
