/**
 * Consumer groups on the wire: heartbeats, committed offsets, lag and resets. The protocol is in
 * docs/consumer-groups.md.
 */

import * as z from 'zod';
import { assignorNames } from '../coordinator/group.js';
import {
  clientIdLengthMax,
  commitPartitionsMax,
  groupIdLengthMax,
  instanceIdLengthMax,
  memberIdLengthMax,
  offsetMetadataBytesMax,
  patternLengthMax,
  rebalanceTimeoutMsMax,
  subscribedTopicsMax,
} from '../coordinator/group-limits.js';
import { partitionsMax } from '../log/limits.js';
import { decimal, instant, list, offset, text, timestampMs } from './fields.js';

const partition = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export const groupPath = z.object({
  group: z
    .string()
    .meta({ description: `Up to ${groupIdLengthMax} characters.`, example: 'billing' }),
});

export const heartbeatRequest = z
  .strictObject({
    memberId: text(1, memberIdLengthMax).meta({
      description: 'Chosen by the member, a UUID for example; another one for each life of it.',
    }),
    memberEpoch: z.int().min(-2).meta({
      description:
        '0 joins, -1 leaves, -2 leaves for a while (static members); else what the last answer said.',
    }),
    instanceId: text(1, instanceIdLengthMax).optional().meta({
      description: 'Makes it a static member (group.instance.id).',
    }),
    clientId: text(0, clientIdLengthMax).optional(),
    subscribedTopics: list(z.string(), 0, subscribedTopicsMax).optional().meta({
      description: 'What is left out stays as it was, here and below.',
    }),
    subscribedPattern: text(0, patternLengthMax).nullable().optional().meta({
      description: 'A regular expression over whole topic names; null for none.',
    }),
    assignor: z.enum(assignorNames).nullable().optional(),
    sessionTimeoutMs: z.int().min(0).optional(),
    maxPollIntervalMs: z.int().min(1_000).max(rebalanceTimeoutMsMax).optional().meta({
      description: 'How long the member may take to give up a partition (max.poll.interval.ms).',
    }),
    owned: list(
      z.strictObject({
        topicId: text(0, 64),
        partitions: list(partition, 0, partitionsMax),
      }),
      0,
      subscribedTopicsMax * 50,
    )
      .optional()
      .meta({
        description:
          'All that the member holds or may still take up. What is to be given up and not in here is given up.',
      }),
  })
  .meta({ id: 'HeartbeatRequest' });
export type HeartbeatBody = z.infer<typeof heartbeatRequest>;

export const topicPartitions = z
  .object({ topic: z.string(), topicId: z.string(), partitions: z.array(z.int()) })
  .meta({ id: 'TopicPartitions' });

export const heartbeatResponse = z
  .object({
    memberId: z.string(),
    memberEpoch: z.int().meta({ description: 'For the next heartbeat and for commits.' }),
    heartbeatIntervalMs: z.int().meta({ description: 'When to send the next heartbeat.' }),
    assignment: z.array(topicPartitions).meta({ description: 'All that the member has now.' }),
    revoke: z.array(topicPartitions).meta({
      description: 'To be given up; the next owner waits for a heartbeat without it in `owned`.',
    }),
    pendingPartitions: z.int().meta({
      description: 'Meant for this member, and still with another.',
    }),
  })
  .meta({ id: 'HeartbeatResponse' });
export type HeartbeatAnswer = z.infer<typeof heartbeatResponse>;

const groupState = z.enum(['empty', 'stable', 'reconciling']);

export const groupSummary = z
  .object({
    groupId: z.string(),
    state: groupState,
    epoch: z.int().meta({ description: 'Grows with every change of the group.' }),
    assignor: z.enum(assignorNames),
    members: z.int(),
  })
  .meta({ id: 'GroupSummary' });

export const groupList = z
  .object({ groups: z.array(groupSummary), after: z.string().optional() })
  .meta({ id: 'GroupList' });
export type GroupListAnswer = z.infer<typeof groupList>;

const groupMember = z
  .object({
    memberId: z.string(),
    instanceId: z.string().nullable(),
    clientId: z.string(),
    memberEpoch: z.int(),
    state: z.enum(['stable', 'reconciling', 'absent']),
    subscribedTopics: z.array(z.string()),
    subscribedPattern: z.string().nullable(),
    sessionTimeoutMs: z.int(),
    maxPollIntervalMs: z.int(),
    assignment: z.array(topicPartitions).meta({ description: 'What it owns.' }),
    target: z.array(topicPartitions).meta({ description: 'What it shall own.' }),
  })
  .meta({ id: 'GroupMember' });

