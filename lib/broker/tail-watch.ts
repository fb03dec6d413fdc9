/**
 * Waiting at the tail. Thousands of readers share one ticker and, where other processes write too, one
 * look per partition. A reader subscribes before it reads the head, so no wake-up is lost.
 */

import { type PartitionHead, type PartitionRef, partitionName } from '../log/partition-head.js';
import { isDuring, type TimeSpan } from '../log/time-span.js';
import type { PartitionIndex } from '../store/partition-index.js';
import type { Clock } from '../store/world.js';

/** How late a wait may end. */
const tickMs = 50;

type Waiter = {
  /** Woken once the log reaches beyond this. */
  readonly offset: number;
  readonly wait: TimeSpan;
  readonly wake: (head: PartitionHead | undefined) => void;
};

type Watched = {
  readonly ref: PartitionRef;
  readonly waiters: Set<Waiter>;
  /** No look before it is over. */
  pause: TimeSpan;
  /** A look is under way: a slow store is not asked again and again. */
  looking: boolean;
};

export type Subscription = {
  /** A head that reaches beyond the offset, or undefined once `waitMs` have passed or `signal` fired. */
  readonly news: Promise<PartitionHead | undefined>;
  cancel(): void;
};

export type TailWatch = {
  subscribe(ref: PartitionRef, offset: number, waitMs: number, signal?: AbortSignal): Subscription;
  /** Told of every commit of this process. */
  committed(ref: PartitionRef, head: PartitionHead): void;
  /** Ends the waits at a partition that takes no more records. Who waits there again, waits. */
  closed(ref: PartitionRef): void;
  /** Ends the waits for a topic that is deleted. */
  deleted(topicId: string): void;
  /** Ends every wait, also those to come: the process wants to stop. */
  close(): void;
};

export function createTailWatch(
  clock: Clock,
  look: { readonly index: PartitionIndex; readonly everyMs: number } | undefined,
): TailWatch {
  const watched = new Map<string, Watched>();
  let stopTicker: (() => void) | undefined;
  let closed = false;

  function remove(key: string, waiter: Waiter): void {
    const entry = watched.get(key);
    if (!entry?.waiters.delete(waiter) || entry.waiters.size > 0) return;
    watched.delete(key);
    if (watched.size === 0) {
      stopTicker?.();
      stopTicker = undefined;
    }
  }

  function wakeAll(key: string, head: PartitionHead | undefined): void {
    for (const waiter of watched.get(key)?.waiters ?? []) {
      if (head && head.nextOffset <= waiter.offset) continue;
      remove(key, waiter);
      waiter.wake(head);
    }
  }

  async function lookAt(key: string, entry: Watched): Promise<void> {
    try {
      // Without a head there is nothing left to wait for.
      wakeAll(key, await look?.index.readHead(entry.ref));
    } catch {
      // Tried again at the next look; the reader's own read reports what is wrong.
    } finally {
      entry.looking = false;
    }
  }

  function tick(): void {
    const nowMs = clock.nowMs();
    for (const [key, entry] of watched) {
      for (const waiter of entry.waiters) {
        if (isDuring(waiter.wait, nowMs)) continue;
        remove(key, waiter);
        waiter.wake(undefined);
      }
      const idle = entry.waiters.size > 0 && !entry.looking;
      if (look && idle && !isDuring(entry.pause, nowMs)) {
        entry.pause = { sinceMs: nowMs, forMs: look.everyMs };
        entry.looking = true;
        void lookAt(key, entry);
      }
    }
  }

  function add(ref: PartitionRef, waiter: Waiter): string {
    const key = partitionName(ref);
    const entry = watched.get(key);
    if (entry) entry.waiters.add(waiter);
    else {
      const pause = { sinceMs: clock.nowMs(), forMs: look?.everyMs ?? 0 };
      watched.set(key, { ref, waiters: new Set([waiter]), pause, looking: false });
    }
    stopTicker ??= clock.every(tickMs, tick);
    return key;
  }

  return {
    subscribe(ref, offset, waitMs, signal) {
      let resolveNews: Waiter['wake'] = () => {};
      const news = new Promise<PartitionHead | undefined>((resolve) => {
        resolveNews = resolve;
      });
      const wake = (head: PartitionHead | undefined) => {
        signal?.removeEventListener('abort', cancel);
        resolveNews(head);
      };
      const waiter = { offset, wait: { sinceMs: clock.nowMs(), forMs: waitMs }, wake };
      const key = add(ref, waiter);
      function cancel(): void {
        remove(key, waiter);
        wake(undefined);
      }
      if (closed || signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
      return { news, cancel };
    },
    committed: (ref, head) => wakeAll(partitionName(ref), head),
    closed: (ref) => wakeAll(partitionName(ref), undefined),
    deleted(topicId) {
      for (const [key, { ref }] of watched) if (ref.topicId === topicId) wakeAll(key, undefined);
    },
    close() {
      closed = true;
      for (const key of [...watched.keys()]) wakeAll(key, undefined);
    },
  };
}
