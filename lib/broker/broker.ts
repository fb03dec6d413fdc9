/**
 * The broker: the verbs of the service over the stores. It decides nothing itself that is not decided in
 * `log/`, and keeps nothing that a crash could lose.
 */

import type { Codecs } from '../log/codecs.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { isPendingRecords, type PendingAppend } from '../log/shared-batch.js';
import type { MaintenanceRequests } from '../store/maintenance-requests.js';
import { keepRecentObjects } from '../store/recent-objects.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import type { BatchResult } from './batch-verdicts.js';
import { BrokerError } from './broker-error.js';
import type { BrokerSettings } from './broker-settings.js';
import { createEarlyBatches } from './early-batches.js';
import { type FetchRequest, type FetchResult, fetchRecords, offsetOutOfRange } from './fetch.js';
import { createFlusher } from './flusher.js';
import { createFoundWork } from './found-work.js';
import { createGroups, type Groups } from './groups.js';
import { findOffsetByTime, type TimedOffset } from './list-offsets.js';
import { createReshaper, type Reshaper } from './reshape.js';
import { createTailWatch } from './tail-watch.js';
import { type AppendTicket, createRecordsTicket, createTicket } from './ticket.js';
import { createTopics, type Topics } from './topics.js';

export type Broker = Reshaper & {
  readonly topics: Topics;
  readonly groups: Groups;
  /** One result for each, in their order. What goes into one partition is appended in its order. */
  append(appends: readonly PendingAppend[]): Promise<readonly BatchResult[]>;
  fetch(ref: PartitionRef, request: FetchRequest): Promise<FetchResult>;
  head(ref: PartitionRef): Promise<PartitionHead>;
  offsetByTime(
    ref: PartitionRef,
    head: PartitionHead,
    timestampMs: number,
  ): Promise<TimedOffset | undefined>;
  /** With `expected`, only if the partition carries that token now (null: none). */
  fence(ref: PartitionRef, token: string | null, expected?: string | null): Promise<PartitionHead>;
  /**
   * Deletes what lies below `offset`: the log begins there, or where it began, if that is higher. Never
   * beyond the end: `latest` is the end at this moment.
   */
  trim(ref: PartitionRef, offset: number | 'latest'): Promise<PartitionHead>;
  nextProducerId(): Promise<number>;
  /** Resolves when nothing is queued or under way: before a process may be frozen or stopped. */
  idle(): Promise<void>;
  /** Ends every waiting read. Appends under way are finished. */
  close(): Promise<void>;
};

/** `requests`: who is asked for maintenance when a roll finds work for it. */
export function createBroker(
  plainStores: Stores,
  codecs: Codecs,
  world: World,
  settings: BrokerSettings,
  requests?: MaintenanceRequests,
): Broker {
  const objects = keepRecentObjects(plainStores.objects, settings.recentBytesMax);
  const stores: Stores = { ...plainStores, objects };
  const { index } = stores;
  const look = stores.shared ? { index, everyMs: settings.tailPollMs } : undefined;
  const watch = createTailWatch(world.clock, look);
  const topics = createTopics(
    stores,
    world,
    settings.topicCacheMs,
    watch.deleted,
    codecs.available,
  );
  const flusher = createFlusher(stores, codecs, world, settings, {
    committed: (ref, head) => watch.committed(ref, head),
    vanished: ({ topicId }) => topics.forget(topicId),
    ...(requests && { rolled: createFoundWork(requests, world, settings) }),
  });
  const { earlyBatchMsMax } = settings;
  const early = createEarlyBatches(world.clock, earlyBatchMsMax, flusher.submit);
  const fetchDeps = { stores, codecs, watch };

  const offsetByTime: Broker['offsetByTime'] = (ref, at, timestampMs) =>
    findOffsetByTime(stores, codecs, ref, at, timestampMs);
  // Members see new topics at once where that costs no request.
  const groupTopicsMs = stores.shared ? settings.topicCacheMs : 0;
  const groups = createGroups(stores, world, settings.groups, groupTopicsMs, offsetByTime);

  async function idle(): Promise<void> {
    await early.idle();
    await flusher.idle();
  }

  async function head(ref: PartitionRef): Promise<PartitionHead> {
    const found = await index.readHead(ref);
    if (found) return found;
    throw vanished(ref);
  }

  /** The partition was found by a name that is remembered: do not believe that memory again. */
  function vanished(ref: PartitionRef): BrokerError {
    topics.forget(ref.topicId);
    return new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', 'The partition does not exist any more.');
  }

  return {
    topics,
    groups,
    head,
    append: (appends) =>
      new Promise((resolve) => {
        const results: BatchResult[] = [];
        let open = appends.length;
        if (open === 0) resolve(results);
        const settleAt = (i: number) => (result: BatchResult) => {
          results[i] = result;
          open--;
          if (open === 0) resolve(results);
        };
        early.submit(appends.map((append, i) => ticketOf(append, settleAt(i))));
      }),
    async fetch(ref, request) {
      const result = await fetchRecords(fetchDeps, ref, request);
      if (result) return result;
      throw vanished(ref);
    },
    offsetByTime,
    async fence(ref, token, expected) {
      const outcome = await index.setFencingToken(ref, token, expected);
      if (outcome.kind === 'changed') return outcome.head;
      if (outcome.kind === 'noPartition') throw vanished(ref);
      const actual = outcome.head.fencingToken;
      // The store may have carried it out twice, for a reply that was lost.
      if (actual === token) return outcome.head;
      throw new BrokerError(
        'FENCING_TOKEN_MISMATCH',
        'The partition carries another fencing token.',
        {
          details: { actualToken: actual },
        },
      );
    },
    async trim(ref, offset) {
      const to = offset === 'latest' ? (await head(ref)).nextOffset : offset;
      const outcome = await index.raiseLogStart(ref, to);
      if (outcome.kind === 'changed') return outcome.head;
      if (outcome.kind === 'noPartition') throw vanished(ref);
      throw offsetOutOfRange(outcome.head, to);
    },
    ...createReshaper(stores, world.clock, { forget: topics.forget, closed: watch.closed }),
    nextProducerId: () => stores.topics.nextProducerId(),
    idle,
    async close() {
      watch.close();
      await idle();
    },
  };
}

function ticketOf(append: PendingAppend, settle: AppendTicket['settle']): AppendTicket {
  if (isPendingRecords(append)) return createRecordsTicket(append, settle);
  return createTicket(append, append.producer, settle);
}
