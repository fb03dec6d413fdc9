/**
 * Reads records: one by one, in batches, or through a handler. What is handed out counts as finished when
 * the next is asked for or its handler returned, and only what is finished is committed: so every record is
 * handled at least once.
 */

import type { Codecs } from '../../log/codecs.js';
import type { PlacedRecord } from '../../log/record.js';
import type { HttpClient } from '../http-client.js';
import { patientRetry } from '../retry.js';
import type { ConsumerOptions } from './consumer-options.js';
import { type ConsumerRecord, readRecord } from './consumer-record.js';
import { takesUnreadable, type UnreadableRecord, unreadableRecord } from './failed-read.js';
import { createFetcher, type FetchedRecords, type TopicPartition } from './fetcher.js';
import type { Membership, MembershipEvents } from './membership.js';
import { createOwnedPartitions, type Owned, type Position } from './owned-partitions.js';
import { createHandling, type RunOptions } from './record-handling.js';
import { ended, iterateSteps } from './step-iterator.js';

export type Consumer<K, V> = AsyncIterable<ConsumerRecord<K, V>> & {
  /** Records of one partition that were read together. */
  batches(): AsyncIterable<readonly ConsumerRecord<K, V>[]>;
  /** Until the consumer is closed, or a handler failed for good. */
  run(
    handler: (record: ConsumerRecord<K, V>) => Promise<void> | void,
    options?: RunOptions<ConsumerRecord<K, V>>,
  ): Promise<void>;
  /** Commits what is finished by now. */
  commit(): Promise<void>;
  /** For each partition where a successor would go on. */
  positions(): readonly Position[];
  /** Commits what is finished, leaves the group, and ends all iterations. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const MiB = 1024 * 1024;

/** How long handlers may go on with what is to be handed over, or when the consumer is closed. */
const handOverMsMax = 10_000;

export function createConsumer<K, V>(
  client: HttpClient,
  codecs: Codecs,
  membership: Membership,
  options: ConsumerOptions<K, V>,
): Consumer<K, V> {
  const { timing } = client;
  const { autoCommitIntervalMs = 5_000, autoOffsetReset = 'earliest' } = options;
  const owned = createOwnedPartitions();
  let joined: Promise<void> | undefined;
  let closed = false;
  let closing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let autoCommit: ReturnType<typeof setInterval> | undefined;
  let busySinceMs: number | undefined;
  const over = new AbortController();
  let handlersDone = async () => {};
  const fetcher = createFetcher(client, codecs, {
    fetchBytesMax: options.fetchBytesMax ?? 2 * MiB,
    prefetchBytesMax: options.prefetchBytesMax ?? 16 * MiB,
    fetchWaitMs: options.fetchWaitMs ?? 20_000,
    topicsMayGo: membership.topicsMayGo,
    retry: options.retry ?? patientRetry,
    onRetry: (error) => options.onRetry?.(error),
    outOfRange(_at, _offset, earliest, latest) {
      if (autoOffsetReset === 'error') return undefined;
      return autoOffsetReset === 'earliest' ? earliest : latest;
    },
  });

  function join(): Promise<void> {
    joined ??= membership.join(events, over.signal);
    if (autoCommitIntervalMs !== false) {
      autoCommit ??= setInterval(() => {
        commit().catch((error: unknown) => options.onCommitFailed?.(error));
      }, autoCommitIntervalMs);
    }
    options.signal?.addEventListener('abort', abort, { once: true });
    if (options.signal?.aborted) abort();
    return joined;
  }

  const events: MembershipEvents = {
    assigned(positions) {
      for (const { topic, partition, offset } of positions) {
        owned.own({ topic, partition }, offset);
        fetcher.assign({ topic, partition }, offset);
      }
    },
    async revoked(partitions) {
      for (const at of partitions) fetcher.revoke(at);
      const retired = partitions.flatMap((at) => owned.retire(at) ?? []);
      await withinReason(Promise.all(retired.map(({ tracker }) => tracker.idle())));
      await commit().catch((error: unknown) => options.onCommitFailed?.(error));
      // It may have been lost meanwhile, and come back.
      for (const one of retired) if (owned.find(one.at) === one) owned.lose(one.at);
    },
    lost(partitions) {
      for (const at of partitions) {
        fetcher.revoke(at);
        owned.lose(at);
      }
    },
    failed(error) {
      failure ??= { error };
      fetcher.close();
    },
    busySinceMs: () => busySinceMs,
  };

  /** Handlers that take too long are not waited for: their records will be handled again. */
  async function withinReason(work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, timing.sleep(handOverMsMax, done.signal)]);
    done.abort();
  }

  function abort(): void {
    close().catch((error: unknown) => options.onCommitFailed?.(error));
  }

  async function commit(): Promise<void> {
    const positions = owned.uncommitted();
    if (positions.length === 0) return;
    try {
      await membership.commit(positions);
    } catch (error) {
      client.observe({ type: 'commit-failed', error });
      throw error;
    }
    owned.committed(positions);
    client.observe({ type: 'committed', positions });
  }

  function close(): Promise<void> {
    closed = true;
    closing ??= (async () => {
      clearInterval(autoCommit);
      options.signal?.removeEventListener('abort', abort);
      fetcher.close();
      over.abort();
      if (joined === undefined) return;
      await withinReason(handlersDone());
      try {
        // Who could not join has said so already, and owns nothing.
        await joined.catch(() => {});
        await commit();
      } finally {
        await membership.leave();
        for (const { topic, partition } of owned.positions()) owned.lose({ topic, partition });
      }
    })();
    return closing;
  }

  /** Undefined when the consumer is closed. */
  async function nextFetched(): Promise<FetchedRecords | undefined> {
    busySinceMs = undefined;
    try {
      await join();
    } catch (error) {
      if (closed) return undefined;
      throw error;
    }
    const fetched = await fetcher.next();
    if (!fetched && failure) throw failure.error;
    busySinceMs = timing.nowMs();
    return fetched;
  }

  /** Undefined for a partition that was lost meanwhile, or is being given up. */
  function take(entry: Owned, record: PlacedRecord): ConsumerRecord<K, V> | undefined {
    if (entry.closed) return undefined;
    entry.tracker.started(record.offset);
    return readRecord(entry, record, options);
  }

  function finished(record: Handled): void {
    const entry = owned.find(record);
    // The partition may have been lost and come back: then it is read again from where it was committed.
    if (entry?.signal === record.signal) entry.tracker.finished(record.offset);
  }

  /** What of a compacted log was passed over need not be read again. */
  function passed(entry: Owned | undefined, { nextOffset }: FetchedRecords): void {
    if (entry && !entry.closed) entry.tracker.passed(nextOffset);
  }

  function records(): AsyncIterableIterator<ConsumerRecord<K, V>> {
    let fetched: FetchedRecords | undefined;
    let entry: Owned | undefined;
    let index = 0;
    let handedOut: ConsumerRecord<K, V> | undefined;
    return iterateSteps({
      step() {
        if (handedOut) {
          busySinceMs = timing.nowMs();
          entry?.tracker.finished(handedOut.offset);
          handedOut = undefined;
          if (closed) return ended;
        }
        const placed = entry && fetched?.records[index++];
        handedOut = entry && placed && take(entry, placed);
        return handedOut && { done: false, value: handedOut };
      },
      async more() {
        if (fetched) passed(entry, fetched);
        fetched = await nextFetched();
        entry = fetched && owned.find(fetched);
        index = 0;
        return fetched !== undefined;
      },
    });
  }

  async function* batches(): AsyncGenerator<readonly ConsumerRecord<K, V>[]> {
    for (let fetched = await nextFetched(); fetched; fetched = await nextFetched()) {
      const entry = owned.find(fetched);
      if (!entry) continue;
      const taken = fetched.records.flatMap((placed) => take(entry, placed) ?? []);
      if (taken.length > 0) yield taken;
      for (const { offset } of taken) entry.tracker.finished(offset);
      if (closed) return;
      passed(entry, fetched);
    }
  }

  /** What a run can set aside does not end it. */
  function takeAny(
    entry: Owned,
    placed: PlacedRecord,
    unreadableToo: boolean,
  ): ConsumerRecord<K, V> | UnreadableRecord | undefined {
    try {
      return take(entry, placed);
    } catch (unreadable) {
      if (!unreadableToo) throw unreadable;
      return unreadableRecord(entry, placed, unreadable);
    }
  }

  async function run(
    handler: (record: ConsumerRecord<K, V>) => Promise<void> | void,
    runOptions: RunOptions<ConsumerRecord<K, V>> = {},
  ): Promise<void> {
    const { random, sleep } = timing;
    const unreadableToo = takesUnreadable(runOptions);
    const handling = createHandling(handler, runOptions, {
      finished,
      failed: events.failed,
      random,
      sleep,
      over: () => closed,
    });
    handlersDone = () => handling.drain().catch(() => {});
    try {
      for (let fetched = await nextFetched(); fetched; fetched = await nextFetched()) {
        const entry = owned.find(fetched);
        for (const placed of entry ? fetched.records : []) {
          const record = takeAny(entry as Owned, placed, unreadableToo);
          if (!record || closed) break;
          await handling.submit(record, placed.key);
          busySinceMs = timing.nowMs();
        }
        if (!closed) passed(entry, fetched);
      }
      await handling.drain();
    } finally {
      await close();
    }
  }

  return {
    [Symbol.asyncIterator]: records,
    batches,
    run,
    commit,
    positions: owned.positions,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Handled = TopicPartition & { readonly offset: number; readonly signal: AbortSignal };
