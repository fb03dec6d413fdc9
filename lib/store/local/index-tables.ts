/**
 * The tables that hold the partition index, and the one way in which a head is changed: by a pure decision,
 * inside a transaction, together with what else it decides.
 */

import type { PartitionHead, PartitionRef } from '../../log/partition-head.js';
import type { ParkedProducer } from '../../log/producer-state.js';
import type { HeadChange } from '../partition-index.js';
import type { Table, TableKey } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { HeadTable } from './head-table.js';

export type IndexTables = {
  readonly heads: HeadTable;
  /** By the offset they end at. */
  readonly pages: Table<Uint8Array>;
  readonly parked: Table<ParkedProducer>;
  readonly notes: Table<Notes>;
};

export type Notes = { readonly leaderEpoch: number; readonly text: string };

export function pageKey({ topicId, partition }: PartitionRef, nextOffset: number): TableKey {
  return [topicId, partition, nextOffset];
}

type Decide = (head: PartitionHead) => PartitionHead | undefined;

/** Changes a head by a pure decision; `also` is written along. */
export function changeOf(heads: HeadTable, commits: GroupCommit) {
  return (ref: PartitionRef, decide: Decide, also: () => void = () => {}): Promise<HeadChange> =>
    commits.run<HeadChange>(() => {
      const before = heads.now(ref);
      if (!before) return { answer: { kind: 'noPartition' } };
      const head = decide(before);
      if (!head) return { answer: { kind: 'refused', head: before } };
      const write = () => {
        heads.set(ref, head);
        also();
      };
      return { answer: { kind: 'changed', head }, write };
    });
}
