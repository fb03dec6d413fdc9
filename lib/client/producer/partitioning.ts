/**
 * Which partition a record goes to, where it does not say so itself: by its key as every Kafka client
 * does it, and without a key one partition per batch, in turn.
 */

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
