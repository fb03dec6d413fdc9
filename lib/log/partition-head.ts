/**
 * The head of a partition: the one small item that a commit changes. It says where the log ends, where
 * the newest batches lie, and what each producer wrote last. Everything below `tailBaseOffset` is in
 * index pages. One head, one conditional update, one truth.
 */

import type { ProducerEntry, ProducerStamp, ProducerWindow } from './producer-state.js';

/** Names a partition. Ids, never topic names, so that a re-created topic is another one. */
export type PartitionRef = { readonly topicId: string; readonly partition: number };

/** The same as one string, for what is kept by partition. */
export function partitionName({ topicId, partition }: PartitionRef): string {
  return `${topicId}/${partition}`;
}

export function isSamePartition(a: PartitionRef, b: PartitionRef): boolean {
  return a.topicId === b.topicId && a.partition === b.partition;
}

/** Where contiguous batches of one partition lie: one byte range of one object. */
export type BatchLocation = {
  readonly objectKey: string;
  readonly position: number;
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly maxTimestampMs: number;
  /**
   * Batch boundaries inside the range at which a reader may start, ascending, at least
   * `splitIntervalBytes` apart; relative to the range's first record and first byte.
   */
  readonly splits: readonly Split[];
};

export type Split = { readonly recordDelta: number; readonly positionDelta: number };

/** A location in the tail also says which producers' batches it holds, for retries to be recognised. */
export type TailEntry = BatchLocation & { readonly stamps: readonly ProducerStamp[] };

export type Lease = {
  readonly leader: string | null;
  readonly leaderEpoch: number;
  readonly leaseExpiresMs: number;
};

export type PartitionHead = {
  readonly logStartOffset: number;
  /** The high watermark: one past the newest committed record. */
  readonly nextOffset: number;
  /** Offset of the first record in the tail; `nextOffset` when the tail is empty. */
  readonly tailBaseOffset: number;
  readonly tail: readonly TailEntry[];
  /** Greatest timestamp below the tail, -1 when there is nothing. */
  readonly pagedMaxTimestampMs: number;
  /** Bytes of all batches that ever went below the tail. */
  readonly pagedBytes: number;
  /** All of the log below this offset is in segments, or below the log start. */
  readonly compactedTo: number;
  /** Pages rolled so far; ages producers without a clock. */
  readonly rolls: number;
  readonly producers: Readonly<Record<string, ProducerEntry>>;
  /** What the tail no longer says of a producer's last batches. Written by rolls only. */
  readonly windows: Readonly<Record<string, ProducerWindow>>;
  /** Grows with every producer that leaves the head; guards admissions (docs/decisions/0003). */
  readonly evictions: number;
  /** WAL buckets below this may be deleted at any moment: no commit may point into them. */
  readonly walFloor: number;
  /** Where the log ended when the floor was raised: what comes after lies at or above the floor. */
  readonly walFloorOffset: number;
  readonly fencingToken: string | null;
  /** Takes no more commits, for ever: other partitions go on in its place. Its records stay. */
  readonly closed: boolean;
  readonly lease: Lease;
};

export const emptyHead: PartitionHead = {
  logStartOffset: 0,
  nextOffset: 0,
  tailBaseOffset: 0,
  tail: [],
  pagedMaxTimestampMs: -1,
  pagedBytes: 0,
  compactedTo: 0,
  rolls: 0,
  producers: {},
  windows: {},
  evictions: 0,
  walFloor: 0,
  walFloorOffset: 0,
  fencingToken: null,
  closed: false,
  lease: { leader: null, leaderEpoch: 0, leaseExpiresMs: 0 },
};

/** The greatest timestamp of the whole partition, -1 when it is empty. */
export function maxTimestampMs(head: PartitionHead): number {
  return head.tail.reduce((max, e) => Math.max(max, e.maxTimestampMs), head.pagedMaxTimestampMs);
}

/** A location together with the offset it got. */
export type PlacedLocation = BatchLocation & { readonly baseOffset: number };

/** The tail's locations with their offsets: the entries are in offset order without a gap. */
export function placeTail(head: PartitionHead): PlacedLocation[] {
  return placeEntries(head.tailBaseOffset, head.tail);
}

export function placeEntries(
  firstOffset: number,
  locations: readonly BatchLocation[],
): PlacedLocation[] {
  let baseOffset = firstOffset;
  return locations.map((location) => {
    const placed = { ...location, baseOffset };
    baseOffset += location.recordCount;
    return placed;
  });
}
