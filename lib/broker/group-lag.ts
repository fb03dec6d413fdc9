/**
 * How far a group is behind, partition by partition: in records, and in time. The time is the age of the
 * newest record in the batches that hold the next record to read, so it needs no read of any object.
 */

import type { Group } from '../coordinator/group.js';
import { type PartitionHead, type PartitionRef, partitionName } from '../log/partition-head.js';
import type { CommittedOffset } from '../store/group-store.js';
import type { Stores } from '../store/stores.js';
import { IndexMoved, locate } from './read-batches.js';

export type PartitionLag = {
  readonly topic: string;
  readonly ref: PartitionRef;
  readonly memberId: string | null;
  /** Null where nothing is committed: then there is no lag either. */
  readonly committed: CommittedOffset | null;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly lag: number | null;
  /** 0 when nothing is left to read. */
  readonly lagMs: number | null;
};

const readsMax = 16;

/** Partitions that somebody owns or committed, in order of topics. */
export async function lagOf(
  stores: Stores,
  group: Group,
  committed: readonly CommittedOffset[],
  nowMs: number,
): Promise<readonly PartitionLag[]> {
  const rows = rowsOf(group, committed);
  const found: PartitionLag[] = [];
  for (let i = 0; i < rows.length; i += readsMax) {
    const some = rows.slice(i, i + readsMax).map((row) => measure(stores, row, nowMs));
    found.push(...(await Promise.all(some)).filter((one) => one !== undefined));
  }
  return found;
}

type Row = Pick<PartitionLag, 'topic' | 'ref' | 'memberId' | 'committed'>;

function rowsOf(group: Group, committed: readonly CommittedOffset[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { name: topic, topicId, slots } of group.topics) {
    for (const [partition, { owner: memberId }] of slots.entries()) {
      const ref = { topicId, partition };
      rows.set(partitionName(ref), { topic, ref, memberId, committed: null });
    }
  }
  for (const one of committed) {
    const { ref, topic } = one;
    const memberId = rows.get(partitionName(ref))?.memberId ?? null;
    rows.set(partitionName(ref), { topic, ref, memberId, committed: one });
  }
  return [...rows.values()].sort((a, b) =>
    a.topic === b.topic ? a.ref.partition - b.ref.partition : a.topic < b.topic ? -1 : 1,
  );
}

/** Undefined when the partition is gone. */
async function measure(stores: Stores, row: Row, nowMs: number): Promise<PartitionLag | undefined> {
  const head = await stores.index.readHead(row.ref);
  if (!head) return undefined;
  const { logStartOffset, nextOffset: highWatermark } = head;
  const ends = { ...row, logStartOffset, highWatermark };
  if (!row.committed) return { ...ends, lag: null, lagMs: null };
  const offset = Math.max(logStartOffset, row.committed.offset);
  const lag = Math.max(0, highWatermark - offset);
  if (lag === 0) return { ...ends, lag, lagMs: 0 };
  const newestMs = await newestNextMs(stores, row.ref, head, offset);
  const lagMs = newestMs === undefined ? null : Math.max(0, nowMs - newestMs);
  return { ...ends, lag, lagMs };
}

/** Undefined while the index is ahead of the head: the next look tells, and the other rows are told now. */
async function newestNextMs(
  stores: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
): Promise<number | undefined> {
  try {
    const locations = await locate(stores, ref, head, offset, 1);
    // Where all was compacted away nothing is left to read.
    const next = locations.find(({ sizeBytes }) => sizeBytes > 0) ?? locations[0];
    return next?.maxTimestampMs;
  } catch (error) {
    if (error instanceof IndexMoved) return undefined;
    throw error;
  }
}
