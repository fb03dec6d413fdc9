/**
 * A topic as a stream: found by name or ARN, shown in Kinesis' words. Every topic is one.
 */

import { BrokerError } from '../broker/broker-error.js';
import {
  childrenOf,
  hashNumber,
  isOpen,
  type Lineage,
  lineageOf,
  type PartitionLineage,
} from '../log/lineage.js';
import { topicConfigsOf } from '../log/topic-configs.js';
import type { Topic } from '../store/topic-store.js';
import type { ActionDeps } from './action.js';
import { inUse, notFound } from './kinesis-error.js';
import { endOfShard, startOfShard } from './sequence-number.js';
import { formatShardId, parseShardId } from './shard-id.js';
import { type NamedStream, streamArnOf, streamNameOf } from './stream-name.js';
import { parseState, type StreamState, stateAnnotation } from './stream-state.js';
import type { Wire } from './wire.js';

export type Stream = {
  readonly name: string;
  readonly arn: string;
  readonly topic: Topic;
  readonly lineage: Lineage;
  readonly state: StreamState;
};

const hourMs = 3_600_000;
/** What a stream that keeps everything for ever is said to keep: Kinesis' own limit. */
export const retentionHoursMax = 8_760;

export function streamOf({ account }: ActionDeps, topic: Topic): Stream {
  const { name } = topic;
  const state = parseState(topic.annotations[stateAnnotation]);
  return { name, arn: streamArnOf(account, name), topic, lineage: lineageOf(topic), state };
}

/** A resharding that takes longer has lost who began it: whoever comes by finishes it. */
const reshapingMsMax = 5_000;

/** As it is now. */
export async function findStream(deps: ActionDeps, named: NamedStream): Promise<Stream> {
  const name = streamNameOf(named);
  let topic = await asStream(deps, name, deps.broker.topics.findAnew(name));
  const { reshaping } = topic.lineage ?? {};
  if (reshaping && deps.world.clock.nowMs() - reshaping.startedAtMs > reshapingMsMax) {
    topic = await asStream(deps, name, deps.broker.finishReshaping(topic));
  }
  return streamOf(deps, topic);
}

/** As it is remembered: good enough where a wrong memory is noticed. */
export async function recallTopic(deps: ActionDeps, name: string): Promise<Topic> {
  return asStream(deps, name, deps.broker.topics.find(name));
}

/** A topic that is not there, in Kinesis' words. */
export async function asStream<T>(deps: ActionDeps, name: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    const missing = error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    throw missing ? streamNotFound(deps, name) : error;
  }
}

export function streamNotFound({ account }: ActionDeps, name: string) {
  return notFound(`Stream ${name} under account ${account.accountId} not found.`);
}

export function statusOf({ lineage }: Stream): 'ACTIVE' | 'UPDATING' {
  return lineage.reshaping ? 'UPDATING' : 'ACTIVE';
}

export function checkActive({ account }: ActionDeps, stream: Stream): void {
  const status = statusOf(stream);
  if (status === 'ACTIVE') return;
  throw inUse(
    `Stream ${stream.name} under account ${account.accountId} not ACTIVE, instead in state ${status}`,
  );
}

export function retentionHoursOf({ topic }: Stream): number {
  const { retentionMs } = topicConfigsOf(topic.configs);
  if (retentionMs < 0) return retentionHoursMax;
  return Math.max(1, Math.min(retentionHoursMax, Math.round(retentionMs / hourMs)));
}

export function openShardCount({ lineage }: Stream): number {
  return lineage.partitions.filter(isOpen).length;
}

/** The shard a text names; throws what AWS says where it cannot be one, or is not in this stream. */
export function shardOf({ account }: ActionDeps, stream: Stream, text: string): number {
  const shard = parseShardId(text);
  if (shard !== undefined && shard < stream.lineage.partitions.length) return shard;
  const name = shard === undefined ? text : formatShardId(shard);
  throw notFound(
    `Could not find shard ${name} in stream ${stream.name} under account ${account.accountId}.`,
  );
}

export function describeShard(lineage: Lineage, shard: number) {
  const { parents, createdAtMs, closedAtMs, ...range } = lineage.partitions[
    shard
  ] as PartitionLineage;
  const [parent, adjacentParent] = parents;
  const identity = { shard, createdAtMs };
  return {
    ShardId: formatShardId(shard),
    ...(parent !== undefined && { ParentShardId: formatShardId(parent) }),
    ...(adjacentParent !== undefined && { AdjacentParentShardId: formatShardId(adjacentParent) }),
    HashKeyRange: hashKeyRange(range),
    SequenceNumberRange: {
      StartingSequenceNumber: startOfShard(identity),
      ...(closedAtMs !== undefined && { EndingSequenceNumber: endOfShard(identity, closedAtMs) }),
    },
  };
}

function hashKeyRange({ start, end }: { readonly start: string; readonly end: string }) {
  return {
    StartingHashKey: hashNumber(start).toString(),
    EndingHashKey: hashNumber(end).toString(),
  };
}

/** What a reader goes on with at the end of a closed shard. */
export function childShards(lineage: Lineage, shard: number) {
  return childrenOf(lineage, shard).map((child) => {
    const one = lineage.partitions[child] as PartitionLineage;
    return {
      ShardId: formatShardId(child),
      ParentShards: one.parents.map(formatShardId),
      HashKeyRange: hashKeyRange(one),
    };
  });
}

/** What DescribeStream and DescribeStreamSummary both tell. */
export function describeStream(stream: Stream, wire: Wire) {
  const { name, arn, topic, state } = stream;
  return {
    StreamName: name,
    StreamARN: arn,
    StreamStatus: statusOf(stream),
    StreamModeDetails: { StreamMode: state.mode },
    RetentionPeriodHours: retentionHoursOf(stream),
    StreamCreationTimestamp: wire.time(topic.createdAtMs),
    EnhancedMonitoring: [{ ShardLevelMetrics: state.shardLevelMetrics }],
    EncryptionType: state.encryptionKeyId === undefined ? 'NONE' : 'KMS',
    ...(state.encryptionKeyId !== undefined && { KeyId: state.encryptionKeyId }),
  };
}
