/**
 * Splitting and merging partitions: decided in one step, carried out in several that everybody may
 * repeat. Until all of it is done the partitions to be closed take records; afterwards their children do,
 * and never both: the closing is exact. If a process dies on the way, whoever meets the change finishes
 * it.
 */

import { lineagePartitionsMax } from '../log/limits.js';
import { lineageOf, type ReshapingPlan } from '../log/lineage.js';
import type { PartitionRef } from '../log/partition-head.js';
import { afterReshaping, countAfterAll } from '../log/reshaping-plan.js';
import type { Stores } from '../store/stores.js';
import { partitionsToDelete, type Topic } from '../store/topic-store.js';
import type { Clock } from '../store/world.js';
import { alterTopic } from './alter-topic.js';
import { BrokerError } from './broker-error.js';

export type Reshaper = {
  /** `plan` is asked again when somebody altered the topic meanwhile; undefined: nothing is to be done. */
  reshape(name: string, plan: (topic: Topic) => ReshapingPlan | undefined): Promise<Topic>;
  /** The topic as it is when nothing is left to be carried out. */
  finishReshaping(topic: Topic): Promise<Topic>;
};

export type ReshapeEvents = {
  /** Whatever is remembered of this topic is out of date. */
  forget(topicId: string): void;
  /** Its children take its place from now on. */
  closed(ref: PartitionRef): void;
};

export function createReshaper(stores: Stores, clock: Clock, events: ReshapeEvents): Reshaper {
  const { index, topics } = stores;

  /** Undefined: it was deleted meanwhile. */
  async function step(topic: Topic): Promise<Topic | undefined> {
    const { topicId, partitionCount, lineage } = topic;
    if (!lineage?.reshaping) return topic;
    const { closing, opening } = lineage.reshaping;
    // Before the others are closed: their children are there when they are needed.
    const walFloor = await topics.walFloor();
    const countAfter = partitionCount + opening.length;
    await index.createPartitions(topicId, partitionCount, countAfter, walFloor);
    for (const partition of closing) await index.closePartition({ topicId, partition });
    const after = afterReshaping(lineage, clock.nowMs());
    const state = { ...topic, partitionCount: after.partitions.length, lineage: after };
    const outcome = await topics.alter(topic, state, walFloor);
    // The floor rose meanwhile: once more, with heads that follow it.
    if (outcome.kind === 'belowFloor') return topic;
    if (outcome.kind !== 'missing') {
      for (const partition of closing) events.closed({ topicId, partition });
      return outcome.topic;
    }
    await index.deletePartitions(topicId, partitionsToDelete(topic));
    return undefined;
  }

  async function finish(topic: Topic): Promise<Topic> {
    let now: Topic | undefined = topic;
    while (now?.lineage?.reshaping) now = await step(now);
    events.forget(topic.topicId);
    if (now) return now;
    throw unknownTopic(topic.name);
  }

  return {
    async reshape(name, plan) {
      const startedAtMs = clock.nowMs();
      let written: string | undefined;
      const altered = await alterTopic(topics, name, (topic) => {
        const before = lineageOf(topic);
        // It is our own, and the reply that said so was lost.
        if (before.reshaping && JSON.stringify(before.reshaping) === written) return topic;
        if (before.reshaping) throw underWay(name);
        const planned = plan(topic);
        if (!planned) return topic;
        const reshaping = { ...planned, startedAtMs };
        checkCount(planned.target ?? 0);
        checkCount(countAfterAll(before, planned));
        written = JSON.stringify(reshaping);
        return { ...topic, lineage: { ...before, reshaping } };
      });
      if (!altered) throw unknownTopic(name);
      return finish(altered);
    },
    async finishReshaping(topic) {
      const now = await topics.find(topic.name);
      if (now?.topicId === topic.topicId) return finish(now);
      events.forget(topic.topicId);
      throw unknownTopic(topic.name);
    },
  };
}

function checkCount(count: number): void {
  if (count <= lineagePartitionsMax) return;
  throw new BrokerError(
    'INVALID_PARTITIONS',
    `Closed partitions counted in, a topic that is split or merged has at most ${lineagePartitionsMax} partitions, not ${count}.`,
    { details: { limit: lineagePartitionsMax } },
  );
}

function underWay(name: string): BrokerError {
  const message = `The partitions of topic ${JSON.stringify(name)} are being split or merged already.`;
  return new BrokerError('THROTTLING_QUOTA_EXCEEDED', message);
}

function unknownTopic(name: string): BrokerError {
  const message = `There is no topic ${JSON.stringify(name)}.`;
  return new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message, { details: { topic: name } });
}
