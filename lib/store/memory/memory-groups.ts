/**
 * The exact twin of the other group stores, in memory.
 */

import {
  decideCommitOffset,
  decideRaiseFence,
  type OffsetEntry,
} from '../../coordinator/committed-offset.js';
import type { Group } from '../../coordinator/group.js';
import { type PartitionRef, partitionName } from '../../log/partition-head.js';
import type {
  CommittedOffset,
  GroupStore,
  GroupVersion,
  OffsetCommit,
  OffsetOutcome,
} from '../group-store.js';

type Entries = Map<string, { readonly ref: PartitionRef; readonly entry: OffsetEntry }>;

export function createMemoryGroups(): GroupStore {
  const groups = new Map<string, Group>();
  const offsets = new Map<string, Entries>();
  const isAt = (group: Group | undefined, expected: GroupVersion | undefined) =>
    group?.uid === expected?.uid && group?.epoch === expected?.epoch;

  function entriesOf(uid: string): Entries {
    const found = offsets.get(uid);
    if (found) return found;
    const fresh: Entries = new Map();
    offsets.set(uid, fresh);
    return fresh;
  }

  return {
    read: async (groupId) => groups.get(groupId),
    async compareAndSwap(groupId, expected, next) {
      if (!isAt(groups.get(groupId), expected)) return 'conflict';
      groups.set(groupId, next);
      return 'swapped';
    },
    async delete(groupId, expected) {
      const found = groups.get(groupId);
      if (found && !isAt(found, expected)) return 'conflict';
      groups.delete(groupId);
      offsets.delete(expected.uid);
      return 'deleted';
    },
    async list(countMax, after) {
      const all = [...groups.keys()].sort().filter((id) => after === undefined || id > after);
      const groupIds = all.slice(0, countMax);
      const last = groupIds.at(-1);
      return all.length > countMax && last !== undefined ? { groupIds, after: last } : { groupIds };
    },
    async raiseFences(uid, refs, epoch) {
      const entries = entriesOf(uid);
      const raised = refs.map((ref) =>
        decideRaiseFence(entries.get(partitionName(ref))?.entry, epoch),
      );
      for (const [i, ref] of refs.entries()) {
        const entry = raised[i];
        if (entry) entries.set(partitionName(ref), { ref, entry });
      }
      return raised.includes(undefined) ? 'overtaken' : 'raised';
    },
    async commitOffsets(uid, terms, commits) {
      const entries = entriesOf(uid);
      return commits.map(({ ref, committed }: OffsetCommit): OffsetOutcome => {
        const decision = decideCommitOffset(
          entries.get(partitionName(ref))?.entry,
          terms,
          committed,
        );
        if (decision.kind !== 'committed') return decision;
        entries.set(partitionName(ref), { ref, entry: decision.entry });
        return { kind: 'committed' };
      });
    },
    async fetchOffsets(uid, topicId) {
      const found = [...entriesOf(uid).values()].flatMap(
        ({ ref, entry: { committed } }): CommittedOffset[] =>
          committed && (topicId === undefined || ref.topicId === topicId)
            ? [{ ref, ...committed }]
            : [],
      );
      return found.sort((a, b) => compareRefs(a.ref, b.ref));
    },
    async deleteOffsets(uid, refs, epoch) {
      const entries = entriesOf(uid);
      return refs.map((ref) => {
        if ((entries.get(partitionName(ref))?.entry.fence ?? 0) > epoch) return 'fenced';
        entries.delete(partitionName(ref));
        return 'deleted';
      });
    },
  };
}

function compareRefs(a: PartitionRef, b: PartitionRef): number {
  if (a.topicId !== b.topicId) return a.topicId < b.topicId ? -1 : 1;
  return a.partition - b.partition;
}
