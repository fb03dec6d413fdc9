/**
 * The item of a topic. All topics share one partition key, so that they list in order of names.
 *
 *   pk, sk  1/topics, <name>
 *   i  S  topic id
 *   c  N  partition count
 *   m  N  created at, ms since 1970
 */

import type { Topic } from '../../topic-store.js';
import { type Item, numberOf, numberValue, textOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const topicsPartitionKey = `${layoutVersion}/topics`;

export function topicKey(name: string) {
  return { pk: { S: topicsPartitionKey }, sk: { S: name } };
}

export function topicToItem(topic: Topic): Item {
  return {
    ...topicKey(topic.name),
    i: { S: topic.topicId },
    c: numberValue(topic.partitionCount),
    m: numberValue(topic.createdAtMs),
  };
}

/** Throws `CorruptData`. */
export function topicFromItem(item: Item): Topic {
  return {
    name: textOf(item, 'sk'),
    topicId: textOf(item, 'i'),
    partitionCount: numberOf(item, 'c'),
    createdAtMs: numberOf(item, 'm'),
  };
}
