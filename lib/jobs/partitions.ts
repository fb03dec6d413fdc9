/** Walks over all topics and partitions there are, page by page. */

import type { PartitionRef } from '../log/partition-head.js';
import type { Topic, TopicStore } from '../store/topic-store.js';

const topicsPerPage = 100;

export async function* topicsOf(topics: TopicStore): AsyncGenerator<Topic> {
  for (let after: string | undefined; ; ) {
    const page = await topics.list(topicsPerPage, after);
    yield* page.topics;
    if (page.after === undefined) return;
    after = page.after;
  }
}

export async function* partitionsOfTopics(
  topics: TopicStore,
): AsyncGenerator<{ readonly topic: Topic; readonly ref: PartitionRef }> {
  for await (const topic of topicsOf(topics)) {
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      yield { topic, ref: { topicId: topic.topicId, partition } };
    }
  }
}
