/**
 * Group commit: what arrives while a flush is under way goes into the next one. One object and one
 * commit per partition for all of it. Large uploads may overlap; commits keep the order of arrival.
 */

import { type ObjectLayout, planObject } from '../log/append-plan.js';
import { sizeOf } from '../log/byte-parts.js';
import type { Codecs } from '../log/codecs.js';
import { keepNewest } from '../log/keep-newest.js';
import { type PartitionHead, type PartitionRef, partitionName } from '../log/partition-head.js';
import type { TimeSpan } from '../log/time-span.js';
import { formatWalKey, walBucketOf } from '../log/wal-key.js';
import { encodeWalObject } from '../log/wal-object.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { type BrokerError, brokerErrorOf } from './broker-error.js';
import type { BrokerSettings } from './broker-settings.js';
import { createPartitionWriter, type PartitionWriter } from './partition-writer.js';
import { rollTail } from './roll-tail.js';
import { shareTickets } from './share-tickets.js';
import type { AppendTicket, Ticket } from './ticket.js';

export type Flusher = {
  /** Queues batches; those of one partition stay in this order. */
  submit(tickets: readonly AppendTicket[]): void;
  /** Resolves when nothing is queued, under way, or left to be rolled. */
  idle(): Promise<void>;
};

export type FlusherEvents = {
  committed(ref: PartitionRef, head: PartitionHead): void;
  vanished(ref: PartitionRef): void;
  /** Behind a request, that is when nobody waits. */
  rolled?(ref: PartitionRef, before: PartitionHead, after: PartitionHead): Promise<void>;
};

/** Writers kept for partitions; beyond it the oldest is forgotten, which costs it a new producer. */
const writersMax = 10_000;

/** A turn is some tens of requests, and takes less than a flush does. */
const gatherTurnsMax = 3;
/** Who was just answered may come again: with that request on its way, turns are short. */
const returnTurnsMax = 20;
const returnMsMax = 3;

