/**
 * The members of every action's request, with the constraints of AWS's service model. `StreamId` is
 * missing on purpose: a client that learns one leaves the endpoint it was given (docs/coming-from-kinesis.md).
 */

import type { Shape, Shapes } from './shapes.js';

const name = '[a-zA-Z0-9_.-]+';
const streamArn = 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+';
const resourceArn = 'arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+';
const consumerArn =
  '^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+';
export const maxRecordKiBRange = [1024, 10240] as const;

const text = (min: number, max: number): Shape => ({ kind: 'String', length: [min, max] });
const named: Shape = { kind: 'String', pattern: name, length: [1, 128] };
const arn = (pattern: string): Shape => ({ kind: 'String', pattern, length: [1, 2048] });
const oneOf = (...values: string[]): Shape => ({ kind: 'String', values });
const whole = (min: number, max: number): Shape => ({ kind: 'Integer', range: [min, max] });
const need = (shape: Shape): Shape => ({ ...shape, required: true });

const integer: Shape = { kind: 'Integer' };
const time: Shape = { kind: 'Timestamp' };
/** Of what there is nothing here; not looked into. */
const anything: Shape = { kind: 'Structure', members: {} };
const decimal = (digits: number): Shape => ({
  kind: 'String',
  pattern: `0|([1-9]\\d{0,${digits}})`,
});
const hashKey = decimal(38);
const sequenceNumber = decimal(128);
const token = text(1, 1_048_576);
const blob: Shape = { kind: 'Blob', length: [0, 10_485_760] };
const tags: Shape = {
  kind: 'Map',
  keyLength: [1, 128],
  member: text(0, 256),
  length: [1, 200],
};
const tagKeys: Shape = { kind: 'List', member: text(1, 128), length: [1, 50] };
const mode: Shape = {
  kind: 'Structure',
  members: { StreamMode: need(oneOf('PROVISIONED', 'ON_DEMAND')) },
};
const distribution = oneOf('AUTO', 'USER_PARTITION_KEY');
const maxRecordKiB = whole(...maxRecordKiBRange);
const warmMiBps = whole(0, 2_147_483_647);
const positionType = oneOf(
  'AFTER_SEQUENCE_NUMBER',
  'LATEST',
  'AT_TIMESTAMP',
  'AT_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
);
const metrics: Shape = {
  kind: 'List',
  length: [1, 7],
  member: oneOf(
    'IncomingBytes',
    'OutgoingRecords',
    'IteratorAgeMilliseconds',
    'IncomingRecords',
    'ReadProvisionedThroughputExceeded',
    'WriteProvisionedThroughputExceeded',
    'OutgoingBytes',
    'ALL',
  ),
};

/** Which stream is meant: by name, by ARN, or both. */
const stream: Shapes = { StreamName: named, StreamARN: arn(streamArn) };
const onlyArn: Shapes = { StreamARN: need(arn(streamArn)) };
const resource: Shapes = { ResourceARN: need(arn(resourceArn)) };
const consumer: Shapes = {
  StreamARN: arn(streamArn),
  ConsumerName: named,
  ConsumerARN: arn(consumerArn),
};
const channel: Shapes = { ChannelARN: need(text(1, 2048)) };
const partitionKey = text(1, 256);
const record: Shapes = {
  PartitionKey: need(partitionKey),
  ExplicitHashKey: hashKey,
  Data: need(blob),
};
/** To a stream that distributes records itself. */
const keylessRecord: Shapes = { ...record, PartitionKey: partitionKey };
/** Asks whether the request would succeed. */
const dryRun: Shapes = { DryRun: { kind: 'Boolean' } };

const putRecord = (entry: Shapes): Shapes => ({
  ...entry,
  SequenceNumberForOrdering: sequenceNumber,
  ...stream,
  ...dryRun,
});
const putRecords = (entry: Shapes): Shapes => ({
  Records: need({
    kind: 'List',
    length: [1, 500],
    member: { kind: 'Structure', members: entry },
    memberName: 'com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@c965e310',
  }),
  ...stream,
  ...dryRun,
});
const encryption: Shapes = {
  ...stream,
  EncryptionType: need(oneOf('NONE', 'KMS')),
  KeyId: need(text(1, 2048)),
};
const retention: Shapes = { ...stream, RetentionPeriodHours: need(integer) };
const monitoring: Shapes = { ...stream, ShardLevelMetrics: need(metrics) };

