/**
 * Planning an append: pending batches become one object's layout and, per partition, a row of commits.
 * Arrival order is kept per producer; batches that need a commit of their own get one.
 */

import { assert } from './assert.js';
import type { ByteParts } from './byte-parts.js';
import { producersPerCommitMax, splitIntervalBytes, stampsPerCommitMax } from './limits.js';
import {
  isSamePartition,
  type PartitionRef,
  partitionName,
  type Split,
  type TailEntry,
} from './partition-head.js';
import type { ProducerStamp } from './producer-state.js';
import { type WalRange, walMagicBytes } from './wal-object.js';

/** Whose batch it is, and its place in that producer's row. */
export type BatchSequences = Omit<ProducerStamp, 'recordDelta'>;

/** A validated batch on its way into a partition. */
export type PendingBatch = {
  readonly ref: PartitionRef;
  /** Its bytes, as they came. */
  readonly parts: ByteParts;
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly maxTimestampMs: number;
  /** Undefined: the writing instance numbers the batch itself. */
  readonly producer?: BatchSequences | undefined;
  readonly expectedNextOffset?: number | undefined;
  readonly fencingToken?: string | undefined;
  /** Up to which size its topic wants flushes inline; undefined: where that is cheaper. */
  readonly inlineBytesMax?: number | undefined;
};

/** Every batch has a producer when it is committed: its client's, or the writing instance. */
export type NumberedBatch = PendingBatch & { readonly producer: BatchSequences };

/** A batch with its place in the object to be uploaded. */
export type LaidOutBatch<B extends PendingBatch> = { readonly batch: B; readonly position: number };

export type ObjectLayout<B extends PendingBatch> = {
  readonly parts: readonly Uint8Array[];
  readonly ranges: readonly WalRange[];
  readonly partitions: readonly { ref: PartitionRef; batches: readonly LaidOutBatch<B>[] }[];
};

/** Each partition's, in the order of arrival. */
export function groupByPartition<A extends { readonly ref: PartitionRef }>(
  pending: readonly A[],
): A[][] {
  const byPartition = new Map<string, A[]>();
  let [last, group]: [PartitionRef | undefined, A[]] = [undefined, []];
  for (const append of pending) {
    // Most are of the same partition as the one before: those need no name.
    if (!last || !isSamePartition(append.ref, last)) {
      const key = partitionName(append.ref);
      group = byPartition.get(key) ?? [];
      byPartition.set(key, group);
      last = append.ref;
    }
    group.push(append);
  }
  return [...byPartition.values()];
}

/** Groups by partition, in order of arrival, and places every batch. */
export function planObject<B extends PendingBatch>(pending: readonly B[]): ObjectLayout<B> {
  const parts: Uint8Array[] = [];
  const ranges: WalRange[] = [];
  const partitions: { ref: PartitionRef; batches: LaidOutBatch<B>[] }[] = [];
  let position = walMagicBytes;
  for (const group of groupByPartition(pending)) {
    const ref = (group[0] as B).ref;
    const start = position;
    const batches: LaidOutBatch<B>[] = [];
    for (const batch of group) {
      parts.push(...batch.parts);
      batches.push({ batch, position });
      position += batch.sizeBytes;
    }
    const recordCount = group.reduce((sum, batch) => sum + batch.recordCount, 0);
    ranges.push({ ...ref, position: start, sizeBytes: position - start, recordCount });
    partitions.push({ ref, batches });
  }
  return { parts, ranges, partitions };
}

/** Stands for the writing instance, which numbers its batches when they are committed. */
const unnumbered = '';

/**
 * The longest run of `batches` from the first on that one commit can carry: neighbours in the object,
 * each producer's batches following on from each other, few enough producers. A batch with a condition
 * of its own commits alone.
 */
export function takeCommittable<B extends PendingBatch>(
  batches: readonly LaidOutBatch<B>[],
): readonly LaidOutBatch<B>[] {
  const first = batches[0];
  if (!first || isConditional(first.batch)) return batches.slice(0, 1);
  const last = new Map<string, { epoch: number; nextSequence: number }>();
  let end = first.position;
  let stamps = 0;
  let lastName: string | undefined;
  for (const [index, { batch, position }] of batches.entries()) {
    const { producer } = batch;
    const name = producer?.producer ?? unnumbered;
    const before = last.get(name);
    const follows =
      !before ||
      !producer ||
      (before.epoch === producer.epoch && before.nextSequence === producer.baseSequence);
    if (name !== lastName) stamps++;
    const crowded = (!before && last.size >= producersPerCommitMax) || stamps > stampsPerCommitMax;
    if (position !== end || isConditional(batch) || !follows || crowded) {
      return batches.slice(0, index);
    }
    lastName = name;
    last.set(name, producer ?? { epoch: 0, nextSequence: 0 });
    end = position + batch.sizeBytes;
  }
  return batches;
}

function isConditional(batch: PendingBatch): boolean {
  return batch.expectedNextOffset !== undefined || batch.fencingToken !== undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A run of batches, each with its producer by now, as one location with its stamps. */
export function planEntry(
  objectKey: string,
  run: readonly LaidOutBatch<NumberedBatch>[],
): TailEntry {
  const stamps: Mutable<ProducerStamp>[] = [];
  const splits: Split[] = [];
  let [recordDelta, positionDelta, lastSplit, maxTimestampMs] = [0, 0, 0, -1];
  for (const { batch } of run) {
    if (positionDelta - lastSplit >= splitIntervalBytes) {
      splits.push({ recordDelta, positionDelta });
      lastSplit = positionDelta;
    }
    const { producer, epoch, baseSequence, nextSequence } = batch.producer;
    const last = stamps.at(-1);
    if (last?.producer === producer) {
      const follows = last.epoch === epoch && last.nextSequence === baseSequence;
      assert(follows, 'a run holds no gap between batches of one producer');
      last.nextSequence = nextSequence;
    } else {
      stamps.push({ producer, epoch, baseSequence, nextSequence, recordDelta });
    }
    recordDelta += batch.recordCount;
    positionDelta += batch.sizeBytes;
    maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs);
  }
  return {
    objectKey,
    position: run[0]?.position ?? 0,
    sizeBytes: positionDelta,
    recordCount: recordDelta,
    maxTimestampMs,
    splits,
    stamps,
  };
}
