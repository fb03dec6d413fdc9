/**
 * Sends records to a topic: partitioned here (by key as Kafka does it), gathered into batches, one
 * batch at a time per partition, so that send order is offset order. Every batch carries the producer's
 * sequence, so it is sent again after any failure and still written once. Memory is bounded by
 * `bufferBytesMax` as long as the caller waits when `add` asks it to.
 */

import { batchHeaderBytes } from '../log/batch-header.js';
import type { Codecs } from '../log/codecs.js';
import { batchBytesMax as batchBytesLimit } from '../log/limits.js';
import { partitionForKey } from '../log/partitioner.js';
import { advanceSequence } from '../log/producer-state.js';
import { encodeRecordBatch } from '../log/record-batch.js';
import type { Acks, HttpClient, ProducerIdentity } from './http-client.js';
import { type LogbrookError, refused } from './logbrook-error.js';
import { OpenBatch, recordBytesAtMost } from './open-batch.js';
import type { ProducerRecord } from './record-bytes.js';
import { patientRetry, type RetryPolicy } from './retry.js';

export type ProducerCodecs = Codecs;

export type BatchProducerOptions = {
  readonly topic: string;
  readonly partitionCount: number;
  readonly codecs: ProducerCodecs;
  /** `0` does without offsets, and without protection from duplicates and loss. */
  readonly acks?: Acks;
  /** A batch is sent when it has about this many bytes, ... */
  readonly batchBytes?: number;
  /** ... or when its first record has waited this long and the partition is free. */
  readonly lingerMs?: number;
  readonly bufferBytesMax?: number;
  readonly retry?: RetryPolicy;
  readonly onRetry?: (error: LogbrookError) => void;
  readonly onSent?: (sent: SentBatch) => void;
  readonly signal?: AbortSignal;
};

export type SentBatch = {
  readonly partition: number;
  readonly recordCount: number;
  readonly sizeBytes: number;
  /** Undefined with acks 0. */
  readonly baseOffset: number | undefined;
  /** Written by an earlier try whose answer was lost. */
  readonly duplicate: boolean;
};

export type BatchProducer = {
  /**
   * Takes a record. A promise means: wait for it before adding more. Throws what made an earlier batch
   * fail for good; nothing is sent after that.
   */
  add(record: ProducerRecord): Promise<void> | undefined;
  /** Resolves when everything added is acknowledged; rejects with the first failure. */
  flush(): Promise<void>;
};

const MiB = 1024 * 1024;
export const batchBytesDefault = 1 * MiB;
export const batchBytesMin = 1024;
export const batchBytesCap = batchBytesLimit;
const bufferBytesDefault = 16 * MiB;
const lingerMsDefault = 5;

type Lane = {
  readonly partition: number;
  open: OpenBatch;
  readonly closed: OpenBatch[];
  /** The open batch is old enough to go as soon as the partition is free. */
  due: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  busy: boolean;
  /** Of the latest run. */
  done: Promise<void>;
  nextSequence: number;
};

export async function createBatchProducer(
  client: HttpClient,
  options: BatchProducerOptions,
): Promise<BatchProducer> {
  const { acks = 'all', signal } = options;
  // Without an acknowledgement a lost batch would leave a gap that stops the whole sequence.
  const identity = acks === 'all' ? await client.createProducer({ signal }) : undefined;
  return new LanedProducer(client, options, identity);
}

