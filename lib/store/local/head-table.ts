/**
 * Heads, with the ones in use kept decoded. What a transaction changes is seen by its own decisions at
 * once, and by readers when it is on disk.
 */

import { keepNewest } from '../../log/keep-newest.js';
import { type PartitionHead, type PartitionRef, partitionName } from '../../log/partition-head.js';
import type { Table } from './database.js';
import type { Companion } from './group-commit.js';
import { decodeHead, encodeHead } from './head-format.js';

export type HeadTable = Omit<Companion, 'begin'> & {
  /** As it is on disk. */
  read(ref: PartitionRef): PartitionHead | undefined;
  /** As it is after the decisions so far; only inside a transaction. */
  now(ref: PartitionRef): PartitionHead | undefined;
  /** Undefined removes it; only inside a transaction. */
  set(ref: PartitionRef, head: PartitionHead | undefined): void;
};

type Change = { readonly ref: PartitionRef; readonly head: PartitionHead | undefined };

const headsInMemoryMax = 1_024;

export function createHeadTable(table: Table<string>): HeadTable {
  /** The least recently used first. */
  const known = new Map<string, PartitionHead>();
  const changes = new Map<string, Change>();
  const keyOf = ({ topicId, partition }: PartitionRef) => [topicId, partition] as const;

  function remember(name: string, head: PartitionHead): void {
    keepNewest(known, name, head, headsInMemoryMax);
  }

  function read(ref: PartitionRef): PartitionHead | undefined {
    const name = partitionName(ref);
    const found = known.get(name);
    if (found) {
      remember(name, found);
      return found;
    }
    const text = table.get(keyOf(ref));
    if (text === undefined) return undefined;
    const head = decodeHead(text);
    remember(name, head);
    return head;
  }

  return {
    read,
    now(ref) {
      const change = changes.get(partitionName(ref));
      return change ? change.head : read(ref);
    },
    set: (ref, head) => void changes.set(partitionName(ref), { ref, head }),
    prepare() {
      for (const { ref, head } of changes.values()) {
        if (head) table.put(keyOf(ref), encodeHead(head));
        else table.remove(keyOf(ref));
      }
    },
    committed() {
      for (const [name, { head }] of changes) {
        if (head) remember(name, head);
        else known.delete(name);
      }
      changes.clear();
    },
    aborted: () => changes.clear(),
  };
}
