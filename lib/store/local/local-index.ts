/**
 * The partition index in LMDB. Every decision is the log's own pure function, carried out inside a
 * transaction that is on disk when the call returns.
 */

import { decideCommit } from '../../log/commit.js';
import { decodeIndexPage, encodeIndexPage } from '../../log/index-page.js';
import { decideLogStart } from '../../log/log-start.js';
import { emptyHead, type PartitionHead, type PartitionRef } from '../../log/partition-head.js';
import { decideAdvance } from '../../log/tail-roll.js';
import { decideWalFloor } from '../../log/wal-floor.js';
import type { CommitOutcome, PartitionIndex } from '../partition-index.js';
import type { Table, TableKey } from './database.js';
import type { GroupCommit } from './group-commit.js';
import { changeOf, type IndexTables, pageKey } from './index-tables.js';
import { createLocalMaintenance } from './local-maintenance.js';
import type { Reading } from './reading.js';

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
    ...createLocalMaintenance(tables, commits, reading),
    ...parkedOf(tables, commits, reading),
  };
}

function partitionsOf(
  { heads, pages, parked, notes }: IndexTables,
  commits: GroupCommit,
): Pick<PartitionIndex, 'createPartitions' | 'deletePartitions' | 'sweepPartition'> {
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

  async function removeBelow(topicId: string, from: number, to: number): Promise<void> {
    for (const table of [pages, parked, notes] as Table<unknown>[]) {
      await removeAll(table, [topicId, from], [topicId, to]);
    }
  }

  return {
    createPartitions: (topicId, from, to, walFloor = 0) =>
      commits.run<void>(() => {
        const write = () => {
          for (const ref of refsOf(topicId, from, to)) {
            heads.set(ref, decideWalFloor(heads.now(ref) ?? { ...emptyHead, walFloor }, walFloor));
          }
        };
        return { answer: undefined, write };
      }),
    async deletePartitions(topicId, partitionCount) {
      const refs = refsOf(topicId, 0, partitionCount);
      await commits.run<void>(() => ({
        answer: undefined,
        write: () => setAll(refs, undefined),
      }));
      await removeBelow(topicId, 0, partitionCount);
    },
    // Again, should the process have been stopped in the midst of the deletion.
    sweepPartition: ({ topicId, partition }) => removeBelow(topicId, partition, partition + 1),
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
  const change = changeOf(heads, commits);
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
    raiseWalFloor: (ref, walFloor) => change(ref, (head) => decideWalFloor(head, walFloor)),
    raiseLogStart: (ref, offset, leadership) =>
      change(ref, (head) => decideLogStart(head, offset, leadership)),
    closePartition: (ref) => change(ref, (head) => ({ ...head, closed: true })),
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

function parkedKey({ topicId, partition }: PartitionRef, producer: string): TableKey {
  return [topicId, partition, producer];
}
