/**
 * Sends records: partitioned here, gathered into batches, and acknowledged when they are durable. What is
 * gathered or under way takes at most `bufferMemory` bytes: `send` waits for room.
 */

import { batchHeaderBytes } from '../../log/batch-header.js';
import type { Codecs } from '../../log/codecs.js';
import { batchBytesMax } from '../../log/limits.js';
import { descentOf, type Kin, openDescendant, rootCount } from '../../log/lineage.js';
import type { HttpClient, ProducerIdentity } from '../http-client.js';
import { type LogbrookError, refused } from '../logbrook-error.js';
import type { ProducerRecord } from '../record-bytes.js';
import { createBatchMemory } from './batch-memory.js';
import { type OpenBatch, recordBytesAtMost } from './open-batch.js';
import { createPartitionLane, type PartitionLane } from './partition-lane.js';
import { kafkaPartitioner } from './partitioning.js';
import { type ProducerOptions, producerSettings } from './producer-options.js';
import { soon } from './soon.js';

export type RecordMetadata = {
  readonly topic: string;
  readonly partition: number;
  /** Undefined with acks 0. */
  readonly offset: number | undefined;
};

/** For a record that is on its way. */
export type Ticket = {
  readonly topic: string;
  readonly partition: number;
  /** Resolves when the record is durable; rejects when it has failed for good. */
  readonly ack: Promise<RecordMetadata>;
};

