/**
 * The partition index in LMDB. Every decision is the log's own pure function, carried out inside a
 * transaction that is on disk when the call returns.
 */

import { decideCommit } from '../../log/commit.js';
import { decodeIndexPage, encodeIndexPage } from '../../log/index-page.js';
import { decideLogStart } from '../../log/log-start.js';
import { emptyHead, type PartitionHead, type PartitionRef } from '../../log/partition-head.js';
import type { ParkedProducer } from '../../log/producer-state.js';
import { decideAdvance } from '../../log/tail-roll.js';
import type { CommitOutcome, HeadChange, PartitionIndex } from '../partition-index.js';
import type { Table, TableKey } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { HeadTable } from './head-table.js';

export type IndexTables = {
  readonly heads: HeadTable;
  /** By the offset they end at. */
  readonly pages: Table<Uint8Array>;
  readonly parked: Table<ParkedProducer>;
};

/** Runs a read, and throws what failed as StoreError. */
export type Reading = <T>(read: () => T) => T;

const removalsPerTransaction = 1_000;

/** `assertPut` throws inside a commit whose object is neither on disk nor in this transaction. */
export function createLocalIndex(
  tables: IndexTables,
  commits: GroupCommit,
  reading: Reading,
  assertPut: (objectKey: string) => void,
): PartitionIndex {
  return {
    ...partitionsOf(tables, commits),
    ...headsOf(tables, commits, reading, assertPut),
    ...pagesOf(tables, commits, reading),
    ...parkedOf(tables, commits, reading),
  };
}

function partitionsOf(
  { heads, pages, parked }: IndexTables,
  commits: GroupCommit,
): Pick<PartitionIndex, 'createPartitions' | 'deletePartitions'> {
  function setAll(refs: readonly PartitionRef[], head: PartitionHead | undefined): void {
    for (const ref of refs) heads.set(ref, head);
  }

  /** What lay below heads that are gone, in pieces, so that others get their turn. */
  async function removeAll(table: Table<unknown>, start: TableKey, end: TableKey): Promise<void> {
    let removed: number;
    do {
      removed = await commits.run(() => {
        const keys = table.keys({ start, end, countMax: removalsPerTransaction });
        const write = () => {
          for (const key of keys) table.remove(key);
        };
        return { answer: keys.length, write };
      });
    } while (removed === removalsPerTransaction);
  }

  return {
    createPartitions: (topicId, from, to) =>
      commits.run<void>(() => {
        const missing = refsOf(topicId, from, to).filter((ref) => !heads.now(ref));
        return { answer: undefined, write: () => setAll(missing, emptyHead) };
      }),
    async deletePartitions(topicId, partitionCount) {
      const refs = refsOf(topicId, 0, partitionCount);
      await commits.run<void>(() => ({
        answer: undefined,
        write: () => setAll(refs, undefined),
      }));
      await removeAll(pages, [topicId, 0], [topicId, partitionCount]);
      await removeAll(parked, [topicId, 0], [topicId, partitionCount]);
    },
  };
}

function headsOf(
  { heads }: IndexTables,
  commits: GroupCommit,
  reading: Reading,
  assertPut: (objectKey: string) => void,
): Pick<
  PartitionIndex,
  | 'commit'
  | 'readHead'
  | 'advanceTail'
  | 'setFencingToken'
  | 'closePartition'
  | 'raiseWalFloor'
  | 'raiseLogStart'
> {
  function change(
    ref: PartitionRef,
    decide: (head: PartitionHead) => PartitionHead | undefined,
  ): Promise<HeadChange> {
    return commits.run<HeadChange>(() => {
      const before = heads.now(ref);
      if (!before) return { answer: { kind: 'noPartition' } };
      const head = decide(before);
      if (!head) return { answer: { kind: 'refused', head: before } };
      return { answer: { kind: 'changed', head }, write: () => heads.set(ref, head) };
    });
  }

  return {
    commit: (ref, request) =>
      commits.run<CommitOutcome>(() => {
        const head = heads.now(ref);
        if (!head) return { answer: { kind: 'noPartition' } };
        const decision = decideCommit(head, request);
        if (decision.kind === 'refused') return { answer: { kind: 'refused', head } };
        assertPut(request.entry.objectKey);
        return { answer: decision, write: () => heads.set(ref, decision.head) };
      }),
    readHead: async (ref) => reading(() => heads.read(ref)),
    advanceTail: (ref, advance) =>
      change(ref, (head) => {
        const decision = decideAdvance(head, advance);
        return decision.kind === 'advanced' ? decision.head : undefined;
      }),
    setFencingToken: (ref, token, expected) =>
      change(ref, (head) =>
        expected === undefined || expected === head.fencingToken
          ? { ...head, fencingToken: token }
          : undefined,
      ),
    closePartition: (ref) => change(ref, (head) => ({ ...head, closed: true })),
    raiseWalFloor: (ref, walFloor) =>
      change(ref, (head) => ({ ...head, walFloor: Math.max(head.walFloor, walFloor) })),
    raiseLogStart: (ref, offset) => change(ref, (head) => decideLogStart(head, offset)),
  };
}

function pagesOf(
  { heads, pages }: IndexTables,
  commits: GroupCommit,
  reading: Reading,
): Pick<PartitionIndex, 'writePage' | 'findPages'> {
  return {
    writePage: (ref, page) =>
      commits.run<void>(() => {
        const key = pageKey(ref, page.nextOffset);
        if (!heads.now(ref) || pages.get(key)) return { answer: undefined };
        return { answer: undefined, write: () => pages.put(key, encodeIndexPage(page)) };
      }),
    findPages: async (ref, offset, pagesMax) =>
      reading(() => {
        if (!heads.read(ref)) return [];
        const end = [ref.topicId, ref.partition + 1];
        const range = { after: pageKey(ref, offset), end, countMax: Math.max(1, pagesMax) };
        return pages.values(range).map(decodeIndexPage);
      }),
  };
}

function parkedOf(
  { heads, parked }: IndexTables,
  commits: GroupCommit,
  reading: Reading,
): Pick<PartitionIndex, 'parkProducer' | 'findParkedProducer'> {
  return {
    parkProducer: (ref, producer, state) =>
      commits.run<void>(() => {
        const key = parkedKey(ref, producer);
        const before = parked.get(key);
        const newer = before !== undefined && before.lastBaseOffset > state.lastBaseOffset;
        if (!heads.now(ref) || newer) return { answer: undefined };
        return { answer: undefined, write: () => parked.put(key, state) };
      }),
    findParkedProducer: async (ref, producer) =>
      reading(() => (heads.read(ref) ? parked.get(parkedKey(ref, producer)) : undefined)),
  };
}

function refsOf(topicId: string, from: number, to: number): PartitionRef[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => ({
    topicId,
    partition: from + i,
  }));
}

function pageKey({ topicId, partition }: PartitionRef, nextOffset: number): TableKey {
  return [topicId, partition, nextOffset];
}

function parkedKey({ topicId, partition }: PartitionRef, producer: string): TableKey {
  return [topicId, partition, producer];
}
