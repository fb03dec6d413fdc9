/**
 * Topics by name, and the counter of producer ids, in LMDB.
 */

import type { Topic, TopicStore } from '../topic-store.js';
import type { Table } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { Reading } from './local-index.js';

const producerIdsKey = 'producerIds';

export function createLocalTopics(
  topics: Table<Topic>,
  facts: Table<unknown>,
  commits: GroupCommit,
  reading: Reading,
): TopicStore {
  return {
    create: (topic) =>
      commits.run<'created' | 'exists'>(() =>
        topics.get(topic.name)
          ? { answer: 'exists' }
          : { answer: 'created', write: () => topics.put(topic.name, topic) },
      ),
    find: async (name) => reading(() => topics.get(name)),
    list: async (countMax, after) =>
      reading(() => {
        const found = topics.values({
          ...(after !== undefined && { after }),
          countMax: countMax + 1,
        });
        const page = found.slice(0, countMax);
        const last = page.at(-1);
        return found.length > countMax && last
          ? { topics: page, after: last.name }
          : { topics: page };
      }),
    delete: ({ name, topicId }) =>
      commits.run<'deleted' | 'missing'>(() =>
        topics.get(name)?.topicId === topicId
          ? { answer: 'deleted', write: () => topics.remove(name) }
          : { answer: 'missing' },
      ),
    nextProducerId: () =>
      commits.run(() => {
        const producerId = (facts.get(producerIdsKey) as number | undefined) ?? 0;
        return { answer: producerId, write: () => facts.put(producerIdsKey, producerId + 1) };
      }),
  };
}
