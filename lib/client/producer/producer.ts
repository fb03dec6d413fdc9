/**
 * Sends records: partitioned here, gathered into batches, and acknowledged when they are durable. What is
 * gathered or under way takes at most `bufferMemory` bytes: `send` waits for room.
 */

import { batchHeaderBytes } from '../../log/batch-header.js';
import type { Codecs } from '../../log/codecs.js';
import { batchBytesMax } from '../../log/limits.js';
import { rootCount } from '../../log/open-descendant.js';
import { createByteBudget } from '../byte-budget.js';
import type { HttpClient, ProducerIdentity } from '../http-client.js';
import { type LogbrookError, refused } from '../logbrook-error.js';
import type { ProducerRecord } from '../record-bytes.js';
import { createBatchMemory } from './batch-memory.js';
import { type OpenBatch, recordBytesAtMost } from './open-batch.js';
import { createPartitionLane, type PartitionLane } from './partition-lane.js';
import { choosePartition, type KnownPartitions, kafkaPartitioner } from './partitioning.js';
import { type ProducerOptions, producerSettings } from './producer-options.js';
import { RecordTicket, type Ticket } from './record-ticket.js';
import { soon } from './soon.js';

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

type TopicState = KnownPartitions & {
  readonly partitionCount: number;
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
  const buffer = createByteBudget(settings.bufferMemory);
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

  function laneOf(topic: string, state: TopicState, record: ProducerRecord): PartitionLane {
    const { partitionCount, lanes } = state;
    const partition = record.partition ?? choosePartition(partitioner, topic, record.key, state);
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
        buffer.give(batch.sizeBytesMax - batchHeaderBytes);
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
    buffer.take(sizeBytes);
    return { batch, partition: lane.partition };
  }

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
      for (let full = buffer.room(); full; full = buffer.room()) await full;
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
      return buffer.room();
    },
    // A partitioner of somebody else's may keep the key.
    copiesAtOnce: (topic) =>
      partitioner === kafkaPartitioner && topics.has(topic) && buffer.hasRoom(),
    prepare,
    flush,
    close,
    [Symbol.asyncDispose]: close,
  };
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
