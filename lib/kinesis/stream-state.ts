/**
 * What a stream has beyond its topic, kept with the topic as one text that only this room reads. What is
 * missing there has its default, so every topic is a stream.
 */

import * as z from 'zod';

export const stateAnnotation = 'kinesis';
export const maxRecordKiBDefault = 1024;

const consumer = z.object({
  name: z.string(),
  createdAtMs: z.number(),
  tags: z.record(z.string(), z.string()).default({}),
});
export type StreamConsumer = z.infer<typeof consumer>;

const state = z.object({
  mode: z.enum(['PROVISIONED', 'ON_DEMAND']).default('PROVISIONED'),
  /** AUTO: keys do not choose shards. */
  distribution: z.enum(['AUTO', 'USER_PARTITION_KEY']).default('USER_PARTITION_KEY'),
  encryptionKeyId: z.string().optional(),
  shardLevelMetrics: z.array(z.string()).default([]),
  consumers: z.array(consumer).default([]),
  maxRecordKiB: z.number().default(maxRecordKiBDefault),
  warmMiBps: z.number().default(0),
  /** By the ARN that they are attached to. */
  policies: z.record(z.string(), z.string()).default({}),
});
export type StreamState = z.infer<typeof state>;

export function parseState(annotation: string | undefined): StreamState {
  return state.parse(annotation === undefined ? {} : JSON.parse(annotation));
}

export function formatState(value: StreamState): string {
  return JSON.stringify(value);
}
