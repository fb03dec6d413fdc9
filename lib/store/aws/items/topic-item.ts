/**
 * The item of a topic. All topics share one partition key, so that they list in order of names.
 *
 *   pk, sk  1/topics, <name>
 *   i  S  topic id
 *   c  N  partition count
 *   m  N  created at, ms since 1970
 *   g  M  setting -> S; absent: none
 *   a  M  tag -> S; absent: none
 *   n  M  face -> S, what it keeps with the topic; absent: none
 *   l  S  lineage, as JSON; absent: none
 *   v  N  version; absent: 0, never altered
 */

import { CorruptData } from '../../../log/corrupt-data.js';
import type { Lineage, PartitionLineage } from '../../../log/lineage.js';
import { type Topic, unalteredTopic } from '../../topic-store.js';
import { type Item, mapOf, numberOf, numberValue, textOf } from './attributes.js';
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
    ...(Object.keys(topic.configs).length === 0 ? {} : { g: textsToValue(topic.configs) }),
    ...(Object.keys(topic.tags).length === 0 ? {} : { a: textsToValue(topic.tags) }),
    ...(Object.keys(topic.annotations).length === 0 ? {} : { n: textsToValue(topic.annotations) }),
    ...(topic.lineage ? { l: lineageToValue(topic.lineage) } : {}),
    ...(topic.version === 0 ? {} : { v: numberValue(topic.version) }),
  };
}

export function textsToValue(texts: Readonly<Record<string, string>>) {
  return { M: Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }])) };
}

export function lineageToValue(lineage: Lineage) {
  return { S: JSON.stringify(lineage) };
}

function lineageFrom(text: string): Lineage {
  try {
    const lineage: unknown = JSON.parse(text);
    if (isLineage(lineage)) return lineage;
  } catch {
    // Told below.
  }
  throw new CorruptData("a topic's lineage is not what it should be");
}

function isLineage(value: unknown): value is Lineage {
  const { partitions } = (value ?? {}) as Partial<Lineage>;
  const isPartition = ({ start, end, parents }: Partial<PartitionLineage>) =>
    typeof start === 'string' && typeof end === 'string' && Array.isArray(parents);
  return Array.isArray(partitions) && partitions.every((one) => isPartition(one ?? {}));
}

function textsFrom(map: Item): Record<string, string> {
  return Object.fromEntries(Object.keys(map).map((name) => [name, textOf(map, name)]));
}

/** Throws `CorruptData`. */
export function topicFromItem(item: Item): Topic {
  return {
    ...unalteredTopic,
    ...(item.g ? { configs: textsFrom(mapOf(item, 'g')) } : {}),
    ...(item.a ? { tags: textsFrom(mapOf(item, 'a')) } : {}),
    ...(item.n ? { annotations: textsFrom(mapOf(item, 'n')) } : {}),
    ...(item.l ? { lineage: lineageFrom(textOf(item, 'l')) } : {}),
    ...(item.v ? { version: numberOf(item, 'v') } : {}),
    name: textOf(item, 'sk'),
    topicId: textOf(item, 'i'),
    partitionCount: numberOf(item, 'c'),
    createdAtMs: numberOf(item, 'm'),
  };
}
