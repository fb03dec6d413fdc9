/**
 * The item of a deleted topic of which something is left to be swept. All share one partition key.
 *
 *   pk, sk  1/deleted, <topic id>
 *   n  S  name
 *   c  N  partition count
 *   m  N  deleted at, ms since 1970
 */

import type { BuriedTopic } from '../../topic-store.js';
import { type Item, numberOf, numberValue, textOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const buriedPartitionKey = `${layoutVersion}/deleted`;

export function buriedTopicKey(topicId: string) {
  return { pk: { S: buriedPartitionKey }, sk: { S: topicId } };
}

export function buriedTopicToItem(topic: BuriedTopic): Item {
  return {
    ...buriedTopicKey(topic.topicId),
    n: { S: topic.name },
    c: numberValue(topic.partitionCount),
    m: numberValue(topic.deletedAtMs),
  };
}

/** Throws `CorruptData`. */
export function buriedTopicFromItem(item: Item): BuriedTopic {
  return {
    topicId: textOf(item, 'sk'),
    name: textOf(item, 'n'),
    partitionCount: numberOf(item, 'c'),
    deletedAtMs: numberOf(item, 'm'),
  };
}
