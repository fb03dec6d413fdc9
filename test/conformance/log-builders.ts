/**
 * Short ways to commit to and roll a partition in the conformance suite, and to read back all that an
 * index says of it.
 */

import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Admission, CommitRequest } from '../../lib/log/commit.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import type { PartitionHead, PartitionRef, TailEntry } from '../../lib/log/partition-head.js';
import type { ProducerStamp } from '../../lib/log/producer-state.js';
import type { TailRoll } from '../../lib/log/tail-roll.js';
import type { PartitionIndex } from '../../lib/store/partition-index.js';

export const walBucket = 2026112307;

export function walKey(): string {
  return `wal/${walBucket}/${randomUUID()}`;
}

/** Every entry is in an object of its own, so that none are coalesced and each can be told apart. */
export function entry(recordCount = 1, stamps: readonly ProducerStamp[] = []): TailEntry {
  return {
    objectKey: walKey(),
    position: 4,
    sizeBytes: 100 * recordCount,
    recordCount,
    maxTimestampMs: 1_790_000_000_000,
    splits: [],
    stamps,
  };
}

export function stamp(producer: string, baseSequence: number, count = 1, epoch = 0): ProducerStamp {
  const nextSequence = baseSequence + count;
  return { producer, epoch, baseSequence, nextSequence, recordDelta: 0 };
}

export function request(of: TailEntry, more: Partial<CommitRequest> = {}): CommitRequest {
  return { entry: of, walBucket, admissions: {}, ...more };
}

/** For producers that never wrote to the partition. */
export function firstAdmission(head: PartitionHead): Admission {
  return { evictions: head.evictions, parked: null };
}

export async function newPartition(index: PartitionIndex): Promise<PartitionRef> {
  const topicId = randomUUID();
  await index.createPartitions(topicId, 0, 1);
  return { topicId, partition: 0 };
}

export async function headOf(index: PartitionIndex, ref: PartitionRef): Promise<PartitionHead> {
  const head = await index.readHead(ref);
  if (!head) throw new Error('the partition is not there');
  return head;
}

/** Commits, and expects it to be taken. */
export async function commit(
  index: PartitionIndex,
  ref: PartitionRef,
  of: TailEntry,
  more: Partial<CommitRequest> = {},
): Promise<{ baseOffset: number; head: PartitionHead }> {
  const outcome = await index.commit(ref, request(of, more));
  if (outcome.kind !== 'committed') throw new Error(`the commit was ${outcome.kind}`);
  return outcome;
}

/** Commits one record each, several at once, and returns them in offset order. */
export async function commitMany(
  index: PartitionIndex,
  ref: PartitionRef,
  count: number,
): Promise<TailEntry[]> {
  const placed = await Promise.all(
    Array.from({ length: count }, async () => {
      const of = entry();
      const { baseOffset } = await commit(index, ref, of);
      return { baseOffset, of };
    }),
  );
  return placed.sort((a, b) => a.baseOffset - b.baseOffset).map(({ of }) => of);
}

/** All steps of a roll, in their order. Says whether the head took it. */
export async function carryOut(
  index: PartitionIndex,
  ref: PartitionRef,
  roll: TailRoll,
): Promise<boolean> {
  for (const [producer, state] of Object.entries(roll.park)) {
    await index.parkProducer(ref, producer, state);
  }
  await index.writePage(ref, roll.page);
  return (await index.advanceTail(ref, roll.advance)).kind === 'changed';
}

/**
 * Expects pages and tail to cover the log without gap or overlap; returns its objects in order. A page
 * that ends beyond the tail's base is of a roll that its roller did not finish, and does not count.
 */
export async function wholeLog(index: PartitionIndex, ref: PartitionRef): Promise<string[]> {
  const head = await headOf(index, ref);
  const pages: IndexPage[] = [];
  for (let offset = 0; ; ) {
    const found = await index.findPages(ref, offset, 4);
    pages.push(...found.filter(({ nextOffset }) => nextOffset <= head.tailBaseOffset));
    offset = found.at(-1)?.nextOffset ?? 0;
    if (found.length === 0) break;
  }
  let covered = 0;
  for (const page of pages) {
    expect(page.baseOffset).toBe(covered);
    covered = page.nextOffset;
  }
  expect(head.tailBaseOffset).toBe(covered);
  expect(covered + head.tail.reduce((sum, of) => sum + of.recordCount, 0)).toBe(head.nextOffset);
  const locations = [...pages.flatMap((page) => page.locations), ...head.tail];
  return locations.map(({ objectKey }) => objectKey);
}
