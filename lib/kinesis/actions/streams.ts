/**
 * Streams: made, described, listed, deleted. A stream is ACTIVE as soon as it is there, and gone as soon
 * as it is deleted.
 */

import { isInternalTopic } from '../../access/scopes.js';
import { BrokerError } from '../../broker/broker-error.js';
import { partitionsMax } from '../../log/limits.js';
import type { Topic } from '../../store/topic-store.js';
import type { Call } from '../action.js';
import { inUse, invalidArgument, KinesisError, kinesisErrorOf } from '../kinesis-error.js';
import { openListToken, sealListToken } from '../list-token.js';
import { parseShardId } from '../shard-id.js';
import {
  asStream,
  describeStream as describe,
  describeShard,
  findStream,
  openShardCount,
  statusOf,
  streamOf,
} from '../stream.js';
import type { NamedStream } from '../stream-name.js';
import { formatState, parseState, type StreamState, stateAnnotation } from '../stream-state.js';
import { checkDistribution } from './settings.js';

/** What AWS begins with. */
export const onDemandShards = 4;
const retentionMsDefault = 24 * 3_600_000;
export const nameLengthMax = 128;

type Mode = StreamState['mode'];
type CreateStreamInput = {
  readonly StreamName: string;
  readonly ShardCount?: number;
  readonly StreamModeDetails?: { readonly StreamMode: Mode };
  readonly Tags?: Readonly<Record<string, string>>;
  readonly WarmThroughputMiBps?: number;
  readonly MaxRecordSizeInKiB?: number;
  readonly RecordDistributionStrategy?: StreamState['distribution'];
};

export async function createStream({ input, deps }: Call<CreateStreamInput>): Promise<undefined> {
  const { StreamName: name, ShardCount, Tags: tags = {} } = input;
  const mode = input.StreamModeDetails?.StreamMode ?? 'PROVISIONED';
  if (mode === 'ON_DEMAND' && ShardCount !== undefined) {
    throw invalidArgument('ShardCount is not to be given for a stream in ON_DEMAND mode.');
  }
  if (mode === 'PROVISIONED' && ShardCount === undefined) {
    throw invalidArgument('ShardCount is required for a stream in PROVISIONED mode.');
  }
  const distribution = input.RecordDistributionStrategy ?? 'USER_PARTITION_KEY';
  checkDistribution(distribution, mode);
  const shards = ShardCount ?? onDemandShards;
  if (shards > partitionsMax) {
    throw new KinesisError(
      'LimitExceededException',
      `This request would exceed the shard limit of a stream: it has 1 to ${partitionsMax} shards, not ${shards}.`,
    );
  }
  const state: StreamState = {
    ...parseState(undefined),
    mode,
    distribution,
    ...(input.MaxRecordSizeInKiB !== undefined && { maxRecordKiB: input.MaxRecordSizeInKiB }),
    ...(input.WarmThroughputMiBps !== undefined && { warmMiBps: input.WarmThroughputMiBps }),
  };
  try {
    await deps.broker.topics.create(name, shards, {
      configs: { 'retention.ms': String(retentionMsDefault) },
      tags,
      annotations: { [stateAnnotation]: formatState(state) },
    });
  } catch (error) {
    const exists = error instanceof BrokerError && error.code === 'TOPIC_ALREADY_EXISTS';
    if (!exists) throw kinesisErrorOf(error);
    throw inUse(`Stream ${name} under account ${deps.account.accountId} already exists.`);
  }
}

type DeleteStreamInput = NamedStream & { readonly EnforceConsumerDeletion?: boolean };

export async function deleteStream({ input, deps }: Call<DeleteStreamInput>): Promise<undefined> {
  const { name, state } = await findStream(deps, input);
  if (state.consumers.length > 0 && !input.EnforceConsumerDeletion) {
    throw inUse(
      `Stream ${name} under account ${deps.account.accountId} has consumers. Deregister all consumers before deleting the stream, or set EnforceConsumerDeletion.`,
    );
  }
  await asStream(deps, name, deps.broker.topics.delete(name));
}

type DescribeStreamInput = NamedStream & {
  readonly Limit?: number;
  readonly ExclusiveStartShardId?: string;
};

export async function describeStream({ input, wire, deps }: Call<DescribeStreamInput>) {
  const stream = await findStream(deps, input);
  const limit = Math.min(input.Limit ?? 100, 10_000);
  const { ExclusiveStartShardId: after } = input;
  const start = after === undefined ? 0 : (parseShardId(after) ?? -1) + 1;
  const end = Math.min(start + limit, stream.lineage.partitions.length);
  const shards = Array.from({ length: Math.max(0, end - start) }, (_, i) =>
    describeShard(stream.lineage, start + i),
  );
  return {
    StreamDescription: {
      ...describe(stream, wire),
      Shards: shards,
      HasMoreShards: end < stream.lineage.partitions.length,
    },
  };
}

export async function describeStreamSummary({ input, wire, deps }: Call<NamedStream>) {
  const stream = await findStream(deps, input);
  const { consumers, warmMiBps, maxRecordKiB, mode, distribution } = stream.state;
  return {
    StreamDescriptionSummary: {
      ...describe(stream, wire),
      OpenShardCount: openShardCount(stream),
      ConsumerCount: consumers.length,
      WarmThroughput: { TargetMiBps: warmMiBps, CurrentMiBps: warmMiBps },
      MaxRecordSizeInKiB: maxRecordKiB,
      ChannelCount: 0,
      ...(mode === 'ON_DEMAND' && { RecordDistributionStrategy: distribution }),
    },
  };
}

type ListStreamsInput = {
  readonly Limit?: number;
  readonly ExclusiveStartStreamName?: string;
  readonly NextToken?: string;
};

/** A topic with a name that Kinesis could not spell is left out. */
export async function listStreams({ input, wire, deps, maySee }: Call<ListStreamsInput>) {
  const key = await deps.tokenKey();
  const nowMs = deps.world.clock.nowMs();
  const limit = input.Limit ?? 100;
  let after = input.ExclusiveStartStreamName;
  if (input.NextToken !== undefined) {
    after = openListToken<{ after: string }>(key, nowMs, 'streams', input.NextToken).after;
  }
  const found: Topic[] = [];
  do {
    const page = await deps.broker.topics.list(limit + 1 - found.length, after);
    found.push(
      ...page.topics.filter(
        ({ name }) => name.length <= nameLengthMax && !isInternalTopic(name) && maySee(name),
      ),
    );
    after = page.after;
  } while (after !== undefined && found.length <= limit);
  const streams = found.slice(0, limit).map((topic) => streamOf(deps, topic));
  const more = found.length > limit;
  const last = streams.at(-1)?.name;
  return {
    StreamNames: streams.map(({ name }) => name),
    HasMoreStreams: more,
    ...(more && { NextToken: sealListToken(key, nowMs, 'streams', { after: last }) }),
    StreamSummaries: streams.map((stream) => ({
      StreamName: stream.name,
      StreamARN: stream.arn,
      StreamStatus: statusOf(stream),
      StreamModeDetails: { StreamMode: stream.state.mode },
      StreamCreationTimestamp: wire.time(stream.topic.createdAtMs),
    })),
  };
}
