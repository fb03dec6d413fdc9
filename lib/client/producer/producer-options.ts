/**
 * What a producer can be told, with Kafka's defaults where Kafka has them. Kafka's own dotted names are
 * understood as well, so that a configuration can be carried over.
 */

import type { Codecs, Compression } from '../../log/codecs.js';
import { batchBytesMax } from '../../log/limits.js';
import type { Acks } from '../http-client.js';
import { type LogbrookError, refused } from '../logbrook-error.js';
import type { RetryPolicy } from '../retry.js';
import { patientRetry } from '../retry.js';
import type { SentBatch } from './partition-lane.js';
import type { Partitioner } from './partitioning.js';

export type ProducerOptions = {
  /** `0` does without offsets, and without protection from duplicates and loss. Default: all. */
  readonly acks?: Acks;
  /** A retry is recognised and never written twice. Default: true; always off with acks 0. */
  readonly idempotent?: boolean;
  /** Default: none. */
  readonly compression?: Compression;
  /** A batch is sent when it has about this many bytes, default 1 MiB, ... */
  readonly batchSize?: number;
  /** ... or when its first record has waited this long, default 5 ms. */
  readonly lingerMs?: number;
  /** `send` waits while this many bytes are gathered or under way, default 32 MiB. */
  readonly bufferMemory?: number;
  /** Requests under way per partition, default 5; order is kept with any number. */
  readonly maxInFlight?: number;
  /** A record that is not acknowledged by then has failed, default 120,000 ms. */
  readonly deliveryTimeoutMs?: number;
  /** Default: Kafka's murmur2 of the key; without a key, one partition per batch in turn. */
  readonly partitioner?: Partitioner;
  readonly retry?: RetryPolicy;
  readonly onRetry?: (error: LogbrookError) => void;
  readonly onSent?: (sent: SentBatch) => void;
  /** After a first failure nothing more is sent, and every call tells of it. Default: false. */
  readonly stopOnFailure?: boolean;
  /** Ends everything at once: what is not acknowledged then has failed with an unknown outcome. */
  readonly signal?: AbortSignal;
};

export type ProducerSettings = Required<
  Omit<ProducerOptions, 'onRetry' | 'onSent' | 'signal' | 'partitioner' | 'stopOnFailure'>
>;

const MiB = 1024 * 1024;
export const batchSizeDefault = 1 * MiB;
export const batchSizeMin = 1024;
export const batchSizeMax = batchBytesMax;

/** Kafka's names, as far as they mean something here. */
const dottedNames: Readonly<Record<string, keyof ProducerOptions>> = {
  acks: 'acks',
  'enable.idempotence': 'idempotent',
  'compression.type': 'compression',
  'batch.size': 'batchSize',
  'linger.ms': 'lingerMs',
  'buffer.memory': 'bufferMemory',
  'max.in.flight.requests.per.connection': 'maxInFlight',
  'delivery.timeout.ms': 'deliveryTimeoutMs',
};

/** Throws `INVALID_CONFIG` for a name that is not understood, or a value out of its bounds. */
export function fromKafkaNames(config: Readonly<Record<string, unknown>>): ProducerOptions {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    const known = dottedNames[name];
    if (!known)
      throw invalid(name, `is not understood; known: ${Object.keys(dottedNames).join(', ')}`);
    options[known] = known === 'acks' ? acksOf(value) : plain(value);
  }
  return options as ProducerOptions;
}

/** Without replicas, 1 waits for as much as all. */
function acksOf(value: unknown): unknown {
  return ['-1', '1'].includes(String(value)) ? 'all' : String(value);
}

/** In a properties file everything is text. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^(true|false)$/.test(value)) return value === 'true';
  return /^\d{1,16}$/.test(value) ? Number(value) : value;
}

export function producerSettings(options: ProducerOptions, codecs: Codecs): ProducerSettings {
  const { acks = 'all', compression = 'none' } = options;
  if (acks !== 'all' && acks !== '0') throw invalid('acks', 'must be all or 0');
  if (!codecs.available.has(compression)) {
    const available = [...codecs.available].join(', ');
    throw invalid('compression', `${compression} is not available here; there is ${available}`);
  }
  const batchSize = bounded(
    'batchSize',
    options.batchSize,
    batchSizeDefault,
    batchSizeMin,
    batchSizeMax,
  );
  return {
    acks,
    compression,
    batchSize,
    // Without an acknowledgement a lost batch would leave a gap that stops the whole sequence.
    idempotent: acks === 'all' && (options.idempotent ?? true),
    lingerMs: bounded('lingerMs', options.lingerMs, 5, 0, 3_600_000),
    bufferMemory: bounded(
      'bufferMemory',
      options.bufferMemory,
      Math.max(32 * MiB, batchSize),
      batchSize,
      2 ** 40,
    ),
    maxInFlight: bounded('maxInFlight', options.maxInFlight, 5, 1, 100),
    deliveryTimeoutMs: bounded(
      'deliveryTimeoutMs',
      options.deliveryTimeoutMs,
      120_000,
      0,
      2 ** 31 - 1,
    ),
    retry: options.retry ?? patientRetry,
  };
}

function bounded(
  name: string,
  value: number | undefined,
  standard: number,
  min: number,
  max: number,
) {
  if (value === undefined) return standard;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(name, `must be a whole number from ${min} to ${max}, not ${value}`);
}

function invalid(name: string, problem: string): LogbrookError {
  return refused('INVALID_CONFIG', `Invalid producer setting: ${name} ${problem}.`, { name });
}