export const inputShapes = {
  AddTagsToStream: { ...stream, Tags: need(tags) },
  CreateChannel: {
    ChannelName: need(named),
    ServiceExecutionRoleARN: need(text(1, 2048)),
    StreamConfigurationList: need({
      kind: 'List',
      member: { kind: 'Structure', members: onlyArn },
    }),
    S3DestinationConfiguration: anything,
    S3TablesDestinationConfiguration: anything,
    EncryptionConfiguration: anything,
    Tags: tags,
    LoggingConfiguration: anything,
  },
  CreateStream: {
    StreamName: need(named),
    ShardCount: whole(1, 2_147_483_647),
    StreamModeDetails: mode,
    Tags: tags,
    WarmThroughputMiBps: warmMiBps,
    MaxRecordSizeInKiB: maxRecordKiB,
    RecordDistributionStrategy: distribution,
  },
  DecreaseStreamRetentionPeriod: retention,
  DeleteChannel: channel,
  DeleteResourcePolicy: resource,
  DeleteStream: { ...stream, EnforceConsumerDeletion: { kind: 'Boolean' } },
  DeregisterStreamConsumer: consumer,
  DescribeAccountSettings: {},
  DescribeChannel: channel,
  DescribeLimits: {},
  DescribeStream: { ...stream, Limit: whole(1, 10_000), ExclusiveStartShardId: named },
  DescribeStreamConsumer: consumer,
  DescribeStreamSummary: stream,
  DisableEnhancedMonitoring: monitoring,
  EnableEnhancedMonitoring: monitoring,
  GetRecords: {
    ShardIterator: need(text(1, 512)),
    Limit: whole(1, 10_000),
    StreamARN: arn(streamArn),
    ...dryRun,
  },
  GetResourcePolicy: resource,
  GetShardIterator: {
    ...stream,
    ShardId: need(named),
    ShardIteratorType: need(positionType),
    StartingSequenceNumber: sequenceNumber,
    Timestamp: time,
    ...dryRun,
  },
  IncreaseStreamRetentionPeriod: retention,
  ListChannels: {
    StreamFilter: {
      kind: 'List',
      member: {
        kind: 'Structure',
        members: { ...onlyArn, StreamCreationTimestamp: time },
      },
    },
    MaxResults: whole(1, 10_000),
    NextToken: token,
  },
  ListShards: {
    ...stream,
    NextToken: token,
    ExclusiveStartShardId: named,
    MaxResults: whole(1, 10_000),
    StreamCreationTimestamp: time,
    ShardFilter: {
      kind: 'Structure',
      members: {
        Type: need(
          oneOf(
            'AFTER_SHARD_ID',
            'AT_TRIM_HORIZON',
            'FROM_TRIM_HORIZON',
            'AT_LATEST',
            'AT_TIMESTAMP',
            'FROM_TIMESTAMP',
          ),
        ),
        ShardId: named,
        Timestamp: time,
      },
    },
  },
  ListStreamConsumers: {
    ...onlyArn,
    NextToken: token,
    MaxResults: whole(1, 10_000),
    StreamCreationTimestamp: time,
  },
  ListStreams: { Limit: whole(1, 10_000), ExclusiveStartStreamName: named, NextToken: token },
  ListTagsForResource: resource,
  ListTagsForStream: { ...stream, ExclusiveStartTagKey: text(1, 128), Limit: whole(1, 50) },
  MergeShards: { ...stream, ShardToMerge: need(named), AdjacentShardToMerge: need(named) },
  PutRecord: putRecord(record),
  PutRecords: putRecords(record),
  PutResourcePolicy: { ...resource, Policy: need({ kind: 'String' }) },
  RegisterStreamConsumer: { ...onlyArn, ConsumerName: need(named), Tags: tags },
  RemoveTagsFromStream: { ...stream, TagKeys: need(tagKeys) },
  SplitShard: { ...stream, ShardToSplit: need(named), NewStartingHashKey: need(hashKey) },
  StartStreamEncryption: encryption,
  StopStreamEncryption: encryption,
  SubscribeToShard: {
    ConsumerARN: need(arn(consumerArn)),
    ShardId: need(named),
    StartingPosition: need({
      kind: 'Structure',
      members: { Type: need(positionType), SequenceNumber: sequenceNumber, Timestamp: time },
    }),
    ...dryRun,
  },
  TagResource: { ...resource, Tags: need(tags) },
  UntagResource: { ...resource, TagKeys: need(tagKeys) },
  UpdateAccountSettings: {
    MinimumThroughputBillingCommitment: need({
      kind: 'Structure',
      members: { Status: need(oneOf('ENABLED', 'DISABLED')) },
    }),
  },
  UpdateChannel: {
    ...channel,
    S3DestinationConfiguration: anything,
    S3TablesDestinationConfiguration: anything,
    LoggingConfiguration: anything,
  },
  UpdateMaxRecordSize: { ...onlyArn, MaxRecordSizeInKiB: need(maxRecordKiB) },
  UpdateShardCount: {
    ...stream,
    TargetShardCount: need(whole(1, 2_147_483_647)),
    ScalingType: need(oneOf('UNIFORM_SCALING')),
  },
  UpdateStreamMode: {
    ...onlyArn,
    StreamModeDetails: need(mode),
    WarmThroughputMiBps: warmMiBps,
  },
  UpdateStreamRecordDistributionStrategy: {
    ...onlyArn,
    RecordDistributionStrategy: need(distribution),
  },
  UpdateStreamWarmThroughput: { ...stream, WarmThroughputMiBps: need(warmMiBps) },
} as const satisfies Readonly<Record<string, Shapes>>;

export type ActionName = keyof typeof inputShapes;

/** Where a key is missing and nothing else is wrong: the stream decides whether it is needed. */
export const keylessShapes: Partial<Record<ActionName, Shapes>> = {
  PutRecord: putRecord(keylessRecord),
  PutRecords: putRecords(keylessRecord),
};
