/**
 * The way of one partition's records to the server: gathered into batches, several of them under way at
 * once, and still in the order in which they were added, each of them once. That rests on the sequence
 * that every batch carries: what arrives too early is refused without effect and sent again after what
 * it waits for, and what is repeated is recognised.
 */

import type { Codecs, Compression } from '../../log/codecs.js';
import { advanceSequence } from '../../log/producer-state.js';
import type { LogRecord } from '../../log/record.js';
import type { Acks, HttpClient, ProducerIdentity } from '../http-client.js';
import { LogbrookError, refused } from '../logbrook-error.js';
import type { RetryPolicy } from '../retry.js';
import type { BatchMemory } from './batch-memory.js';
import { createInFlightWindow } from './in-flight-window.js';
import { type BatchFate, OpenBatch } from './open-batch.js';
import { soon } from './soon.js';

export type SentBatch = {
  readonly topic: string;
  readonly partition: number;
  readonly recordCount: number;
  readonly sizeBytes: number;
  /** Undefined with acks 0. */
  readonly baseOffset: number | undefined;
  /** Written by an earlier try whose answer was lost. */
  readonly duplicate: boolean;
};

export type LaneSettings = {
  readonly acks: Acks;
  readonly compression: Compression;
  readonly batchSize: number;
  readonly lingerMs: number;
  readonly maxInFlight: number;
  /** From a batch's first record to the moment when it has failed, whatever is under way. */
  readonly deliveryTimeoutMs: number;
  readonly retry: RetryPolicy;
};

export type LaneDeps = {
  readonly client: HttpClient;
  readonly codecs: Codecs;
  readonly settings: LaneSettings;
  /** The producer's id, the same for all its lanes; undefined: nothing is numbered. */
  readonly identity: (() => Promise<ProducerIdentity>) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly memory: BatchMemory;
  onRetry(error: LogbrookError): void;
  /** `sent` is undefined for a batch that failed. Its bytes are free again either way. */
  settled(batch: OpenBatch, fate: BatchFate, sent: SentBatch | undefined): void;
  /** What made the whole producer stop: nothing more is sent. */
  stoppedBy(): { readonly error: unknown } | undefined;
  /** The open batch was closed: a keyless record may go elsewhere now. */
  closed(): void;
};

export type PartitionLane = {
  readonly partition: number;
  /** The batch that a record of this size will go into. */
  add(record: LogRecord, sizeBytesMax: number): OpenBatch;
  /** False: adding the record closes the open batch first. */
  fits(sizeBytesMax: number): boolean;
  /** Sends what is gathered without waiting for more. */
  close(): void;
  /** Resolves when nothing is gathered or under way. */
  idle(): Promise<void>;
};

/** Kafka's limit of an epoch, an int16. */
const epochMax = 32_767;

type Numbered = {
  readonly batch: OpenBatch;
  readonly bytes: Uint8Array;
  readonly done: Promise<BatchFate>;
};

