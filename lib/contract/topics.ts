/**
 * Topics, partitions, offsets and producers on the wire.
 */

import * as z from 'zod';
import { partitionsMax } from '../log/limits.js';
import { fencingToken, offset, timestampMs } from './fields.js';
import { topicConfig, topicConfigsInput } from './topic-configs.js';

export const createTopicRequest = z
  .strictObject({
    name: z.string().meta({ example: 'access' }),
    partitions: z
      .int()
      .default(1)
      .meta({ description: `1 to ${partitionsMax}.` }),
    configs: topicConfigsInput.optional(),
  })
  .meta({ id: 'CreateTopicRequest' });

export const topic = z
  .object({
    name: z.string(),
    topicId: z.string(),
    partitions: z.int(),
    createdAt: timestampMs,
  })
  .meta({ id: 'Topic' });
export type TopicResponse = z.infer<typeof topic>;

export const topicList = z
  .object({ topics: z.array(topic), after: z.string().optional() })
  .meta({ id: 'TopicList' });

export const addPartitionsRequest = z
  .strictObject({
    count: z.int().meta({
      description: `How many partitions the topic has afterwards: more than now, at most ${partitionsMax}. Keys go to other partitions then.`,
    }),
  })
  .meta({ id: 'AddPartitionsRequest' });

export const partitionState = z
  .object({
    partition: z.int(),
    leader: z.string().nullable().meta({
      description: 'Who holds the maintenance lease. Appends need no leader.',
    }),
    leaderEpoch: z.int(),
    leaseExpiresAt: timestampMs.nullable(),
    logStartOffset: offset,
    highWatermark: offset,
    fencingToken: z.string().nullable(),
    closed: z
      .boolean()
      .meta({ description: 'It takes no more records: others go on in its place.' }),
    parents: z.array(z.int()).optional().meta({
      description:
        'What it was split or merged from; absent as long as no partition of the topic was.',
    }),
  })
  .meta({ id: 'Partition' });

export const topicDescription = z
  .object({
    name: z.string(),
    topicId: z.string(),
    createdAt: timestampMs,
    configs: z.array(topicConfig).meta({ description: 'Every setting there is.' }),
    partitions: z.array(partitionState),
  })
  .meta({ id: 'TopicDescription' });
export type TopicDescription = z.infer<typeof topicDescription>;

export const partitionOffsets = z
  .object({
    partition: z.int(),
    earliest: offset,
    latest: offset.meta({ description: 'The offset that the next record will get.' }),
    offset: offset.optional().meta({
      description: 'First record at least as new as `timestamp`; `latest` if there is none.',
    }),
    timestamp: timestampMs.nullable().optional().meta({ description: 'Of that record.' }),
  })
  .meta({ id: 'PartitionOffsets' });

export const topicOffsets = z
  .object({ topic: z.string(), partitions: z.array(partitionOffsets) })
  .meta({ id: 'TopicOffsets' });
export type TopicOffsets = z.infer<typeof topicOffsets>;

export const producer = z
  .object({ producerId: z.int(), producerEpoch: z.int() })
  .meta({ id: 'Producer' });

export const fenceRequest = z
  .strictObject({
    token: fencingToken.nullable().meta({ description: 'null removes the token.' }),
    expected: fencingToken.nullable().optional().meta({
      description: 'Only if the partition carries this token now (null: none).',
    }),
  })
  .meta({ id: 'FenceRequest' });

export const fenceResponse = z
  .object({
    topic: z.string(),
    partition: z.int(),
    token: z.string().nullable(),
    highWatermark: offset.meta({ description: 'No append without the token lies at or above it.' }),
  })
  .meta({ id: 'FenceResponse' });

export const trimRequest = z
  .strictObject({
    offset: z.union([z.int().min(-1), z.literal('latest')]).meta({
      description:
        'Records below it are deleted, up to the end of the log. `latest` or -1: all there are.',
    }),
  })
  .meta({ id: 'TrimRequest' });

export const trimResponse = z
  .object({
    topic: z.string(),
    partition: z.int(),
    logStartOffset: offset.meta({ description: 'At least what was asked for. It never falls.' }),
    highWatermark: offset,
  })
  .meta({ id: 'TrimResponse' });
export type Trimmed = z.infer<typeof trimResponse>;