class LanedProducer implements BatchProducer {
  private readonly client: HttpClient;
  private readonly options: BatchProducerOptions;
  private readonly identity: ProducerIdentity | undefined;
  private readonly batchBytes: number;
  private readonly bufferBytesMax: number;
  private readonly lanes = new Map<number, Lane>();
  private stickyPartition: number;
  private bufferedBytes = 0;
  private waiting: (() => void)[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(
    client: HttpClient,
    options: BatchProducerOptions,
    identity: ProducerIdentity | undefined,
  ) {
    this.client = client;
    this.options = options;
    this.identity = identity;
    this.batchBytes = options.batchBytes ?? batchBytesDefault;
    this.bufferBytesMax = options.bufferBytesMax ?? Math.max(bufferBytesDefault, this.batchBytes);
    this.stickyPartition = Math.floor(client.timing.random() * options.partitionCount);
  }

  add(record: ProducerRecord): Promise<void> | undefined {
    if (this.failure) throw this.failure.error;
    const sizeBytes = checkedSize(record);
    let lane = this.laneFor(record);
    if (!lane.open.fits(sizeBytes, this.batchBytes)) {
      this.close(lane);
      // A keyless record goes elsewhere now.
      lane = this.laneFor(record);
      if (!lane.open.fits(sizeBytes, this.batchBytes)) this.close(lane);
    }
    lane.open.add(record, sizeBytes);
    this.bufferedBytes += sizeBytes;
    lane.timer ??= setTimeout(() => this.expire(lane), this.options.lingerMs ?? lingerMsDefault);
    return this.bufferedBytes < this.bufferBytesMax ? undefined : this.room();
  }

  async flush(): Promise<void> {
    const lanes = [...this.lanes.values()];
    for (const lane of lanes) this.close(lane);
    await Promise.all(lanes.map(({ done }) => done));
    if (this.failure) throw this.failure.error;
  }

  private laneFor(record: ProducerRecord): Lane {
    const { partitionCount, topic } = this.options;
    const { partition: asked, key } = record;
    if (asked !== undefined && asked >= partitionCount) {
      throw refused(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic "${topic}" has partitions 0 to ${partitionCount - 1}, not ${asked}.`,
        { topic, partition: asked, partitionCount },
      );
    }
    if (asked !== undefined) return this.lane(asked);
    if (key !== null) return this.lane(partitionForKey(key, partitionCount));
    return this.lane(this.stickyPartition);
  }

  private lane(partition: number): Lane {
    const found = this.lanes.get(partition);
    if (found) return found;
    const open = new OpenBatch();
    const idle = { due: false, timer: undefined, busy: false, done: Promise.resolve() };
    const lane: Lane = { partition, open, closed: [], ...idle, nextSequence: 0 };
    this.lanes.set(partition, lane);
    return lane;
  }

  /** Nothing more goes into the open batch; it is sent in its turn. */
  private close(lane: Lane): void {
    if (lane.open.records.length === 0) return;
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.due = false;
    lane.closed.push(lane.open);
    lane.open = new OpenBatch();
    if (lane.partition === this.stickyPartition) {
      this.stickyPartition = (lane.partition + 1) % this.options.partitionCount;
    }
    this.run(lane);
  }

  private expire(lane: Lane): void {
    lane.due = true;
    // While a batch is under way the open one goes on growing, whatever its age.
    if (!lane.busy) this.close(lane);
  }

  private run(lane: Lane): void {
    if (lane.busy) return;
    lane.busy = true;
    lane.done = this.sendAll(lane);
  }

  private async sendAll(lane: Lane): Promise<void> {
    try {
      while (!this.failure) {
        if (lane.closed.length === 0 && lane.due) this.close(lane);
        const batch = lane.closed.shift();
        if (!batch) return;
        await this.send(lane, batch);
        this.bufferedBytes -= batch.sizeBytesMax - batchHeaderBytes;
        if (this.bufferedBytes < this.bufferBytesMax) this.wake();
      }
    } catch (error) {
      this.failure ??= { error };
      this.wake();
    } finally {
      // In the same breath as the look into `closed`: what is closed from now on starts a new run.
      lane.busy = false;
    }
  }

  private async send(lane: Lane, { records }: OpenBatch): Promise<void> {
    const { topic, codecs, acks = 'all', retry = patientRetry, onRetry, signal } = this.options;
    const { partition, nextSequence: baseSequence } = lane;
    const producer = this.identity && { ...this.identity, baseSequence };
    const bytes = encodeRecordBatch({ records, ...(producer && { producer }) }, codecs);
    const call = { idempotent: producer !== undefined, acks, retry, onRetry, signal };
    const answer = await this.client.appendBatch(topic, partition, bytes, call);
    lane.nextSequence = advanceSequence(baseSequence, records.length);
    const placed = 'baseOffset' in answer ? answer : undefined;
    this.options.onSent?.({
      partition,
      recordCount: records.length,
      sizeBytes: bytes.length,
      baseOffset: placed?.baseOffset,
      duplicate: placed?.duplicate ?? false,
    });
  }

  private room(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function checkedSize(record: ProducerRecord): number {
  const sizeBytes = recordBytesAtMost(record);
  if (sizeBytes + batchHeaderBytes <= batchBytesLimit) return sizeBytes;
  throw refused(
    'MESSAGE_TOO_LARGE',
    `The record takes up to ${sizeBytes} bytes; with its batch header the limit is ${batchBytesLimit}.`,
    { sizeBytes, limitBytes: batchBytesLimit },
  );
}