export type Producer = {
  /** Resolves when the record is gathered, which may have to wait for room. */
  send(topic: string, record: ProducerRecord): Promise<Ticket>;
  /**
   * The same without a promise per record, for a topic that `prepare` was called for. A promise means:
   * wait for it before adding more.
   */
  add(topic: string, record: ProducerRecord): Promise<void> | undefined;
  /** Whether `send` copies a record's bytes before it returns: then they may change at once. */
  copiesAtOnce(topic: string): boolean;
  /** Learns how many partitions the topic has, for as long as it takes or until `signal` fires. */
  prepare(topic: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when all that was sent is acknowledged; rejects with the first failure since the last flush. */
  flush(): Promise<void>;
  /** Flushes; afterwards nothing can be sent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** How long a topic's number of partitions is believed (Kafka: metadata.max.age.ms). */
const metadataMsMax = 300_000;

/** What is kept for the next batches when nothing is gathered or under way. */
const spareBytesMax = 8 * 1024 * 1024;

type TopicState = {
  readonly partitionCount: number;
  readonly kin: readonly Kin[];
  readonly roots: number;
  readonly knownAtMs: number;
  sticky: number;
  readonly lanes: Map<number, PartitionLane>;
};

export function createProducer(
  client: HttpClient,
  codecs: Codecs,
  options: ProducerOptions = {},
): Producer {
  const settings = producerSettings(options, codecs);
  const { partitioner = kafkaPartitioner, signal } = options;
  const { timing } = client;
  const onRetry = (error: LogbrookError) => options.onRetry?.(error);
  const patient = { signal, retry: settings.retry, onRetry };
  const topics = new Map<string, TopicState>();
  const learning = new Map<string, Promise<void>>();
  let identity: Promise<ProducerIdentity> | undefined;
  const memory = createBatchMemory(Math.min(settings.bufferMemory, spareBytesMax));
  let bufferedBytes = 0;
  const waiting: (() => void)[] = [];
  let failure: { readonly error: unknown } | undefined;
  let closed = false;
  /** A batch was closed since the program last let the runtime send something. */
  let breathDue = false;

  function identify(): Promise<ProducerIdentity> {
    identity ??= client.createProducer(patient).catch((error) => {
      identity = undefined;
      throw error;
    });
    return identity;
  }

  function prepare(topic: string, until = signal): Promise<void> {
    const underWay = learning.get(topic);
    if (underWay !== undefined) return underWay;
    const learned = learn(topic, until).finally(() => learning.delete(topic));
    learning.set(topic, learned);
    return learned;
  }

  async function learn(topic: string, until: AbortSignal | undefined): Promise<void> {
    const { partitions } = await client.describeTopic(topic, { ...patient, signal: until });
    const known = topics.get(topic);
    const kin = partitions.map(({ parents = [], closed = false }) => ({ parents, closed }));
    const partitionCount = partitions.length;
    const sticky = (known?.sticky ?? Math.floor(timing.random() * partitionCount)) % partitionCount;
    const lanes = known?.lanes ?? new Map();
    const roots = rootCount(kin);
    topics.set(topic, { partitionCount, kin, roots, knownAtMs: timing.nowMs(), sticky, lanes });
  }

  function topicOf(topic: string): TopicState {
    const known = topics.get(topic);
    if (!known) throw new Error(`prepare(${JSON.stringify(topic)}) comes before add`);
    if (timing.nowMs() - known.knownAtMs > metadataMsMax && !learning.has(topic)) {
      // Partitions may have been added. What is known serves until the answer is there.
      prepare(topic).catch(() => {});
    }
    return known;
  }

  /** A closed partition is not chosen, but a descendant of it. */
  function choose(
    topic: string,
    { kin, roots, sticky }: TopicState,
    key: Uint8Array | null,
  ): number {
    const chosen = partitioner({ topic, key, partitionCount: roots, sticky: sticky % roots });
    if (!kin[chosen]?.closed) return chosen;
    return openDescendant(kin, chosen, key === null ? sticky : descentOf(key, roots));
  }

  function laneOf(topic: string, state: TopicState, record: ProducerRecord): PartitionLane {
    const { partitionCount, lanes } = state;
    const partition = record.partition ?? choose(topic, state, record.key);
    const known = lanes.get(partition);
    if (known) return known;
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitionCount) {
      throw refused(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic "${topic}" has partitions 0 to ${partitionCount - 1}, not ${partition}.`,
        { topic, partition, partitionCount },
      );
    }
    const lane = createPartitionLane(topic, partition, {
      client,
      codecs,
      settings,
      identity: settings.idempotent ? identify : undefined,
      signal,
      memory,
      onRetry,
      settled(batch, fate, sent) {
        if (fate.kind === 'failed') {
          const { error } = fate;
          failure ??= { error };
          const recordCount = batch.recordCount;
          client.observe({ type: 'batch-failed', topic, partition, recordCount, error });
        }
        if (sent) {
          const durationMs = timing.nowMs() - batch.sinceMs;
          client.observe({ type: 'batch-sent', durationMs, ...sent });
          options.onSent?.(sent);
        }
        release(batch.sizeBytesMax - batchHeaderBytes);
      },
      stoppedBy: () => (options.stopOnFailure ? failure : undefined),
      closed() {
        breathDue = true;
        const now = topics.get(topic) ?? state;
        if (partition === now.sticky) now.sticky = (partition + 1) % now.partitionCount;
      },
    });
    lanes.set(partition, lane);
    return lane;
  }

  function place(topic: string, record: ProducerRecord): { batch: OpenBatch; partition: number } {
    if (closed) throw refused('INVALID_REQUEST', 'The producer is closed.');
    if (failure && options.stopOnFailure) throw failure.error;
    const sizeBytes = checkedSize(record);
    const state = topicOf(topic);
    let lane = laneOf(topic, state, record);
    if (!lane.fits(sizeBytes)) {
      lane.close();
      // A keyless record goes elsewhere now.
      lane = laneOf(topic, state, record);
    }
    const batch = lane.add(record, sizeBytes);
    bufferedBytes += sizeBytes;
    return { batch, partition: lane.partition };
  }

  function release(bytes: number): void {
    bufferedBytes -= bytes;
    if (bufferedBytes >= settings.bufferMemory) return;
    const { length } = waiting;
    for (const resolve of waiting.splice(0, length)) resolve();
  }

  const room = () =>
    bufferedBytes < settings.bufferMemory
      ? undefined
      : new Promise<void>((resolve) => waiting.push(resolve));

  async function flush(): Promise<void> {
    const lanes = [...topics.values()].flatMap((topic) => [...topic.lanes.values()]);
    for (const lane of lanes) lane.close();
    await Promise.all(lanes.map((lane) => lane.idle()));
    const failed = failure;
    if (!options.stopOnFailure) failure = undefined;
    if (failed) throw failed.error;
  }

  async function close(): Promise<void> {
    closed = true;
    await flush();
  }

  return {
    async send(topic, record) {
      if (!topics.has(topic)) await prepare(topic);
      for (let full = room(); full; full = room()) await full;
      const { batch, partition } = place(topic, record);
      const index = batch.recordCount - 1;
      if (breathDue) {
        // Awaiting what is done already never lets requests out: all would wait until memory is full.
        breathDue = false;
        await new Promise<void>((resolve) => soon(0, resolve));
      }
      return new RecordTicket(topic, partition, batch, index);
    },
    add(topic, record) {
      place(topic, record);
      return room();
    },
    // A partitioner of somebody else's may keep the key.
    copiesAtOnce: (topic) =>
      partitioner === kafkaPartitioner &&
      topics.has(topic) &&
      bufferedBytes < settings.bufferMemory,
    prepare,
    flush,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The promise is made when somebody asks for it, so that a failure nobody asked about rejects nothing. */
class RecordTicket implements Ticket {
  readonly topic: string;
  readonly partition: number;
  readonly #batch: OpenBatch;
  readonly #index: number;
  #ack: Promise<RecordMetadata> | undefined;

  constructor(topic: string, partition: number, batch: OpenBatch, index: number) {
    this.topic = topic;
    this.partition = partition;
    this.#batch = batch;
    this.#index = index;
  }

  get ack(): Promise<RecordMetadata> {
    this.#ack ??= this.#placed();
    return this.#ack;
  }

  async #placed(): Promise<RecordMetadata> {
    const { topic, partition } = this;
    const fate = await this.#batch.fate();
    if (fate.kind === 'failed') throw fate.error;
    const { baseOffset } = fate;
    const offset = baseOffset === undefined ? undefined : baseOffset + this.#index;
    return { topic, partition, offset };
  }
}

function checkedSize(record: ProducerRecord): number {
  const sizeBytes = recordBytesAtMost(record);
  if (sizeBytes + batchHeaderBytes <= batchBytesMax) return sizeBytes;
  throw refused(
    'MESSAGE_TOO_LARGE',
    `The record takes up to ${sizeBytes} bytes; with its batch header the limit is ${batchBytesMax}.`,
    { sizeBytes, limitBytes: batchBytesMax },
  );
}