const groupPartition = z
  .object({
    topic: z.string(),
    topicId: z.string(),
    partition: z.int(),
    memberId: z.string().nullable(),
    offset: offset.nullable().meta({ description: 'Committed; null: nothing yet.' }),
    metadata: z.string().nullable(),
    committedAt: timestampMs.nullable(),
    logStartOffset: offset,
    highWatermark: offset,
    lag: z.int().nullable().meta({ description: 'Records not yet committed.' }),
    lagMs: z.int().nullable().meta({
      description:
        'Age of the batches that hold the next record to read; 0 when there is none, null when it is not known.',
    }),
  })
  .meta({ id: 'GroupPartition' });

export const groupDescription = z
  .object({
    groupId: z.string(),
    state: groupState,
    epoch: z.int(),
    assignor: z.enum(assignorNames),
    members: z.array(groupMember),
    partitions: z.array(groupPartition),
    lag: z.int().meta({ description: 'Of all partitions together.' }),
  })
  .meta({ id: 'GroupDescription' });
export type GroupDescription = z.infer<typeof groupDescription>;

export const commitRequest = z
  .strictObject({
    memberId: text(1, memberIdLengthMax).optional().meta({
      description: 'Left out: from outside, which is taken only while the group has no members.',
    }),
    memberEpoch: z.int().min(-1).optional(),
    offsets: list(
      z.strictObject({
        topic: z.string(),
        topicId: z.string().optional().meta({
          description: 'If given, the topic must still be that one.',
        }),
        partition,
        offset: offset.meta({ description: 'The next record to read.' }),
        metadata: z
          .string()
          .refine((value) => value.isWellFormed(), 'must not hold a lone surrogate')
          .default('')
          .meta({ description: `Up to ${offsetMetadataBytesMax} bytes.` }),
      }),
      1,
      commitPartitionsMax,
    ),
  })
  .meta({ id: 'CommitRequest' });
export type CommitBody = z.input<typeof commitRequest>;

const failure = z.looseObject({ code: z.string(), sideEffects: z.enum(['none', 'unknown']) });

const commitResult = z.union([
  z.object({ topic: z.string(), partition: z.int(), offset }),
  z.object({ topic: z.string(), partition: z.int(), error: failure }),
]);

export const commitResponse = z
  .object({ partitions: z.array(commitResult) })
  .meta({ id: 'CommitResponse' });
export type CommitAnswer = z.infer<typeof commitResponse>;

export const groupOffsetsQuery = z.strictObject({ topic: z.string().optional() });

export const deleteOffsetsQuery = z.strictObject({
  topic: z.string(),
  partition: decimal(2 ** 31 - 1)
    .optional()
    .meta({ description: 'Left out: all of the topic.' }),
});

export const groupOffsets = z
  .object({
    offsets: z.array(
      z.object({
        topic: z.string(),
        topicId: z.string(),
        partition: z.int(),
        offset,
        metadata: z.string(),
        committedAt: timestampMs,
      }),
    ),
  })
  .meta({ id: 'GroupOffsets' });
export type GroupOffsetsAnswer = z.infer<typeof groupOffsets>;

const resetTarget = z.union([
  z.enum(['earliest', 'latest']),
  z.strictObject({ offset }),
  z.strictObject({ timestamp: z.union([timestampMs, instant]) }),
  z.strictObject({ durationMs: z.int().min(0).meta({ description: 'So long ago.' }) }),
  z.strictObject({ shiftBy: z.int().meta({ description: 'From what is committed.' }) }),
]);

export const resetRequest = z
  .strictObject({
    to: resetTarget,
    topics: list(
      z.strictObject({ topic: z.string(), partitions: z.array(partition).optional() }),
      1,
      subscribedTopicsMax,
    )
      .optional()
      .meta({ description: 'Left out: whatever the group has committed.' }),
    execute: z.boolean().default(false).meta({
      description: 'Without it the answer says what would be done.',
    }),
    force: z.boolean().default(false).meta({
      description: 'Sends members away first; they come back and go on from the new offsets.',
    }),
  })
  .meta({ id: 'ResetRequest' });
export type ResetBody = z.input<typeof resetRequest>;

export const resetResponse = z
  .object({
    executed: z.boolean(),
    partitions: z.array(
      z.object({
        topic: z.string(),
        partition: z.int(),
        from: offset.nullable(),
        to: offset,
        error: failure.optional(),
      }),
    ),
  })
  .meta({ id: 'ResetResponse' });
export type ResetAnswer = z.infer<typeof resetResponse>;
