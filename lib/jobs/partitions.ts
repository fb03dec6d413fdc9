/** Walks over all topics and partitions there are, page by page. */

import type { PartitionRef } from '../log/partition-head.js';
import type { RunCursor } from '../store/job-store.js';
import type { Topic, TopicStore } from '../store/topic-store.js';

const topicsPerPage = 100;

export type PlacedPartition = { readonly topic: Topic; readonly ref: PartitionRef };

export async function* topicsOf(topics: TopicStore, from?: string): AsyncGenerator<Topic> {
  for (let after = from; ; ) {
    const page = await topics.list(topicsPerPage, after);
    yield* page.topics;
    if (page.after === undefined) return;
    after = page.after;
  }
}

/** All there are, each once: those behind the cursor first, and then from the beginning. */
export async function* partitionsOfTopics(
  topics: TopicStore,
  cursor?: RunCursor,
): AsyncGenerator<PlacedPartition> {
  const begun = cursor && (await topics.find(cursor.topic));
  if (cursor && begun) yield* partitionsOf(begun, cursor.partition + 1);
  for await (const topic of topicsOf(topics, cursor?.topic)) yield* partitionsOf(topic);
  if (!cursor) return;
  for await (const topic of topicsOf(topics)) {
    if (topic.name < cursor.topic) yield* partitionsOf(topic);
    else {
      const isBegun = topic.topicId === begun?.topicId;
      if (isBegun) yield* partitionsOf(topic, 0, cursor.partition + 1);
      return;
    }
  }
}

export async function findPartition(
  topics: TopicStore,
  ref: PartitionRef,
): Promise<PlacedPartition | undefined> {
  for await (const topic of topicsOf(topics)) {
    if (topic.topicId !== ref.topicId) continue;
    return ref.partition < topic.partitionCount ? { topic, ref } : undefined;
  }
  return undefined;
}

function* partitionsOf(
  topic: Topic,
  from = 0,
  to = topic.partitionCount,
): Generator<PlacedPartition> {
  for (let partition = from; partition < Math.min(to, topic.partitionCount); partition++) {
    yield { topic, ref: { topicId: topic.topicId, partition } };
  }
}
