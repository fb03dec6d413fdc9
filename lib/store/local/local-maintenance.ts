/**
 * The leader's part of the partition index in LMDB: the lease, pages replaced by wider ones, what is deleted
 * for good, and the leader's notes.
 */

import { encodeIndexPage } from '../../log/index-page.js';
import { decideLease, decideRelease, decideRenewal } from '../../log/lease.js';
import { decideReplacement } from '../../log/page-replacement.js';
import type { PartitionRef } from '../../log/partition-head.js';
import type { PartitionMaintenance } from '../partition-maintenance.js';
import type { GroupCommit } from './group-commit.js';
import { changeOf, type IndexTables, pageKey } from './index-tables.js';
import type { Reading } from './reading.js';

export function createLocalMaintenance(
  { heads, pages, notes }: IndexTables,
  commits: GroupCommit,
  reading: Reading,
): Omit<PartitionMaintenance, 'sweepPartition'> {
  const change = changeOf(heads, commits);
  const notesKey = ({ topicId, partition }: PartitionRef) => [topicId, partition] as const;
  return {
    takeLease: (ref, request) => change(ref, (head) => decideLease(head, request)),
    renewLease: (ref, leadership, leaseExpiresMs) =>
      change(ref, (head) => decideRenewal(head, leadership, leaseExpiresMs)),
    releaseLease: (ref, leadership) => change(ref, (head) => decideRelease(head, leadership)),
    async replacePages(ref, leadership, replacement) {
      const { page, replaces = [] } = replacement;
      const { kind } = await change(
        ref,
        (head) => decideReplacement(head, leadership, replacement),
        () => {
          for (const end of replaces) pages.remove(pageKey(ref, end));
          pages.put(pageKey(ref, page.nextOffset), encodeIndexPage(page));
        },
      );
      return kind === 'changed' ? 'replaced' : kind;
    },
    deletePages: (ref, ends) =>
      commits.run<void>(() => ({
        answer: undefined,
        write: () => {
          for (const end of ends) pages.remove(pageKey(ref, end));
        },
      })),
    readNotes: async (ref) =>
      reading(() => (heads.read(ref) ? notes.get(notesKey(ref))?.text : undefined)),
    writeNotes: (ref, leaderEpoch, text) =>
      commits.run<boolean>(() => {
        const before = notes.get(notesKey(ref));
        const newer = before !== undefined && before.leaderEpoch > leaderEpoch;
        if (!heads.now(ref) || newer) return { answer: false };
        return { answer: true, write: () => notes.put(notesKey(ref), { leaderEpoch, text }) };
      }),
  };
}
