/**
 * Reads the partitions it is given, each in its order and ahead of whoever takes the records, within one
 * budget of bytes. Waits at the end of a partition by long poll. What was read of a partition that is
 * taken away is dropped.
 */

import type { Codecs } from '../../log/codecs.js';
import type { PlacedRecord } from '../../log/record.js';
import { eachBatch, findRecords } from '../../log/record-batch.js';
import { createByteBudget } from '../byte-budget.js';
import type { FetchedBatches } from '../fetch-batches.js';
import type { HttpClient } from '../http-client.js';
import { LogbrookError } from '../logbrook-error.js';
import type { RetryPolicy } from '../retry.js';
import { type Ask, askedMax, createReadAhead } from './read-ahead.js';

export type TopicPartition = { readonly topic: string; readonly partition: number };

/** Records of one partition that were read together; none where compaction has left none. */
export type FetchedRecords = TopicPartition & {
  readonly records: readonly PlacedRecord[];
  /** Where the partition goes on after them. */
  readonly nextOffset: number;
  readonly highWatermark: number;
};

export type FetcherOptions = {
  readonly fetchBytesMax: number;
  readonly prefetchBytesMax: number;
  /** How long one request waits at the end of a partition. */
  readonly fetchWaitMs: number;
  readonly retry: RetryPolicy;
  /** A topic that is gone is no failure: its partitions will be revoked. */
  readonly topicsMayGo: boolean;
  onRetry?(error: LogbrookError): void;
  /** The offset is not there any more: where to go on, or undefined to fail. */
  outOfRange(
    at: TopicPartition,
    offset: number,
    earliest: number,
    latest: number,
  ): number | undefined;
};

export type Fetcher = {
  assign(at: TopicPartition, offset: number): void;
  revoke(at: TopicPartition): void;
  assigned(): readonly TopicPartition[];
  /** The next records of any partition; undefined once it is closed. Throws what a partition failed with. */
  next(): Promise<FetchedRecords | undefined>;
  close(): void;
};

/** Less would be a request for each small batch. */
const shareBytesMin = 64 * 1024;

type Reading = { readonly at: TopicPartition; readonly over: AbortController };
type Arrived = {
  readonly reading: Reading;
  readonly fetched: FetchedRecords;
  readonly bytes: number;
};

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

export function createFetcher(
  client: HttpClient,
  codecs: Codecs,
  options: FetcherOptions,
): Fetcher {
  const budget = createByteBudget(options.prefetchBytesMax);
  const readings = new Map<string, Reading>();
  let arrived: Arrived[] = [];
  let failure: { readonly error: unknown } | undefined;
  let closed = false;
  let wake = () => {};

  /** All may answer at once: together they bring no more than the budget, as far as batches are that small. */
  function shareBytes(): number {
    const share = Math.floor(options.prefetchBytesMax / (readings.size * askedMax));
    return Math.min(options.fetchBytesMax, Math.max(shareBytesMin, share));
  }

  /** Gives no answer once the partition is taken away. */
  const askOf = ({ at, over: { signal } }: Reading): Ask =>
    async function ask(offset, onPlaced) {
      do {
        await budget.room();
      } while (!budget.hasRoom());
      if (signal.aborted) return undefined;
      const request = { offset, maxBytes: shareBytes(), waitMs: options.fetchWaitMs };
      const call = { retry: options.retry, onRetry: options.onRetry, signal, onPlaced };
      return client.fetchBatches(at.topic, at.partition, request, call);
    };

  async function read(reading: Reading, startOffset: number): Promise<void> {
    const { at, over } = reading;
    const { signal } = over;
    const ahead = createReadAhead(askOf(reading));
    let offset = startOffset;
    while (!signal.aborted) {
      try {
        const answer = await ahead.next(offset);
        if (!answer || signal.aborted) return;
        budget.take(answer.batches.length);
        arrive(reading, answer, offset);
        offset = answer.nextOffset;
      } catch (error) {
        if (options.topicsMayGo && isTopicGone(error)) await client.timing.sleep(goneMs, signal);
        else offset = afterFailure(at, offset, error);
      }
    }
  }

  function arrive(reading: Reading, answer: FetchedBatches, offset: number): void {
    const { at } = reading;
    const { nextOffset, highWatermark } = answer;
    const bytes = answer.batches.length;
    // An answer without records can still get on: past what was compacted away.
    if (nextOffset === offset) {
      budget.give(bytes);
      return;
    }
    const records = recordsOf(answer.batches, offset, codecs);
    const recordCount = records.length;
    const seen = { ...at, recordCount, sizeBytes: bytes, nextOffset, highWatermark };
    client.observe({ type: 'fetched', ...seen });
    arrived.push({ reading, bytes, fetched: { ...at, records, nextOffset, highWatermark } });
    wake();
  }

  function afterFailure(at: TopicPartition, offset: number, error: unknown): number {
    if (!(error instanceof LogbrookError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error;
    const { earliest, latest } = error.details;
    const next = options.outOfRange(at, offset, Number(earliest), Number(latest));
    if (next === undefined) throw error;
    return next;
  }

  function drop(reading: Reading): void {
    reading.over.abort();
    const dropped = arrived.filter((one) => one.reading === reading);
    arrived = arrived.filter((one) => one.reading !== reading);
    for (const { bytes } of dropped) budget.give(bytes);
  }

  function revoke(at: TopicPartition): void {
    const reading = readings.get(keyOf(at));
    if (!reading) return;
    readings.delete(keyOf(at));
    drop(reading);
  }

  return {
    assign(at, offset) {
      revoke(at);
      const reading = { at, over: new AbortController() };
      readings.set(keyOf(at), reading);
      read(reading, offset).catch((error: unknown) => {
        if (reading.over.signal.aborted) return;
        failure ??= { error };
        wake();
      });
    },
    revoke,
    assigned: () => [...readings.values()].map(({ at }) => at),
    async next() {
      for (;;) {
        const first = arrived.shift();
        if (first) {
          budget.give(first.bytes);
          return first.fetched;
        }
        if (failure) throw failure.error;
        if (closed) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close() {
      closed = true;
      for (const { at } of [...readings.values()]) revoke(at);
      wake();
    },
  };
}

/** Until whoever revokes its partitions has noticed. */
const goneMs = 1_000;

function isTopicGone(error: unknown): boolean {
  return error instanceof LogbrookError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** Batches are whole: the first may begin before the offset that was asked for. */
function recordsOf(bytes: Uint8Array, offset: number, codecs: Codecs): PlacedRecord[] {
  const records: PlacedRecord[] = [];
  for (const batch of eachBatch(bytes)) {
    for (const record of findRecords(batch.bytes, batch.header, codecs)) {
      if (record.offset >= offset) records.push(record);
    }
  }
  return records;
}
