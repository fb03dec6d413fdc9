/**
 * Consumer groups and their offsets in LMDB. Every decision is the coordinator's own pure function,
 * carried out inside a transaction that is on disk when the call returns.
 */

import {
  decideCommitOffset,
  decideRaiseFence,
  type OffsetEntry,
} from '../../coordinator/committed-offset.js';
import type { Group } from '../../coordinator/group.js';
import { decodeGroup, encodeGroup } from '../../coordinator/group-format.js';
import type { PartitionRef } from '../../log/partition-head.js';
import type { CommittedOffset, GroupStore, GroupVersion, OffsetOutcome } from '../group-store.js';
import type { Table, TableKey } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { Reading } from './reading.js';

export type GroupTables = {
  readonly groups: Table<Uint8Array>;
  /** By uid, topic id and partition. */
  readonly offsets: Table<StoredOffset>;
};

export type StoredOffset = OffsetEntry & { readonly ref: PartitionRef };

const removalsPerTransaction = 1_000;
const entriesMax = 1_000_000;
const partitionEnd = 2 ** 31;
const topicIdEnd = '~';

export function createLocalGroups(
  { groups, offsets }: GroupTables,
  commits: GroupCommit,
  reading: Reading,
): GroupStore {
  const groupOf = (groupId: string): Group | undefined => {
    const bytes = groups.get(groupId);
    return bytes && decodeGroup(bytes);
  };
  const isAt = (groupId: string, expected: GroupVersion | undefined) => {
    const group = groupOf(groupId);
    return group?.uid === expected?.uid && group?.epoch === expected?.epoch;
  };

  /** In pieces, so that others get their turn. Nobody can name these any more. */
  async function removeOffsets(uid: string): Promise<void> {
    let removed: number;
    do {
      removed = await commits.run(() => {
        const keys = offsets.keys({ ...rangeOf(uid), countMax: removalsPerTransaction });
        return {
          answer: keys.length,
          write: () => keys.forEach((key) => void offsets.remove(key)),
        };
      });
    } while (removed === removalsPerTransaction);
  }

  return {
    read: async (groupId) => reading(() => groupOf(groupId)),
    compareAndSwap: (groupId, expected, next) =>
      commits.run<'swapped' | 'conflict'>(() =>
        isAt(groupId, expected)
          ? { answer: 'swapped', write: () => groups.put(groupId, encodeGroup(next)) }
          : { answer: 'conflict' },
      ),
    async delete(groupId, expected) {
      const outcome = await commits.run<'deleted' | 'conflict'>(() =>
        groups.get(groupId) === undefined || isAt(groupId, expected)
          ? { answer: 'deleted', write: () => groups.remove(groupId) }
          : { answer: 'conflict' },
      );
      if (outcome === 'deleted') await removeOffsets(expected.uid);
      return outcome;
    },
    list: async (countMax, after) =>
      reading(() => {
        const found = groups.keys({
          ...(after !== undefined && { after }),
          countMax: countMax + 1,
        }) as string[];
        const groupIds = found.slice(0, countMax);
        const last = groupIds.at(-1);
        return found.length > countMax && last !== undefined
          ? { groupIds, after: last }
          : { groupIds };
      }),
    raiseFences: (uid, refs, epoch) =>
      commits.run<'raised' | 'overtaken'>(() => {
        const raised = refs.flatMap((ref): StoredOffset[] => {
          const entry = decideRaiseFence(offsets.get(keyOf(uid, ref)), epoch);
          return entry ? [{ ...entry, ref }] : [];
        });
        return {
          answer: raised.length === refs.length ? 'raised' : 'overtaken',
          write: () => raised.forEach((entry) => void offsets.put(keyOf(uid, entry.ref), entry)),
        };
      }),
    commitOffsets: (uid, terms, asked) =>
      commits.run<readonly OffsetOutcome[]>(() => {
        const decisions = asked.map(({ ref, committed }) => ({
          ref,
          decision: decideCommitOffset(offsets.get(keyOf(uid, ref)), terms, committed),
        }));
        return {
          answer: decisions.map(({ decision }) =>
            decision.kind === 'committed' ? { kind: 'committed' } : decision,
          ),
          write() {
            for (const { ref, decision } of decisions) {
              if (decision.kind !== 'committed') continue;
              offsets.put(keyOf(uid, ref), { ...decision.entry, ref });
            }
          },
        };
      }),
    fetchOffsets: async (uid, topicId) =>
      reading(() =>
        offsets
          .values({ ...rangeOf(uid, topicId), countMax: entriesMax })
          .flatMap(({ ref, committed }): CommittedOffset[] =>
            committed ? [{ ref, ...committed }] : [],
          ),
      ),
    deleteOffsets: (uid, refs, epoch) =>
      commits.run<readonly ('deleted' | 'fenced')[]>(() => {
        const fenced = (ref: PartitionRef) => (offsets.get(keyOf(uid, ref))?.fence ?? 0) > epoch;
        const free = refs.filter((ref) => !fenced(ref));
        return {
          answer: refs.map((ref) => (fenced(ref) ? 'fenced' : 'deleted')),
          write: () => free.forEach((ref) => void offsets.remove(keyOf(uid, ref))),
        };
      }),
  };
}

function keyOf(uid: string, { topicId, partition }: PartitionRef): TableKey {
  return [uid, topicId, partition];
}

/** Ids are hexadecimal: nothing in them is beyond "~". */
function rangeOf(uid: string, topicId?: string): { start: TableKey; end: TableKey } {
  return topicId === undefined
    ? { start: [uid], end: [uid, topicIdEnd] }
    : { start: [uid, topicId, 0], end: [uid, topicId, partitionEnd] };
}
