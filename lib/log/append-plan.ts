/**
 * Planning an append: pending batches become one object's layout and, per partition, a row of commits.
 * Arrival order is kept per producer; batches that need a commit of their own get one.
 */

import { producersPerCommitMax, splitIntervalBytes } from './limits.js';
import type { BatchLocation, PartitionRef, Split } from './partition-head.js';
import type { ProducerStamp } from './producer-state.js';
import { type WalRange, walMagicBytes } from './wal-object.js';

/** A validated batch on its way into a partition. */
export type PendingBatch = {
  readonly ref: PartitionRef;
  readonly bytes: Uint8Array;
  readonly recordCount: number;
  readonly maxTimestampMs: number;
  /** Undefined: the writing instance numbers the batch itself. */
  readonly producer?: Omit<ProducerStamp, 'recordDelta'>;
  readonly expectedNextOffset?: number;
  readonly fencingToken?: string;
};

/** A batch with its place in the object to be uploaded. */
export type LaidOutBatch<B extends PendingBatch> = { readonly batch: B; readonly position: number };

export type ObjectLayout<B extends PendingBatch> = {
  readonly parts: readonly Uint8Array[];
  readonly ranges: readonly WalRange[];
  readonly partitions: readonly { ref: PartitionRef; batches: readonly LaidOutBatch<B>[] }[];
};

/** Groups by partition, in order of arrival, and places every batch. */
export function planObject<B extends PendingBatch>(pending: readonly B[]): ObjectLayout<B> {
  const byPartition = new Map<string, B[]>();
  for (const batch of pending) {
    const key = `${batch.ref.topicId}/${batch.ref.partition}`;
    const group = byPartition.get(key);
    if (group) group.push(batch);
    else byPartition.set(key, [batch]);
  }
  const parts: Uint8Array[] = [];
  const ranges: WalRange[] = [];
  const partitions: { ref: PartitionRef; batches: LaidOutBatch<B>[] }[] = [];
  let position = walMagicBytes;
  for (const group of byPartition.values()) {
    const ref = (group[0] as B).ref;
    const start = position;
    const batches: LaidOutBatch<B>[] = [];
    for (const batch of group) {
      parts.push(batch.bytes);
      batches.push({ batch, position });
      position += batch.bytes.length;
    }
    const recordCount = group.reduce((sum, batch) => sum + batch.recordCount, 0);
    ranges.push({ ...ref, position: start, sizeBytes: position - start, recordCount });
    partitions.push({ ref, batches });
  }
  return { parts, ranges, partitions };
}

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
  for (const [index, { batch, position }] of batches.entries()) {
    const { producer } = batch;
    const before = producer && last.get(producer.producer);
    const follows =
      !before || (before.epoch === producer.epoch && before.nextSequence === producer.baseSequence);
    const crowded = producer && !before && last.size >= producersPerCommitMax - 1;
    if (position !== end || isConditional(batch) || !follows || crowded) {
      return batches.slice(0, index);
    }
    if (producer) last.set(producer.producer, producer);
    end = position + batch.bytes.length;
  }
  return batches;
}

function isConditional(batch: PendingBatch): boolean {
  return batch.expectedNextOffset !== undefined || batch.fencingToken !== undefined;
}

/** The instance's own sequence numbers count commits' runs, not records. */
export type OwnProducer = {
  readonly producer: string;
  readonly epoch: number;
  readonly nextSequence: number;
};

/** One commit's location and stamps; batches without a producer become runs of the instance's own. */
export function planEntry(
  objectKey: string,
  run: readonly LaidOutBatch<PendingBatch>[],
  own: OwnProducer,
): {
  readonly location: BatchLocation;
  readonly stamps: readonly ProducerStamp[];
  readonly own: OwnProducer;
} {
  const position = run[0]?.position ?? 0;
  const stamps: ProducerStamp[] = [];
  const splits: Split[] = [];
  let [recordDelta, positionDelta, lastSplit, ownNext] = [0, 0, 0, own.nextSequence];
  let maxTimestampMs = -1;
  for (const { batch } of run) {
    if (positionDelta - lastSplit >= splitIntervalBytes) {
      splits.push({ recordDelta, positionDelta });
      lastSplit = positionDelta;
    }
    const last = stamps.at(-1);
    const name = batch.producer?.producer ?? own.producer;
    if (last?.producer === name) {
      const nextSequence = batch.producer?.nextSequence ?? last.nextSequence;
      stamps[stamps.length - 1] = { ...last, nextSequence };
    } else if (batch.producer) {
      stamps.push({ ...batch.producer, recordDelta });
    } else {
      const { producer, epoch } = own;
      const nextSequence = ownNext + 1;
      stamps.push({ producer, epoch, baseSequence: ownNext, nextSequence, recordDelta });
      ownNext = nextSequence;
    }
    recordDelta += batch.recordCount;
    positionDelta += batch.bytes.length;
    maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs);
  }
  return {
    location: {
      objectKey,
      position,
      sizeBytes: positionDelta,
      recordCount: recordDelta,
      maxTimestampMs,
      splits,
    },
    stamps,
    own: { ...own, nextSequence: ownNext },
  };
}
