/**
 * Committed offsets of groups: committed by members for what they own, or from outside while there are no
 * members; fetched, deleted, expired. Who commits looked at the group first; the fence beside each offset
 * refuses what was overtaken meanwhile (docs/decisions/0007).
 */

import { type Committer, committerProblem, ownsInEpoch } from '../coordinator/commit-fence.js';
import type { CommitTerms, Committed } from '../coordinator/committed-offset.js';
import { type Group, newGroup } from '../coordinator/group.js';
import type { GroupSettings } from '../coordinator/group-limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { CommittedOffset, OffsetOutcome } from '../store/group-store.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { BrokerError } from './broker-error.js';
import { checkGroupId, findGroup } from './find-group.js';
import type { GroupSwaps } from './group-swaps.js';
import {
  changing,
  checkCommits,
  noPartition,
  notOwned,
  offsetErrorOf,
  subscribed,
} from './offset-errors.js';

export type NewCommit = {
  readonly topic: string;
  /** If given, the topic must be that one, and not another that was made under its name since. */
  readonly topicId?: string | undefined;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
};

/** What became of one partition; `error` is undefined when it was done. */
export type OffsetResult = {
  readonly topic: string;
  readonly partition: number;
  readonly error?: BrokerError;
};

export type GroupOffsets = {
  /** `committer` null: from outside, which makes the group if there is none. */
  commit(
    groupId: string,
    committer: Committer | null,
    commits: readonly NewCommit[],
  ): Promise<readonly OffsetResult[]>;
  /** Of topics that still exist, of all or of one. */
  fetch(groupId: string, topic?: string): Promise<readonly CommittedOffset[]>;
  /** Of topics that no member reads. All partitions of the topic, or some. */
  delete(groupId: string, topic: string, partitions?: readonly number[]): Promise<void>;
  /** Writes offsets back or forth into a group without members. */
  overwrite(groupId: string, offsets: readonly CommittedOffset[]): Promise<readonly OffsetResult[]>;
  /**
   * Deletes what was committed longer ago than the retention, if the group has had no members for as
   * long; and the group, when nothing is left. Says whether it deleted the group.
   */
  expire(groupId: string): Promise<boolean>;
};

type Ask = { readonly ref: PartitionRef; readonly committed: Committed };
type Refused = { readonly error: BrokerError };

const roundsMax = 4;

