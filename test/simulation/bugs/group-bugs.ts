/**
 * Deliberate bugs of consumer groups: fences that hold nobody off, partitions with two owners, members who are
 * never missed, and offsets that go back.
 */

import type { Group } from '../../../lib/coordinator/group.js';
import type { GroupStore } from '../../../lib/store/group-store.js';
import type { Stores } from '../../../lib/store/stores.js';
import type { Bug } from './bug.js';

function withGroups(stores: Stores, change: (groups: GroupStore) => Partial<GroupStore>): Stores {
  return { ...stores, groups: { ...stores.groups, ...change(stores.groups) } };
}

/** What is swapped in is another group than was decided on. */
function swapping(change: (next: Group) => Group): (stores: Stores) => Stores {
  return (stores) =>
    withGroups(stores, (groups) => ({
      compareAndSwap: (groupId, expected, next) =>
        groups.compareAndSwap(groupId, expected, change(next)),
    }));
}

const forEver = Number.MAX_SAFE_INTEGER;

const bugs: readonly Bug[] = [
  {
    name: 'commit-not-fenced',
    what: 'a commit does not ask whether its partition was handed on since it looked at the group',
    anomalies: ['through-the-fence', 'zombie-commit'],
    stores: (stores) =>
      withGroups(stores, (groups) => ({
        commitOffsets: (uid, terms, commits) =>
          groups.commitOffsets(uid, { ...terms, epoch: forEver }, commits),
      })),
  },
  {
    name: 'fence-not-raised',
    what: 'the fence of a partition that is handed on is not raised, though the store says so',
    anomalies: ['through-the-fence', 'zombie-commit'],
    stores: (stores) =>
      withGroups(stores, (groups) => ({
        async raiseFences(uid, refs, epoch) {
          const known = await groups.fetchOffsets(uid);
          const fresh = refs.filter(
            ({ partition }) => !known.some(({ ref }) => ref.partition === partition),
          );
          if (fresh.length > 0) await groups.raiseFences(uid, fresh, epoch);
          return 'raised';
        },
      })),
  },
  {
    name: 'given-before-let-go',
    what: 'a partition goes to its new owner before the old one has given it up',
    anomalies: ['two-owners', 'no-fence'],
    instanceStores: swapping((next) => ({
      ...next,
      topics: next.topics.map((topic) => ({
        ...topic,
        slots: topic.slots.map((slot) =>
          slot.owner === null || slot.target === null || slot.owner === slot.target
            ? slot
            : { ...slot, owner: slot.target, sinceEpoch: next.epoch },
        ),
      })),
    })),
  },
  {
    name: 'group-swapped-without-condition',
    what: 'a decision about a group is written though somebody else was faster',
    anomalies: ['two-owners', 'two-committers'],
    stores: (stores) =>
      withGroups(stores, (groups) => ({
        async compareAndSwap(groupId, _expected, next) {
          return groups.compareAndSwap(groupId, await groups.read(groupId), next);
        },
      })),
  },
  {
    name: 'session-timeout-ignored',
    what: 'who is silent for longer than its session stays a member',
    anomalies: ['orphaned-partition'],
    instanceStores: swapping((next) => ({
      ...next,
      members: next.members.map((member) => ({ ...member, sessionTimeoutMs: forEver })),
    })),
  },
  {
    name: 'clock-ahead-believed',
    what: 'a member that was seen by a clock far ahead is not missed until all clocks get there',
    anomalies: ['orphaned-partition'],
    stores: (stores) =>
      withGroups(stores, (groups) => ({
        async compareAndSwap(groupId, expected, next) {
          const before = await groups.read(groupId);
          const seen = new Map(before?.members.map((one) => [one.memberId, one.seenMs]));
          const members = next.members.map((one) => ({
            ...one,
            seenMs: Math.max(one.seenMs, seen.get(one.memberId) ?? 0),
          }));
          return groups.compareAndSwap(groupId, expected, { ...next, members });
        },
      })),
  },
  {
    name: 'commit-goes-back',
    what: 'a commit that arrives once more, and late, is written over a greater one',
    anomalies: ['commit-moved-back'],
    stores: (stores, { random, world }) =>
      withGroups(stores, (groups) => ({
        commitOffsets(uid, terms, commits) {
          const commit = () => groups.commitOffsets(uid, { ...terms, by: 'reset' }, commits);
          if (random() < 0.1) void world.clock.sleep(2_000).then(commit);
          return commit();
        },
      })),
  },
  {
    name: 'commit-not-stored',
    what: 'a commit is acknowledged, but one in ten is never written',
    anomalies: ['commit-moved-back'],
    stores: (stores, { random }) =>
      withGroups(stores, (groups) => ({
        commitOffsets: async (uid, terms, commits) =>
          random() < 0.1
            ? commits.map(() => ({ kind: 'committed' }) as const)
            : groups.commitOffsets(uid, terms, commits),
      })),
  },
];

export const groupBugs: readonly Bug[] = bugs.map((bug) => ({ ...bug, groupAlone: true }));