export function createFlusher(
  stores: Stores,
  codecs: Codecs,
  world: World,
  settings: BrokerSettings,
  events: FlusherEvents,
): Flusher {
  let queue: AppendTicket[] = [];
  /** How many of the first in the queue came back from flushes under way, and of which partitions. */
  let sentBack = 0;
  const sentBackTo = new Set<string>();
  let queuedBytes = 0;
  let inFlight = 0;
  let gathers = false;
  /** How many appends the last flush answered, and when. */
  let answered = 0;
  let answeredAtMs = 0;
  let commitTurn: Promise<unknown> = Promise.resolve();
  /** Partitions whose tail is being rolled. */
  const rolling = new Set<string>();
  let idleWaiters: (() => void)[] = [];
  const writers = new Map<string, PartitionWriter>();

  function writerOf(ref: PartitionRef): PartitionWriter {
    const key = partitionName(ref);
    const known = writers.get(key);
    if (known) return known;
    const writer = createPartitionWriter(ref, {
      index: stores.index,
      world,
      committed: events.committed,
      vanished: (gone) => {
        writers.delete(key);
        events.vanished(gone);
      },
      roll: (rolled, head) => rollBehind(key, rolled, head),
      async rollNow(rolled, head) {
        await rollTail(stores.index, rolled, head);
      },
    });
    keepNewest(writers, key, writer, writersMax);
    return writer;
  }

  /** No request waits for it. Should it fail, the next roll does its work. */
  function rollBehind(key: string, ref: PartitionRef, head: PartitionHead): void {
    if (rolling.has(key)) return;
    rolling.add(key);
    void rollTail(stores.index, ref, head)
      .then((after) => after && events.rolled?.(ref, head, after))
      .catch((error) => world.log.warn('rolling a tail failed', { error: String(error) }))
      .finally(() => {
        rolling.delete(key);
        tellIdle();
      });
  }

  function tellIdle(): void {
    if (queue.length > 0 || inFlight > 0 || rolling.size > 0) return;
    for (const wake of idleWaiters) wake();
    idleWaiters = [];
  }

  function takeFlush(): AppendTicket[] {
    let bytes = 0;
    const over = queue.findIndex((ticket, i) => {
      bytes += ticket.sizeBytes;
      return i > 0 && bytes > settings.flushBytesMax;
    });
    const taken = over === -1 ? queue : queue.slice(0, over);
    queue = over === -1 ? [] : queue.slice(over);
    queuedBytes -= bytesOf(taken);
    return taken;
  }

  function pumpSoon(): void {
    // Large ones need no company, and are written side by side.
    if (queuedBytes >= settings.flushBytesMin) pump();
    // While one is under way, only its end or a large one can begin another.
    if (gathers || inFlight > 0 || queue.length === 0) return;
    gathers = true;
    gather(1);
  }

  /**
   * As long as each turn of the event loop brings more, waiting for the next one makes two flushes one. Who was answered comes
   * again: a flush of the first few of them would keep all the others waiting.
   */
  function gather(turn: number): void {
    const before = queue.length;
    world.clock.afterTurn(() => {
      const comes = queue.length > before && turn < gatherTurnsMax;
      if (comes || isReturning(turn)) return gather(turn + 1);
      gathers = false;
      answered = 0;
      pump();
    });
  }

  function isReturning(turn: number): boolean {
    if (queue.length >= answered || turn >= returnTurnsMax) return false;
    return world.clock.nowMs() - answeredAtMs <= returnMsMax;
  }

  function pump(): void {
    while (queue.length > 0) {
      // What came back goes first, once all that was under way behind it has come back as well.
      if (sentBack > 0 && inFlight > 0) return;
      sentBack = 0;
      sentBackTo.clear();
      const needBytes = inFlight === 0 ? 0 : settings.flushBytesMin;
      if (queuedBytes < needBytes || inFlight >= settings.flushesInFlightMax) return;
      inFlight++;
      const taken = takeFlush();
      void flush(taken).finally(() => {
        inFlight--;
        answered = taken.length;
        answeredAtMs = world.clock.nowMs();
        pumpSoon();
        tellIdle();
      });
    }
  }

  async function flush(tickets: readonly AppendTicket[]): Promise<void> {
    const patience = { sinceMs: world.clock.nowMs(), forMs: settings.appendTimeoutMs };
    const myTurn = commitTurn;
    const uploaded = upload(tickets);
    const done = Promise.allSettled([myTurn, uploaded]).then(() => commit(uploaded, patience));
    commitTurn = done;
    await done;
  }

  type Uploaded = { layout: ObjectLayout<Ticket>; objectKey: string; bucket: number };

  async function upload(tickets: readonly AppendTicket[]): Promise<Uploaded | undefined> {
    try {
      const layout = planObject(shareTickets(tickets, codecs));
      const floors = layout.partitions.map(({ ref }) => writerOf(ref).walFloor());
      const bucket = Math.max(walBucketOf(world.clock.nowMs()), ...floors);
      const parts = encodeWalObject(layout.parts, layout.ranges, codecs);
      const inline = sizeOf(parts) <= inlineBytesMaxFor(tickets, stores.inlineBytesMax);
      const objectKey = formatWalKey({ bucket, uuid: world.uuid(), inline });
      // `exists` is an earlier attempt of this very upload: nobody else has the uuid.
      await stores.objects.put(objectKey, parts);
      return { layout, objectKey, bucket };
    } catch (error) {
      // Whatever became of the object, nothing points to it.
      settleAll(tickets, brokerErrorOf(error, 'none'));
      return undefined;
    }
  }

  async function commit(upload: Promise<Uploaded | undefined>, patience: TimeSpan): Promise<void> {
    const uploaded = await upload;
    if (!uploaded) return;
    const { layout, objectKey, bucket } = uploaded;
    const again = await Promise.all(
      layout.partitions.map(async ({ ref, batches }) => {
        // Earlier batches have still to be uploaded again: these must not overtake them.
        if (sentBackTo.has(partitionName(ref))) return batches.map(({ batch }) => batch);
        return writerOf(ref).commit(objectKey, bucket, batches, patience);
      }),
    );
    const reupload = again.flat();
    for (const { ref } of reupload) sentBackTo.add(partitionName(ref));
    queue.splice(sentBack, 0, ...reupload);
    sentBack += reupload.length;
    queuedBytes += bytesOf(reupload);
  }

  return {
    submit(tickets) {
      queue.push(...tickets);
      queuedBytes += bytesOf(tickets);
      pumpSoon();
    },
    async idle() {
      if (queue.length === 0 && inFlight === 0 && rolling.size === 0) return;
      await new Promise<void>((resolve) => idleWaiters.push(resolve));
    },
  };
}

/** What one topic does not want inline, nobody in the flush gets there. */
function inlineBytesMaxFor(tickets: readonly AppendTicket[], standard: number | undefined): number {
  if (standard === undefined) return 0;
  return Math.min(...tickets.map(({ inlineBytesMax }) => inlineBytesMax ?? standard));
}

function settleAll(tickets: readonly AppendTicket[], error: BrokerError): void {
  for (const ticket of tickets) ticket.settle({ kind: 'failed', error });
}

function bytesOf(tickets: readonly AppendTicket[]): number {
  return tickets.reduce((sum, ticket) => sum + ticket.sizeBytes, 0);
}
