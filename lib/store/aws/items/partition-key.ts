/**
 * What all items of one partition share: the partition key `pk`. It begins with the version of this
 * whole layout, so that code of an incompatible one finds nothing rather than something it misreads.
 *
 *   pk  1/p/<topicId>/<partition>     sk  head | page/<next offset> | producer/<name>
 *
 * Both keys are strings, and they are all the schema that the table has.
 */

import type { PartitionRef } from '../../../log/partition-head.js';

export const layoutVersion = 1;

export function partitionKey({ topicId, partition }: PartitionRef): string {
  return `${layoutVersion}/p/${topicId}/${partition}`;
}
