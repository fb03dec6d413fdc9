/**
 * Topics, partitions, offsets and producers on the wire.
 */

import * as z from 'zod';
import { partitionsMax } from '../log/limits.js';
import { fencingToken, offset, timestampMs } from './fields.js';

export const createTopicRequest = z
  .strictObject({
    name: z.string().meta({ example: 'access' }),
    partitions: z
      .int()
      .default(1)
      .meta({ description: `1 to ${partitionsMax}.` }),
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
  })
  .meta({ id: 'Partition' });

export const topicDescription = z
  .object({
    name: z.string(),
    topicId: z.string(),
    createdAt: timestampMs,
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
