/**
 * The partitions that a consumer has, and how far each of them is finished. A partition that is lost takes
 * the signal of its records with it, so that handlers can stop and nothing of it is committed any more.
 */

import type { TopicPartition } from './fetcher.js';
import { createOffsetTracker, type OffsetTracker } from './offset-tracker.js';

export type Position = TopicPartition & { readonly offset: number };

export type Owned = {
  readonly at: TopicPartition;
  readonly tracker: OffsetTracker;
  readonly signal: AbortSignal;
  /** Nothing more of it is to be handed out: it was retired, lost or replaced. */
  readonly closed: boolean;
};

export type OwnedPartitions = {
  own(at: TopicPartition, offset: number): Owned;
  /** Fires the signal of the partition's records. */
  lose(at: TopicPartition): void;
  /** Nothing more of it is to be handed out; what was may still be finished. */
  retire(at: TopicPartition): Owned | undefined;
  find(at: TopicPartition): Owned | undefined;
  /** What is finished and was not committed yet. */
  uncommitted(): readonly Position[];
  committed(positions: readonly Position[]): void;
  positions(): readonly Position[];
};

type Entry = Owned & {
  readonly over: AbortController;
  committedOffset: number;
  closed: boolean;
};

export function createOwnedPartitions(): OwnedPartitions {
  const entries = new Map<string, Entry>();
  const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;
  const close = (entry: Entry | undefined) => {
    if (entry) entry.closed = true;
    return entry;
  };
  const positionOf = ({ at, tracker }: Owned): Position => ({ ...at, offset: tracker.position() });

  return {
    own(at, offset) {
      const over = new AbortController();
      const tracker = createOffsetTracker(offset);
      const { signal } = over;
      const entry = { at, tracker, over, signal, committedOffset: offset, closed: false };
      close(entries.get(keyOf(at)));
      entries.set(keyOf(at), entry);
      return entry;
    },
    lose(at) {
      const entry = close(entries.get(keyOf(at)));
      entries.delete(keyOf(at));
      entry?.over.abort(new Error(`${at.topic}/${at.partition} belongs to another consumer now`));
    },
    retire: (at) => close(entries.get(keyOf(at))),
    find: (at) => entries.get(keyOf(at)),
    uncommitted: () =>
      [...entries.values()]
        .filter((entry) => entry.tracker.position() > entry.committedOffset)
        .map(positionOf),
    committed(positions) {
      for (const position of positions) {
        const entry = entries.get(keyOf(position));
        if (entry) entry.committedOffset = Math.max(entry.committedOffset, position.offset);
      }
    },
    positions: () => [...entries.values()].map(positionOf),
  };
}
