/**
 * The HTTP API v1 as typed calls. Needs `fetch` and nothing else, so it runs in Node, browsers, Deno and
 * workers alike. Failures are `LogbrookError`s; what can be repeated without harm is, for a while.
 */

import type { RecordFormat } from '../contract/fields.js';
import { batchContentType, ndjsonContentType } from '../contract/media-types.js';
import type { Appended, FetchResponse, RecordInput, RecordOutput } from '../contract/records.js';
import type { ConfigChanges, TopicConfigList } from '../contract/topic-configs.js';
import type { TopicDescription, TopicOffsets, TopicResponse, Trimmed } from '../contract/topics.js';
import { topicNameProblem } from '../log/topic-name.js';
import { type FetchBatchesOptions, type FetchedBatches, fetchBatches } from './fetch-batches.js';
import { type FollowRequest, followPartition } from './follow.js';
import { createGroupCalls, type GroupCalls } from './group-calls.js';
import { createJobCalls, type JobCalls } from './job-calls.js';
import { createKeyCalls, type KeyCalls } from './key-calls.js';
import { LogbrookError, refused } from './logbrook-error.js';
import type { Observe } from './observer.js';
import { briefRetry, machineTiming, type RetryPolicy, type Timing, withRetry } from './retry.js';
import { createTransport, type Exchange, type HttpRequest, type Transport } from './transport.js';

export type HttpClientOptions = {
  readonly url: string;
  /** An access key, `<key id>.<secret>`, or a token. A server on loopback asks for none. */
  readonly key?: string | undefined;
  readonly fetch?: Exchange | undefined;
  readonly timing?: Timing | undefined;
  /** Hears of batches, fetches, commits, partitions that come and go, and retries. */
  readonly observe?: Observe | undefined;
};