export function createPartitionLane(
  topic: string,
  partition: number,
  deps: LaneDeps,
): PartitionLane {
  const { client, codecs, memory, settings, signal } = deps;
  const window = createInFlightWindow(settings.maxInFlight);
  let open = new OpenBatch(0);
  const closedBatches: OpenBatch[] = [];
  let callOff = () => {};
  /** The open batch is old enough to go as soon as there is nothing in front of it. */
  let due = false;
  let underWay: Numbered[] = [];
  let epoch = 0;
  let nextSequence = 0;
  /** A batch failed: what is under way behind it fails too, then a new epoch begins. */
  let broken = false;
  let numbering = false;
  let idleWaiters: (() => void)[] = [];

  function add(record: LogRecord, sizeBytesMax: number): OpenBatch {
    if (!open.fits(sizeBytesMax, settings.batchSize)) close();
    if (open.recordCount > 0) {
      open.add(record, sizeBytesMax);
      return open;
    }
    const begun = new OpenBatch(client.timing.nowMs(), memory.take());
    begun.add(record, sizeBytesMax);
    open = begun;
    callOff = soon(settings.lingerMs, expire);
    return open;
  }

  function expire(): void {
    due = true;
    // While batches are under way the open one goes on growing, whatever its age.
    if (underWay.length === 0 && closedBatches.length === 0) close();
  }

  /** Whoever hears only now that a record of theirs is durable may have the next one for this batch. */
  function closeSoon(): void {
    due = false;
    callOff();
    callOff = soon(0, close);
  }

  function close(): void {
    if (open.recordCount === 0) return;
    callOff();
    due = false;
    closedBatches.push(open);
    open = new OpenBatch(0);
    deps.closed();
    void pump();
  }

  async function pump(): Promise<void> {
    if (numbering) return;
    numbering = true;
    try {
      for (;;) {
        const stopped = deps.stoppedBy();
        if (stopped) for (const batch of closedBatches.splice(0)) fail(batch, stopped.error);
        if (broken && underWay.length === 0) beginEpoch();
        if (due && closedBatches.length === 0 && underWay.length === 0) closeSoon();
        if (broken || underWay.length >= window.size()) return;
        const batch = closedBatches.shift();
        if (!batch) return;
        const bytes = await encode(batch);
        if (bytes) launch(batch, bytes);
      }
    } finally {
      numbering = false;
      tellIdle();
    }
  }

  function beginEpoch(): void {
    broken = false;
    epoch++;
    nextSequence = 0;
  }

  async function encode(batch: OpenBatch): Promise<Uint8Array | undefined> {
    try {
      const producer = await numberOf(batch);
      const { compression } = settings;
      return batch.finish({ compression, producer }, codecs);
    } catch (error) {
      // A number may be gone with it, and what would follow could never be written.
      fail(batch, error);
      return undefined;
    }
  }

  function fail(batch: OpenBatch, error: unknown): BatchFate {
    broken = true;
    const fate: BatchFate = { kind: 'failed', error };
    settle(batch, fate, undefined);
    return fate;
  }

  async function numberOf(batch: OpenBatch) {
    if (!deps.identity) return undefined;
    const { producerId, producerEpoch } = await deps.identity();
    if (producerEpoch + epoch > epochMax) {
      throw refused('INVALID_PRODUCER_EPOCH', 'The producer has failed too often: make a new one.');
    }
    const baseSequence = nextSequence;
    nextSequence = advanceSequence(baseSequence, batch.recordCount);
    return { producerId, producerEpoch: producerEpoch + epoch, baseSequence };
  }

  function launch(batch: OpenBatch, bytes: Uint8Array): void {
    const inFront = [...underWay];
    const done = deliver(batch, bytes, inFront);
    const numbered = { batch, bytes, done };
    underWay.push(numbered);
    void done.then(() => {
      underWay = underWay.filter((one) => one !== numbered);
      void pump();
    });
  }

  async function deliver(
    batch: OpenBatch,
    bytes: Uint8Array,
    inFront: readonly Numbered[],
  ): Promise<BatchFate> {
    let waited = inFront.length === 0;
    for (;;) {
      try {
        const answer = await client.appendBatch(topic, partition, bytes, callOf(batch));
        const placed = 'baseOffset' in answer ? answer : undefined;
        const fate: BatchFate = { kind: 'acknowledged', baseOffset: placed?.baseOffset };
        window.acknowledged();
        settle(batch, fate, {
          topic,
          partition,
          recordCount: batch.recordCount,
          sizeBytes: bytes.length,
          baseOffset: placed?.baseOffset,
          duplicate: placed?.duplicate ?? false,
        });
        return fate;
      } catch (error) {
        if (!waited && cameTooEarly(error)) {
          // Refused without effect: in its turn it is sent again.
          waited = true;
          window.overtaken();
          const fates = await Promise.all(inFront.map(({ done }) => done));
          if (fates.every(({ kind }) => kind === 'acknowledged')) continue;
          return fail(batch, behindFailure(error));
        }
        return fail(batch, error);
      }
    }
  }

  function callOf(batch: OpenBatch) {
    const answerByMs = batch.sinceMs + settings.deliveryTimeoutMs;
    const giveUpAfterMs = Math.max(0, answerByMs - client.timing.nowMs());
    const retry = { ...settings.retry, giveUpAfterMs };
    const idempotent = deps.identity !== undefined;
    const { onRetry } = deps;
    return { idempotent, acks: settings.acks, retry, onRetry, signal, answerByMs };
  }

  function settle(batch: OpenBatch, fate: BatchFate, sent: SentBatch | undefined): void {
    batch.settle(fate);
    // After a failure a request may still be reading it.
    if (fate.kind === 'acknowledged') memory.give(batch.memory());
    deps.settled(batch, fate, sent);
  }

  const isIdle = () =>
    open.recordCount === 0 && closedBatches.length === 0 && underWay.length === 0 && !numbering;

  function tellIdle(): void {
    if (!isIdle()) return;
    for (const wake of idleWaiters) wake();
    idleWaiters = [];
  }

  return {
    partition,
    add,
    fits: (sizeBytesMax) => open.fits(sizeBytesMax, settings.batchSize),
    close,
    async idle() {
      if (!isIdle()) await new Promise<void>((resolve) => idleWaiters.push(resolve));
    },
  };
}

function behindFailure(cause: unknown): LogbrookError {
  const message = 'Not written, because a batch in front of it failed.';
  const facts = { status: 0, retriable: false, sideEffects: 'none', cause } as const;
  return new LogbrookError(message, { ...facts, code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
}

/** A batch overtook the one in front of it, or the first of its producer. */
function cameTooEarly(error: unknown): boolean {
  if (!(error instanceof LogbrookError)) return false;
  return ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'].includes(error.code);
}
