/**
 * Topics by name, those that are deleted by id, and the counter of producer ids, in LMDB.
 */

import {
  type AlterOutcome,
  alteredTopic,
  type BuriedTopic,
  grows,
  type Topic,
  type TopicStore,
  unalteredTopic,
} from '../topic-store.js';
import type { Table } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { Reading } from './reading.js';

const producerIdsKey = 'producerIds';
const walFloorKey = 'walFloor';

/** Topics of older data directories lack what can be altered. */
export type StoredTopic = Pick<Topic, 'name' | 'topicId' | 'createdAtMs' | 'partitionCount'> &
  Partial<Topic>;

const topicOf = (stored: StoredTopic): Topic => ({ ...unalteredTopic, ...stored });

export function createLocalTopics(
  topics: Table<StoredTopic>,
  buried: Table<BuriedTopic>,
  facts: Table<unknown>,
  commits: GroupCommit,
  reading: Reading,
): TopicStore {
  const floorNow = () => (facts.get(walFloorKey) as number | undefined) ?? 0;
  return {
    create: (topic, walFloor = 0) =>
      commits.run<'created' | 'exists' | 'belowFloor'>(() => {
        if (topics.get(topic.name)) return { answer: 'exists' };
        if (walFloor < floorNow()) return { answer: 'belowFloor' };
        return { answer: 'created', write: () => topics.put(topic.name, topic) };
      }),
    find: async (name) =>
      reading(() => {
        const stored = topics.get(name);
        return stored && topicOf(stored);
      }),
    list: async (countMax, after) =>
      reading(() => {
        const found = topics.values({
          ...(after !== undefined && { after }),
          countMax: countMax + 1,
        });
        const page = found.slice(0, countMax).map(topicOf);
        const last = page.at(-1);
        return found.length > countMax && last
          ? { topics: page, after: last.name }
          : { topics: page };
      }),
    alter: (before, state, walFloor = 0) =>
      commits.run<AlterOutcome>(() => {
        const stored = topics.get(before.name);
        if (stored?.topicId !== before.topicId) return { answer: { kind: 'missing' } };
        const now = topicOf(stored);
        if (now.version !== before.version) return { answer: { kind: 'stale', topic: now } };
        if (grows(before, state) && walFloor < floorNow()) {
          return { answer: { kind: 'belowFloor' } };
        }
        const topic = alteredTopic(now, state);
        return { answer: { kind: 'altered', topic }, write: () => topics.put(topic.name, topic) };
      }),
    delete: ({ name, topicId, partitionCount }) =>
      commits.run<'deleted' | 'missing'>(() => {
        const now = topics.get(name);
        return now?.topicId === topicId && now.partitionCount === partitionCount
          ? { answer: 'deleted', write: () => topics.remove(name) }
          : { answer: 'missing' };
      }),
    bury: (topic) =>
      commits.run<void>(() => {
        const before = buried.get(topic.topicId)?.partitionCount ?? 0;
        if (topic.partitionCount < before) return { answer: undefined };
        return { answer: undefined, write: () => buried.put(topic.topicId, topic) };
      }),
    buried: async (countMax, after) =>
      reading(() => buried.values({ ...(after !== undefined && { after }), countMax })),
    forget: (topicId) =>
      commits.run<void>(() => ({ answer: undefined, write: () => buried.remove(topicId) })),
    walFloor: async () => reading(floorNow),
    raiseWalFloor: (walFloor) =>
      commits.run<void>(() => {
        if (walFloor <= floorNow()) return { answer: undefined };
        return { answer: undefined, write: () => facts.put(walFloorKey, walFloor) };
      }),
    nextProducerId: () =>
      commits.run(() => {
        const producerId = (facts.get(producerIdsKey) as number | undefined) ?? 0;
        return { answer: producerId, write: () => facts.put(producerIdsKey, producerId + 1) };
      }),
  };
}
