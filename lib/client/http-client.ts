/**
 * The HTTP API v1 as typed calls. Needs `fetch` and nothing else, so it runs in Node, browsers, Deno and
 * workers alike. Failures are `LogbrookError`s; what can be repeated without harm is, for a while.
 */

import type { RecordFormat } from '../contract/fields.js';
import { batchContentType } from '../contract/media-types.js';
import type { Appended, FetchResponse, RecordInput, RecordOutput } from '../contract/records.js';
import { type AppendOptions, appendRecords, appendTimeoutMs } from './append-records.js';
import { type CallOptions, createCall } from './call.js';
import { type FetchBatchesOptions, type FetchedBatches, fetchBatches } from './fetch-batches.js';
import { type FollowRequest, followPartition } from './follow.js';
import { createGroupCalls, type GroupCalls } from './group-calls.js';
import { createJobCalls, type JobCalls } from './job-calls.js';
import { createKeyCalls, type KeyCalls } from './key-calls.js';
import type { Observe } from './observer.js';
import { machineTiming, type Timing } from './retry.js';
import { createTopicCalls, type TopicCalls, topicPath } from './topic-calls.js';
import { createTransport, type Exchange } from './transport.js';

export type HttpClientOptions = {
  readonly url: string;
  /** An access key, `<key id>.<secret>`, or a token. A server on loopback asks for none. */
  readonly key?: string | undefined;
  readonly fetch?: Exchange | undefined;
  readonly timing?: Timing | undefined;
  /** Hears of batches, fetches, commits, partitions that come and go, and retries. */
  readonly observe?: Observe | undefined;
};

export type ProducerIdentity = { readonly producerId: number; readonly producerEpoch: number };

/** One of offset, timestamp (ms or ISO 8601) and last; without them the log start. */
export type FetchRequest = {
  readonly offset?: number | undefined;
  readonly timestamp?: number | string | undefined;
  readonly last?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly maxRecords?: number | undefined;
  /** How long the server waits for the first record; 0 (default) answers at once. */
  readonly waitMs?: number | undefined;
  readonly format?: RecordFormat | undefined;
};

export type Acks = 'all' | '0';
export type Accepted = { readonly topic: string; readonly accepted: number };
export type PartitionAppended = Appended & { readonly topic: string };

export type BatchOptions = CallOptions & {
  /** The batch carries a producer's sequence: repeating it is harmless whatever became of it. */
  readonly idempotent: boolean;
  readonly acks: Acks;
  /** Only if the log ends exactly here. */
  readonly expectedOffset?: number | undefined;
  /** By the client's own clock; an answer that comes later is of no use. */
  readonly answerByMs?: number | undefined;
};

export type HttpClient = TopicCalls & {
  readonly url: string;
  readonly timing: Timing;
  readonly observe: Observe;
  readonly groups: GroupCalls;
  readonly keys: KeyCalls;
  readonly jobs: JobCalls;
  /** An id that nobody had before; its batches are numbered per partition from sequence 0. */
  createProducer(call?: CallOptions): Promise<ProducerIdentity>;
  /**
   * Appends records, partitioned by key, one batch per partition. Throws when any partition failed;
   * `details.partitions` then says what became of each.
   */
  append(
    topic: string,
    records: readonly RecordInput[],
    options?: AppendOptions,
  ): Promise<readonly Appended[]>;
  /** Appends one encoded RecordBatch; with acks 0 it is only accepted and has no offsets. */
  appendBatch(
    topic: string,
    partition: number,
    batch: Uint8Array,
    options: BatchOptions,
  ): Promise<PartitionAppended | Accepted>;
  fetch(
    topic: string,
    partition: number,
    request: FetchRequest,
    call?: CallOptions,
  ): Promise<FetchResponse>;
  /** The same as whole batches, as they are stored: the first may begin before the offset. */
  fetchBatches(
    topic: string,
    partition: number,
    request: Omit<FetchRequest, 'format' | 'maxRecords'>,
    call?: FetchBatchesOptions,
  ): Promise<FetchedBatches>;
  /** Records from `offset` on, for ever; connections that end are renewed. See follow.ts. */
  follow(
    topic: string,
    partition: number,
    request: FollowRequest,
    call?: CallOptions,
  ): AsyncGenerator<RecordOutput>;
};

const fetchTimeoutMs = 30_000;

/** Throws `TypeError` for a URL that is none. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const exchange: Exchange = options.fetch ?? ((url, init) => fetch(url, init));
  const transport = createTransport(options.url, exchange, options.key);
  const timing = options.timing ?? machineTiming;
  const observe: Observe = options.observe ?? (() => {});
  const call = createCall(transport, timing, observe);
  return {
    ...createTopicCalls(call),
    url: transport.url,
    timing,
    observe,
    groups: createGroupCalls(call),
    keys: createKeyCalls(call),
    jobs: createJobCalls(call),
    // An id that is never used is no loss.
    createProducer: async (options) =>
      call('always', { method: 'POST', path: '/v1/producers' }, options),
    append: (topic, records, options = {}) => appendRecords(call, topic, records, options),
    appendBatch: async (
      topic,
      partition,
      batch,
      { idempotent, acks, expectedOffset, answerByMs, ...options },
    ) => {
      const leftMs = () => (answerByMs ?? Number.POSITIVE_INFINITY) - timing.nowMs();
      return call(
        idempotent ? 'always' : 'noEffect',
        {
          method: 'POST',
          path: recordsPath(topic, partition),
          query: { acks, expectedOffset },
          headers: { 'content-type': batchContentType },
          body: batch,
          timeoutMs: () => Math.max(1, Math.min(appendTimeoutMs, leftMs())),
        },
        options,
      );
    },
    fetch: async (topic, partition, request, options) =>
      call(
        'always',
        {
          method: 'GET',
          path: recordsPath(topic, partition),
          query: request,
          timeoutMs: fetchTimeoutMs + (request.waitMs ?? 0),
        },
        options,
      ),
    fetchBatches: async (topic, partition, request, options) => {
      const path = recordsPath(topic, partition);
      const timeoutMs = fetchTimeoutMs + (request.waitMs ?? 0);
      return fetchBatches({ transport, timing }, { path, query: request, timeoutMs }, options);
    },
    follow: (topic, partition, request, options = {}) =>
      followPartition({ transport, timing }, recordsPath(topic, partition), request, options),
  };
}

function recordsPath(topic: string, partition: number): string {
  return `${topicPath(topic)}/partitions/${partition}/records`;
}