/** How one call is to be made. */
export type CallOptions = {
  /** Default: a few tries within seconds. */
  readonly retry?: RetryPolicy | undefined;
  readonly onRetry?: ((error: LogbrookError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type CreateOptions = CallOptions & {
  /** Settings that differ from the defaults, under Kafka's names. */
  readonly configs?: Readonly<Record<string, string | number>> | undefined;
};

export type TopicPage = { readonly topics: readonly TopicResponse[]; readonly after?: string };
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

export type AppendOptions = CallOptions & {
  readonly format?: RecordFormat;
  /** NDJSON costs the server less memory for many records. Default: json. */
  readonly body?: 'json' | 'ndjson';
};

export type BatchOptions = CallOptions & {
  /** The batch carries a producer's sequence: repeating it is harmless whatever became of it. */
  readonly idempotent: boolean;
  readonly acks: Acks;
  /** Only if the log ends exactly here. */
  readonly expectedOffset?: number | undefined;
  /** By the client's own clock; an answer that comes later is of no use. */
  readonly answerByMs?: number | undefined;
};

export type HttpClient = {
  readonly url: string;
  readonly timing: Timing;
  readonly observe: Observe;
  createTopic(name: string, partitions: number, options?: CreateOptions): Promise<TopicResponse>;
  readonly groups: GroupCalls;
  readonly keys: KeyCalls;
  readonly jobs: JobCalls;
  /** In order of names; `after` of a page asks for the next one. */
  listTopics(after?: string, call?: CallOptions): Promise<TopicPage>;
  describeTopic(name: string, call?: CallOptions): Promise<TopicDescription>;
  /** Changes the settings that are named; null goes back to the default. */
  alterTopic(name: string, configs: ConfigChanges, call?: CallOptions): Promise<TopicConfigList>;
  /** From now on the topic has `count` partitions, which must be more. */
  addPartitions(name: string, count: number, call?: CallOptions): Promise<TopicResponse>;
  /** Deletes the records of a partition below `offset`. */
  trim(
    topic: string,
    partition: number,
    offset: number | 'latest',
    call?: CallOptions,
  ): Promise<Trimmed>;
  deleteTopic(name: string, call?: CallOptions): Promise<void>;
  /** With a timestamp (ms or ISO 8601) also the first offset that is at least as new. */
  listOffsets(
    topic: string,
    timestamp?: number | string,
    call?: CallOptions,
  ): Promise<TopicOffsets>;
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

const callTimeoutMs = 15_000;
/** Longer than the server takes to give up, so that its answer is what we report. */
const appendTimeoutMs = 45_000;
const fetchTimeoutMs = 30_000;

/** `noEffect`: repeated only when the failed call certainly did nothing. */
export type Call = <T>(
  when: 'always' | 'noEffect',
  request: CallRequest,
  options?: CallOptions,
) => Promise<T>;

/** The time for one try, or how to know it when the try begins. */
type CallRequest = Omit<HttpRequest, 'timeoutMs'> & {
  readonly timeoutMs?: number | (() => number);
};

function createCall(transport: Transport, timing: Timing, observe: Observe): Call {
  return <T>(
    when: 'always' | 'noEffect',
    { timeoutMs = callTimeoutMs, ...request }: CallRequest,
    { retry: policy = briefRetry, onRetry, signal }: CallOptions = {},
  ) => {
    const forOneTry = () => (typeof timeoutMs === 'number' ? timeoutMs : timeoutMs());
    const attempt = () => transport.exchange<T>({ ...request, timeoutMs: forOneTry(), signal });
    const told = (error: LogbrookError) => {
      observe({ type: 'retried', code: error.code, path: request.path });
      onRetry?.(error);
    };
    return withRetry(timing, { policy, when, signal, onRetry: told }, attempt);
  };
}

/** Throws `TypeError` for a URL that is none. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const exchange: Exchange = options.fetch ?? ((url, init) => fetch(url, init));
  const transport = createTransport(options.url, exchange, options.key);
  const timing = options.timing ?? machineTiming;
  const observe: Observe = options.observe ?? (() => {});
  const call = createCall(transport, timing, observe);
  return {
    url: transport.url,
    timing,
    observe,
    groups: createGroupCalls(call),
    keys: createKeyCalls(call),
    jobs: createJobCalls(call),
    ...topicChanges(call),
    createTopic: async (name, partitions, { configs, ...options } = {}) =>
      call(
        'noEffect',
        { method: 'POST', path: '/v1/topics', ...json({ name, partitions, configs }) },
        options,
      ),
    listTopics: async (after, options) =>
      call('always', { method: 'GET', path: '/v1/topics', query: { after } }, options),
    describeTopic: async (name, options) =>
      call('always', { method: 'GET', path: topicPath(name) }, options),
    deleteTopic: async (name, options) =>
      call('noEffect', { method: 'DELETE', path: topicPath(name) }, options),
    listOffsets: async (topic, timestamp, options) =>
      call(
        'always',
        { method: 'GET', path: `${topicPath(topic)}/offsets`, query: { timestamp } },
        options,
      ),
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

function topicChanges(call: Call): Pick<HttpClient, 'alterTopic' | 'addPartitions' | 'trim'> {
  return {
    alterTopic: async (name, configs, options) =>
      call('always', { method: 'PATCH', path: topicPath(name), ...json({ configs }) }, options),
    addPartitions: async (name, count, options) =>
      call(
        'noEffect',
        { method: 'POST', path: `${topicPath(name)}/partitions`, ...json({ count }) },
        options,
      ),
    trim: async (topic, partition, offset, options) =>
      call(
        // Where the latest is may change from one try to the next.
        offset === 'latest' ? 'noEffect' : 'always',
        {
          method: 'POST',
          path: `${topicPath(topic)}/partitions/${partition}/trim`,
          ...json({ offset }),
        },
        options,
      ),
  };
}

async function appendRecords(
  call: Call,
  topic: string,
  records: readonly RecordInput[],
  options: AppendOptions,
): Promise<readonly Appended[]> {
  const { format, body = 'json' } = options;
  const content = body === 'json' ? json({ records }) : ndjson(records);
  const path = `${topicPath(topic)}/records`;
  const { partitions } = await call<{ partitions: readonly PartitionResult[] }>(
    'noEffect',
    { method: 'POST', path, query: { format }, ...content, timeoutMs: appendTimeoutMs },
    options,
  );
  return partitions.map((partition) => {
    if ('error' in partition) throw partialFailure(partitions);
    return partition;
  });
}

/** Names are checked here too: as a path, `.` and `..` would mean something else. */
function topicPath(name: string): string {
  const problem = topicNameProblem(name);
  if (problem === undefined) return `/v1/topics/${name}`;
  throw refused('INVALID_TOPIC_EXCEPTION', `Invalid topic name: ${problem}.`);
}

function recordsPath(topic: string, partition: number): string {
  return `${topicPath(topic)}/partitions/${partition}/records`;
}

function json(value: unknown) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function ndjson(records: readonly RecordInput[]) {
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return { headers: { 'content-type': ndjsonContentType }, body };
}

type PartitionResult =
  | Appended
  | {
      readonly partition: number;
      readonly error: { readonly code: string; readonly sideEffects: 'none' | 'unknown' };
    };

/** Some partitions have taken their records, so repeating all of it would write those twice. */
function partialFailure(partitions: readonly PartitionResult[]): LogbrookError {
  const failed = partitions.flatMap((one) => ('error' in one ? [one] : []));
  const which = failed.map(({ partition, error }) => `${partition} (${error.code})`).join(', ');
  return new LogbrookError(`The append failed on partition ${which}, and succeeded on others.`, {
    code: failed[0]?.error.code ?? 'UNKNOWN_SERVER_ERROR',
    status: 207,
    retriable: false,
    sideEffects: 'unknown',
    details: { partitions },
  });
}
