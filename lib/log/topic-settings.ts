/**
 * The closed list of what can be set for a topic, under Kafka's names, as data: default, limits and one
 * line of documentation each. Whatever shows or checks settings is made of this list.
 */

import type { Compression } from './codecs.js';
import { batchBytesMax, inlineBytesCap } from './limits.js';

export type TopicSetting<V> = {
  readonly name: string;
  /** As text, as it would be set. */
  readonly default: string;
  readonly documentation: string;
  /** The values, where they can be counted. */
  readonly choices?: Readonly<Record<string, V>>;
  /** The limits, where it is a number: a whole one, unless it says `fraction`. */
  readonly range?: { readonly min: number; readonly max: number; readonly fraction?: true };
};

const MiB = 1024 * 1024;
const dayMs = 24 * 60 * 60 * 1000;
const unlimited = -1;

function whole(
  name: string,
  byDefault: number,
  range: { min: number; max?: number },
  documentation: string,
): TopicSetting<number> {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  return { name, default: String(byDefault), documentation, range: { min, max } };
}

function choice<V>(
  name: string,
  byDefault: string,
  choices: Readonly<Record<string, V>>,
  documentation: string,
): TopicSetting<V> {
  return { name, default: byDefault, documentation, choices };
}

export type CleanupPolicy = { readonly delete: boolean; readonly compact: boolean };

/** By the names that the code has for them. */
export const topicSettings = {
  retentionMs: whole(
    'retention.ms',
    7 * dayMs,
    { min: unlimited },
    'Records older than this may be deleted, with `delete` in cleanup.policy; -1: never.',
  ),
  retentionBytes: whole(
    'retention.bytes',
    unlimited,
    { min: unlimited },
    'The oldest records of a partition that is larger may be deleted, with `delete` in cleanup.policy; -1: no limit.',
  ),
  cleanupPolicy: choice<CleanupPolicy>(
    'cleanup.policy',
    'delete',
    {
      delete: { delete: true, compact: false },
      compact: { delete: false, compact: true },
      'compact,delete': { delete: true, compact: true },
    },
    '`delete`: records go by age and size; `compact`: the last value of each key stays; or both.',
  ),
  segmentBytes: whole(
    'segment.bytes',
    64 * MiB,
    { min: 1 * MiB, max: 1024 * MiB },
    'The size of the segments that batches are gathered into.',
  ),
  maxMessageBytes: whole(
    'max.message.bytes',
    batchBytesMax,
    { min: 1_024, max: batchBytesMax },
    'The largest record batch that is taken, as it is stored (compressed).',
  ),
  logAppendTime: choice<boolean>(
    'message.timestamp.type',
    'CreateTime',
    { CreateTime: false, LogAppendTime: true },
    'Whose time a record carries: the producer’s, or that of the server that took it.',
  ),
  minCompactionLagMs: whole(
    'min.compaction.lag.ms',
    0,
    { min: 0 },
    'Records younger than this are not compacted, with `compact` in cleanup.policy.',
  ),
  minCleanableDirtyRatio: {
    name: 'min.cleanable.dirty.ratio',
    default: '0.5',
    range: { min: 0, max: 1, fraction: true },
    documentation:
      'How much of the bytes must be new since the last compaction of keys for the next one to begin.',
  } as TopicSetting<number>,
  deleteRetentionMs: whole(
    'delete.retention.ms',
    dayMs,
    { min: 0 },
    'How long a tombstone stays after compaction could remove it, so that readers see the deletion.',
  ),
  compression: choice<Compression | 'producer'>(
    'compression.type',
    'producer',
    { producer: 'producer', uncompressed: 'none', gzip: 'gzip', zstd: 'zstd' },
    'How records are stored that come as JSON or text; `producer`: uncompressed. Binary batches stay as they came.',
  ),
  inlineBytesMax: {
    ...whole(
      'logbrook.inline.bytes.max',
      0,
      { min: 0, max: inlineBytesCap },
      'Flushes up to this size go into a DynamoDB item instead of an S3 object; `auto`: where that is cheaper.',
    ),
    default: 'auto',
    choices: { auto: undefined },
  } as TopicSetting<number | undefined>,
} as const;

/** What a value may be, in words. */
export function allowedValues({ choices = {}, range }: TopicSetting<unknown>): string {
  const words = Object.keys(choices);
  if (range) {
    const number = range.fraction ? 'a number' : 'a whole number';
    words.push(`${number} from ${range.min} ${upTo(range.max)}`);
  }
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}

function upTo(max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
}
