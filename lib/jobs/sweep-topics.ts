/**
 * What deleted topics leave behind: segments, index pages, parked producers, notes. Swept a grace period
 * after the deletion, when no reader and no leader is at it any more. It may stop anywhere and begin
 * again: the topic is forgotten last. What lay in WAL objects and inline goes with its hour, and committed
 * offsets with their group.
 */

import { segmentsOfTopic } from '../log/segment-key.js';
import type { Stores } from '../store/stores.js';
import type { BuriedTopic } from '../store/topic-store.js';
import { isGraceOver } from './grace.js';

const topicsPerPage = 100;
const keysPerDelete = 1_000;

/** Says how many topics were swept. `goesOn` is asked before each. */
export async function sweepTopics(
  stores: Stores,
  nowMs: number,
  graceMs: number,
  goesOn: () => boolean,
): Promise<number> {
  let swept = 0;
  for await (const topic of buriedTopics(stores)) {
    if (!goesOn()) break;
    if (!isGraceOver(topic.deletedAtMs, nowMs, graceMs)) continue;
    if (await sweepTopic(stores, topic, nowMs)) swept++;
  }
  return swept;
}

async function* buriedTopics({ topics }: Stores): AsyncGenerator<BuriedTopic> {
  for (let after: string | undefined; ; ) {
    const page = await topics.buried(topicsPerPage, after);
    yield* page;
    after = page.at(-1)?.topicId;
    if (page.length < topicsPerPage) return;
  }
}

async function sweepTopic(stores: Stores, topic: BuriedTopic, nowMs: number): Promise<boolean> {
  const { topics, objects, index } = stores;
  const { topicId, partitionCount } = topic;
  const living = await topics.find(topic.name);
  if (living?.topicId === topicId) {
    // Its deletion came no further than the list.
    await topics.forget(topicId);
    return false;
  }
  const refs = Array.from({ length: partitionCount }, (_, partition) => ({ topicId, partition }));
  for (const ref of refs) {
    if ((await index.readHead(ref)) === undefined) continue;
    // Its deletion came no further than the name: only from now on does nobody write to it.
    await index.deletePartitions(topicId, partitionCount);
    await topics.bury({ ...topic, deletedAtMs: nowMs });
    return false;
  }
  for (const ref of refs) await index.sweepPartition(ref);
  let deleted: number;
  do {
    deleted = await objects.deletePrefix(segmentsOfTopic(topicId), keysPerDelete);
  } while (deleted === keysPerDelete);
  await topics.forget(topicId);
  return true;
}
