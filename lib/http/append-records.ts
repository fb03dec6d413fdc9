/**
 * Appends the records of a request to its topic: each goes to the partition it belongs to, also where that was
 * split or merged under way.
 */

import { acceptAppend } from '../broker/accept-records.js';
import type { BatchResult } from '../broker/batch-verdicts.js';
import type { LogRecord } from '../log/record.js';
import type { PendingAppend } from '../log/shared-batch.js';
import { topicConfigsOf } from '../log/topic-configs.js';
import type { Topic } from '../store/topic-store.js';
import type { Appendage } from './append-answer.js';
import type { ReceivedRecord } from './decode-records.js';
import { groupByPartition } from './group-by-partition.js';
import type { HttpDeps } from './http-deps.js';

export type AppendDeps = Pick<HttpDeps, 'broker' | 'codecs' | 'world'>;

/** How often records follow a partition that was split or merged under way. */
const reroutesMax = 3;

/** `known`: the topic as it is remembered. What became of each partition's records. */
export function appendRecords(
  deps: AppendDeps,
  known: Topic,
  records: readonly ReceivedRecord[],
): Promise<Appendage[]> {
  const mayMove = records.every(({ partition }) => partition === undefined);
  const reroutes = mayMove ? reroutesMax : 0;
  if (hasAll(known, records)) return appendRouted(deps, known, records, reroutes);
  const anew = deps.broker.topics.findAnew(known.name);
  return anew.then((topic) => appendRouted(deps, topic, records, reroutes));
}

/** The same without a look at what becomes of them: one batch for each partition. */
export async function batchesOf(
  deps: AppendDeps,
  known: Topic,
  records: readonly ReceivedRecord[],
): Promise<PendingAppend[]> {
  const topic = hasAll(known, records) ? known : await deps.broker.topics.findAnew(known.name);
  return acceptGroups(deps, topic, groupByPartition(records, topic, deps.world.random()));
}

/** A record may ask for a partition that was added since the topic was remembered. */
function hasAll({ partitionCount }: Topic, records: readonly ReceivedRecord[]): boolean {
  return records.every(({ partition = 0 }) => partition < partitionCount);
}

/** What meets a closed partition, and certainly did not enter it, goes on to its children. */
async function appendRouted(
  deps: AppendDeps,
  topic: Topic,
  records: readonly ReceivedRecord[],
  reroutes: number,
): Promise<Appendage[]> {
  const groups = groupByPartition(records, topic, deps.world.random());
  const batches = acceptGroups(deps, topic, groups);
  const results = await deps.broker.append(batches);
  const appended = batches.map((batch, i) => ({ batch, result: results[i] as BatchResult }));
  const moved = appended.filter(({ result }) => hasMoved(result));
  if (moved.length === 0 || reroutes === 0) return appended;
  const now = await deps.broker.finishReshaping(topic);
  const again = moved.flatMap(({ batch }) => groups.get(batch.ref.partition) ?? []);
  const received = again.map((record) => ({ record, partition: undefined }));
  const rest = await appendRouted(deps, now, received, reroutes - 1);
  return [...appended.filter((one) => !moved.includes(one)), ...rest];
}

function hasMoved(result: BatchResult): boolean {
  if (result.kind !== 'failed') return false;
  const { code, sideEffects } = result.error;
  return code === 'PARTITION_CLOSED' && sideEffects === 'none';
}

function acceptGroups(
  { world, codecs }: AppendDeps,
  topic: Topic,
  groups: ReadonlyMap<number, readonly LogRecord[]>,
): PendingAppend[] {
  const configs = topicConfigsOf(topic.configs);
  const nowMs = world.clock.nowMs();
  return [...groups].map(([partition, group]) => {
    const ref = { topicId: topic.topicId, partition };
    return acceptAppend(ref, group, codecs, nowMs, {}, configs);
  });
}