export function createGroupOffsets(
  stores: Stores,
  world: World,
  settings: GroupSettings,
  swaps: GroupSwaps,
): GroupOffsets {
  const { groups } = stores;
  const retentionMs = settings.offsetsRetentionMinutes * 60_000;

  /** The group, made if there is none. With `overtaken` at a later epoch than that. */
  function groupForOutsider(groupId: string, overtaken: number | undefined): Promise<Group> {
    return swaps.change<Group>(groupId, async (stored) => {
      const nowMs = world.clock.nowMs();
      const group = stored ?? newGroup(world.uuid(), nowMs);
      if (group === stored && stored.epoch !== overtaken && !isOverdue(stored)) {
        return { kind: 'done', answer: stored };
      }
      // A fence may be raised beyond the group by who died before the swap: the next epoch reaches it.
      // And who is expiring old offsets at this moment must not take away what is committed now.
      const emptySinceMs = isOverdue(group) ? nowMs : group.emptySinceMs;
      const next = { ...group, epoch: group.epoch + 1, emptySinceMs };
      return { kind: 'swap', next, answer: next };
    });
  }

  /** Whether the group has had no members for longer than offsets are kept. */
  function isOverdue({ emptySinceMs }: Group): boolean {
    return emptySinceMs !== null && emptySinceMs <= world.clock.nowMs() - retentionMs;
  }

  /** Refs by the group's own knowledge, so that what is committed is what is owned. */
  function askAsMember(group: Group, committer: Committer, commit: NewCommit): Ask | Refused {
    const { topic, partition } = commit;
    const known = group.topics.find(({ name }) => name === topic);
    const topicId = known?.topicId ?? '';
    const owns = known && ownsInEpoch(group, committer, topicId, partition);
    if (!owns || (commit.topicId ?? topicId) !== topicId) {
      return { error: notOwned(topic, partition, committer) };
    }
    return { ref: { topicId, partition }, committed: committedOf(commit) };
  }

  async function askAsOutsider(commit: NewCommit): Promise<Ask | Refused> {
    const { topic, partition } = commit;
    const found = await stores.topics.find(topic);
    const same = found && (commit.topicId ?? found.topicId) === found.topicId;
    if (!same || partition >= found.partitionCount) return { error: noPartition(topic, partition) };
    return { ref: { topicId: found.topicId, partition }, committed: committedOf(commit) };
  }

  const committedOf = ({ topic, offset, metadata }: NewCommit): Committed => {
    return { topic, offset, metadata, committedAtMs: world.clock.nowMs() };
  };

  /** Goes on with what was fenced: the group is looked at again, and says why or lets it pass. */
  async function inRounds<T extends { readonly topic: string; readonly partition: number }>(
    items: readonly T[],
    look: (overtaken: number | undefined) => Promise<Group>,
    termsOf: (group: Group) => CommitTerms,
    ask: (group: Group, item: T) => Promise<Ask | Refused> | Ask | Refused,
  ): Promise<readonly OffsetResult[]> {
    const errors = new Map<T, BrokerError | undefined>();
    let open = items;
    let group = await look(undefined);
    for (let rounds = 0; open.length > 0; rounds++) {
      const looked = group;
      const asks = await Promise.all(open.map((item) => ask(looked, item)));
      const taken = asks.filter((one): one is Ask => 'ref' in one);
      const outcomes = await groups.commitOffsets(group.uid, termsOf(group), taken);
      const fenced: T[] = [];
      for (const [i, item] of open.entries()) {
        const one = asks[i] as Ask | Refused;
        const outcome = 'ref' in one ? outcomes[taken.indexOf(one)] : undefined;
        if (outcome?.kind === 'fenced' && rounds < roundsMax) fenced.push(item);
        errors.set(
          item,
          'error' in one ? one.error : offsetErrorOf(item, outcome as OffsetOutcome),
        );
      }
      open = fenced;
      if (open.length > 0) group = await look(group.epoch);
    }
    return items.map((item) => {
      const { topic, partition } = item;
      const error = errors.get(item);
      return { topic, partition, ...(error && { error }) };
    });
  }

  return {
    async commit(groupId, committer, commits) {
      checkGroupId(groupId);
      checkCommits(commits);
      const lookForMember = () => findGroup(stores, groupId);
      const look = async (overtaken: number | undefined) => {
        const group = await (committer ? lookForMember() : groupForOutsider(groupId, overtaken));
        const problem = committerProblem(group, committer);
        if (problem) throw new BrokerError(problem.code, problem.message);
        return group;
      };
      const by = committer ? 'owner' : 'outsider';
      return inRounds(
        commits,
        look,
        ({ epoch }) => ({ by, epoch }),
        (group, commit) =>
          committer ? askAsMember(group, committer, commit) : askAsOutsider(commit),
      );
    },
    async fetch(groupId, topic) {
      const group = await findGroup(stores, groupId);
      const found = topic === undefined ? undefined : await stores.topics.find(topic);
      if (topic !== undefined && !found) return [];
      return ofLivingTopics(stores, await groups.fetchOffsets(group.uid, found?.topicId));
    },
    async delete(groupId, topic, partitions) {
      for (let rounds = 0; ; rounds++) {
        const group = await findGroup(stores, groupId);
        if (group.topics.some(({ name }) => name === topic)) throw subscribed(topic);
        const offsets = await groups.fetchOffsets(group.uid);
        const refs = offsets
          .filter((one) => one.topic === topic && (partitions?.includes(one.ref.partition) ?? true))
          .map(({ ref }) => ref);
        const outcomes = await groups.deleteOffsets(group.uid, refs, group.epoch);
        if (!outcomes.includes('fenced')) return;
        if (rounds === roundsMax) throw changing(topic);
        await groupForOutsider(groupId, group.epoch);
      }
    },
    async overwrite(groupId, offsets) {
      const look = async (overtaken: number | undefined) => {
        const group = await groupForOutsider(groupId, overtaken);
        if (group.members.length > 0) throw changing(groupId);
        return group;
      };
      const items = offsets.map(({ ref, ...committed }) => ({
        topic: committed.topic,
        partition: ref.partition,
        ref,
        committed,
      }));
      return inRounds(
        items,
        look,
        ({ epoch }) => ({ by: 'reset', epoch }),
        (_, { ref, committed }) => ({ ref, committed }),
      );
    },
    async expire(groupId) {
      const group = await groups.read(groupId);
      if (!group || !isOverdue(group)) return false;
      const beforeMs = world.clock.nowMs() - retentionMs;
      const offsets = await groups.fetchOffsets(group.uid);
      const old = offsets.filter(({ committedAtMs }) => committedAtMs <= beforeMs);
      const refs = old.map(({ ref }) => ref);
      const outcomes = await groups.deleteOffsets(group.uid, refs, group.epoch);
      if (old.length < offsets.length || outcomes.includes('fenced')) return false;
      return (await groups.delete(groupId, group)) === 'deleted';
    },
  };
}

/** Topics are known by id: what was committed to one that is gone, or was made again, is not shown. */
async function ofLivingTopics(
  { topics }: Stores,
  offsets: readonly CommittedOffset[],
): Promise<readonly CommittedOffset[]> {
  const names = [...new Set(offsets.map(({ topic }) => topic))];
  const found = await Promise.all(names.map((name) => topics.find(name)));
  const living = new Set(found.map((topic) => topic?.topicId));
  return offsets.filter(({ ref }) => living.has(ref.topicId));
}
