/**
 * Topics: made, found, altered, listed, deleted. A topic becomes visible in one step, after its
 * partitions exist, grows in one step, after the new ones do, and vanishes in one step, before they do.
 * What a deleted topic leaves in the stores is swept by lib/jobs, from a list that it is put on before.
 */

import { type Compression, compressions } from '../log/codecs.js';
import { partitionsMax } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import { type ConfigOverrides, topicConfigsOf } from '../log/topic-configs.js';
import { topicNameProblem } from '../log/topic-name.js';
import type { Stores } from '../store/stores.js';
import {
  partitionsToDelete,
  type Topic,
  type TopicList,
  unalteredTopic,
} from '../store/topic-store.js';
import type { Clock, World } from '../store/world.js';
import {
  alterTopic,
  changedConfigs,
  changedState,
  checkTags,
  lookUp,
  type TopicChange,
} from './alter-topic.js';
import { BrokerError } from './broker-error.js';
import { createTopicMemory } from './topic-memory.js';

export type Topics = {
  create(name: string, partitionCount: number, facts?: NewTopicFacts): Promise<Topic>;
  /** What is remembered of it may be `topicCacheMs` old. */
  find(name: string): Promise<Topic>;
  /** As it is now. */
  findAnew(name: string): Promise<Topic>;
  list(countMax: number, after?: string): Promise<TopicList>;
  /** All of the change or nothing; of many at once none is lost. */
  alter(name: string, change: TopicChange | ((topic: Topic) => TopicChange)): Promise<Topic>;
  /** From now on it has `partitionCount`, which must be more. Keys go to other partitions then. */
  addPartitions(name: string, partitionCount: number): Promise<Topic>;
  delete(name: string): Promise<void>;
  /** Names a partition, or throws `UNKNOWN_TOPIC_OR_PARTITION`. */
  partition(name: string, partition: number): Promise<PartitionRef>;
  /** The same, with its topic. */
  place(name: string, partition: number): Promise<PlacedPartition>;
  /** Whatever is remembered of this topic is out of date. */
  forget(topicId: string): void;
};

