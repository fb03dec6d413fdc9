/**
 * Topics: made, found, listed, deleted. A topic becomes visible in one step, after its partitions exist,
 * and vanishes in one step, before they do.
 */

import { partitionsMax } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import { topicNameProblem } from '../log/topic-name.js';
import type { Stores } from '../store/stores.js';
import type { Topic, TopicList } from '../store/topic-store.js';
import type { World } from '../store/world.js';
import { BrokerError } from './broker-error.js';

export type Topics = {
  create(name: string, partitionCount: number): Promise<Topic>;
  find(name: string): Promise<Topic>;
  list(countMax: number, after?: string): Promise<TopicList>;
  delete(name: string): Promise<void>;
  /** Names a partition, or throws `UNKNOWN_TOPIC_OR_PARTITION`. */
  partition(name: string, partition: number): Promise<PartitionRef>;
  /** Whatever is remembered of this topic is out of date. */
  forget(topicId: string): void;
};

type Remembered = { readonly topic: Topic; readonly untilMs: number };

export function createTopics(
  stores: Stores,
  world: World,
  cacheMs: number,
  deleted: (topicId: string) => void = () => {},
): Topics {
  const remembered = new Map<string, Remembered>();
  const { clock } = world;

  async function find(name: string): Promise<Topic> {
    const known = remembered.get(name);
    if (known && known.untilMs > clock.nowMs()) return known.topic;
    const topic = topicNameProblem(name) === undefined ? await stores.topics.find(name) : undefined;
    if (!topic) {
      remembered.delete(name);
      throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${quote(name)}.`, {
        details: { topic: name.slice(0, 300) },
      });
    }
    if (cacheMs > 0) remembered.set(name, { topic, untilMs: clock.nowMs() + cacheMs });
    return topic;
  }

  return {
    find,
    async create(name, partitionCount) {
      checkNewTopic(name, partitionCount);
      const topicId = world.uuid();
      const topic = { name, topicId, partitionCount, createdAtMs: clock.nowMs() };
      if (await stores.topics.find(name)) throw alreadyExists(name);
      await stores.index.createPartitions(topicId, 0, partitionCount);
      if ((await stores.topics.create(topic)) === 'created') return topic;
      await stores.index.deletePartitions(topicId, partitionCount);
      throw alreadyExists(name);
    },
    list: (countMax, after) => stores.topics.list(countMax, after),
    async delete(name) {
      remembered.delete(name);
      const topic = await find(name);
      remembered.delete(name);
      await stores.topics.delete(topic);
      // Only now is the deletion final for writers that still remember the topic.
      await stores.index.deletePartitions(topic.topicId, topic.partitionCount);
      deleted(topic.topicId);
    },
    async partition(name, partition) {
      const topic = await find(name);
      if (partition >= topic.partitionCount) {
        throw new BrokerError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `Topic ${quote(name)} has partitions 0 to ${topic.partitionCount - 1}, not ${partition}.`,
          { details: { topic: name, partition, partitionCount: topic.partitionCount } },
        );
      }
      return { topicId: topic.topicId, partition };
    },
    forget(topicId) {
      for (const [name, { topic }] of remembered) {
        if (topic.topicId === topicId) remembered.delete(name);
      }
    },
  };
}

function checkNewTopic(name: string, partitionCount: number): void {
  const problem = topicNameProblem(name);
  if (problem) throw new BrokerError('INVALID_TOPIC_EXCEPTION', `Invalid topic name: ${problem}.`);
  if (partitionCount < 1 || partitionCount > partitionsMax) {
    throw new BrokerError(
      'INVALID_PARTITIONS',
      `A topic has 1 to ${partitionsMax} partitions, not ${partitionCount}.`,
      { details: { limit: partitionsMax } },
    );
  }
}

function alreadyExists(name: string): BrokerError {
  return new BrokerError('TOPIC_ALREADY_EXISTS', `Topic ${quote(name)} exists already.`, {
    details: { topic: name },
  });
}

function quote(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