export type NewTopicFacts = {
  readonly configs?: ConfigOverrides;
  readonly tags?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

export type PlacedPartition = { readonly topic: Topic; readonly ref: PartitionRef };

export function createTopics(
  stores: Stores,
  world: World,
  cacheMs: number,
  deleted: (topicId: string) => void = () => {},
  canCompress: ReadonlySet<Compression> = new Set(compressions),
): Topics {
  const { clock } = world;
  const memory = createTopicMemory(clock, cacheMs);

  const find = async (name: string) => memory.find(name) ?? findAnew(name);

  async function findAnew(name: string): Promise<Topic> {
    return kept(name, await lookUp(stores.topics, name));
  }

  function kept(name: string, topic: Topic | undefined): Topic {
    if (topic) return memory.keep(topic);
    memory.drop(name);
    throw unknownTopic(name);
  }

  async function place(name: string, partition: number): Promise<PlacedPartition> {
    let topic = await find(name);
    // It may have got more partitions since it was remembered.
    if (partition >= topic.partitionCount && cacheMs > 0) topic = await findAnew(name);
    if (partition >= topic.partitionCount) throw unknownPartition(topic, partition);
    return { topic, ref: { topicId: topic.topicId, partition } };
  }

  return {
    find,
    findAnew,
    place,
    async create(name, partitionCount, { configs = {}, tags = {}, annotations = {} } = {}) {
      checkNewTopic(name, partitionCount);
      checkTags(tags);
      const own = changedConfigs({}, { set: configs });
      checkCompression(own, canCompress);
      const facts = { name, topicId: world.uuid(), partitionCount, createdAtMs: clock.nowMs() };
      const topic = { ...facts, ...unalteredTopic, configs: own, tags, annotations };
      if (await stores.topics.find(name)) throw alreadyExists(name);
      if ((await createAboveFloor(stores, topic)) === 'created') return topic;
      await stores.index.deletePartitions(topic.topicId, partitionCount);
      throw alreadyExists(name);
    },
    list: (countMax, after) => stores.topics.list(countMax, after),
    async alter(name, change) {
      const altered = await alterTopic(stores.topics, name, (topic) => {
        const wanted = typeof change === 'function' ? change(topic) : change;
        const state = changedState(topic, wanted);
        if (wanted.set) checkCompression(wanted.set, canCompress);
        return state;
      });
      return kept(name, altered);
    },
    addPartitions: async (name, partitionCount) =>
      memory.keep(await addPartitions(stores, name, partitionCount)),
    async delete(name) {
      const topic = await deleteName(stores, name, clock);
      memory.drop(name);
      // Only now is the deletion final for writers that still remember the topic.
      await stores.index.deletePartitions(topic.topicId, partitionsToDelete(topic));
      deleted(topic.topicId);
    },
    partition: async (name, partition) => (await place(name, partition)).ref,
    forget: memory.forget,
  };
}

/**
 * Its partitions come into sight with the store's WAL floor in their heads, as it is in that moment: clean-up
 * need not know of them before. Should the floor rise meanwhile, the heads follow.
 */
async function createAboveFloor(stores: Stores, topic: Topic): Promise<'created' | 'exists'> {
  for (;;) {
    const walFloor = await stores.topics.walFloor();
    await stores.index.createPartitions(topic.topicId, 0, topic.partitionCount, walFloor);
    const outcome = await stores.topics.create(topic, walFloor);
    if (outcome !== 'belowFloor') return outcome;
  }
}

async function addPartitions(stores: Stores, name: string, partitionCount: number): Promise<Topic> {
  checkPartitionCount(partitionCount);
  let made: string | undefined;
  const grown = await alterTopic(stores.topics, name, async (topic, tries) => {
    const { topicId, partitionCount: before } = topic;
    // After another try it may be that one that made them, and its reply was lost.
    const isDone = tries > 0 && before === partitionCount;
    if (before >= partitionCount && !isDone) throw notMore(topic, partitionCount);
    if (topic.lineage) throw hasLineage(topic);
    const walFloor = await stores.topics.walFloor();
    await stores.index.createPartitions(topicId, before, partitionCount, walFloor);
    made = topicId;
    return { ...topic, partitionCount, walFloor };
  });
  if (grown) return grown;
  // Deleted in the meantime, without the partitions that were only just made.
  if (made !== undefined) await stores.index.deletePartitions(made, partitionCount);
  throw unknownTopic(name);
}

/** Takes the name away, and returns the topic as it was then, with the partitions it had. */
async function deleteName({ topics }: Stores, name: string, clock: Clock): Promise<Topic> {
  const found = await lookUp(topics, name);
  if (!found) throw unknownTopic(name);
  const { topicId } = found;
  for (let topic = found; ; ) {
    const { partitionCount } = topic;
    // First of all, or nobody would ever know what to sweep.
    await topics.bury({ topicId, name, partitionCount, deletedAtMs: clock.nowMs() });
    if ((await topics.delete(topic)) === 'deleted') return topic;
    const now = await topics.find(name);
    if (now?.topicId !== topicId) return topic;
    // It has got more partitions since.
    topic = now;
  }
}

function checkNewTopic(name: string, partitionCount: number): void {
  const problem = topicNameProblem(name);
  if (problem) throw new BrokerError('INVALID_TOPIC_EXCEPTION', `Invalid topic name: ${problem}.`);
  checkPartitionCount(partitionCount);
}

function checkPartitionCount(partitionCount: number): void {
  if (partitionCount >= 1 && partitionCount <= partitionsMax) return;
  throw new BrokerError(
    'INVALID_PARTITIONS',
    `A topic has 1 to ${partitionsMax} partitions, not ${partitionCount}.`,
    { details: { limit: partitionsMax } },
  );
}

function checkCompression(configs: ConfigOverrides, canCompress: ReadonlySet<Compression>): void {
  const { compression } = topicConfigsOf(configs);
  if (compression === 'producer' || canCompress.has(compression)) return;
  const setting = 'compression.type';
  const message = `Invalid setting: this server cannot compress with ${setting}=${compression}.`;
  throw new BrokerError('INVALID_CONFIG', message, { details: { setting } });
}

function notMore({ name, partitionCount: now }: Topic, partitionCount: number): BrokerError {
  return new BrokerError(
    'INVALID_PARTITIONS',
    `Topic ${quote(name)} has ${now} partitions; it can get more, but not ${partitionCount}.`,
    { details: { topic: name, partitionCount: now, limit: partitionsMax } },
  );
}

/** A partition more would take a part of the hash space from nobody. */
function hasLineage({ name }: Topic): BrokerError {
  const message = `The partitions of topic ${quote(name)} were split or merged: split one to get more.`;
  return new BrokerError('INVALID_PARTITIONS', message, { details: { topic: name } });
}

function unknownTopic(name: string): BrokerError {
  return new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${quote(name)}.`, {
    details: { topic: name.slice(0, 300) },
  });
}

function unknownPartition({ name, partitionCount }: Topic, partition: number): BrokerError {
  return new BrokerError(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Topic ${quote(name)} has partitions 0 to ${partitionCount - 1}, not ${partition}.`,
    { details: { topic: name, partition, partitionCount } },
  );
}

function alreadyExists(name: string): BrokerError {
  return new BrokerError('TOPIC_ALREADY_EXISTS', `Topic ${quote(name)} exists already.`, {
    details: { topic: name },
  });
}

function quote(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
