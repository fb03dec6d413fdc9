/**
 * What no history tells about groups. A partition goes from hand to hand by way of nobody, and never without
 * its fence; nothing is committed through a fence; and once the faults have ended, no partition stays with
 * the dead, or with nobody.
 */

import { BrokerError } from '../../lib/broker/broker-error.js';
import type { HeartbeatResponse } from '../../lib/coordinator/heartbeat.js';
import type { Stores } from '../../lib/store/stores.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import type { Instance } from './fleet.js';
import {
  commit,
  group,
  groupPartitions,
  groupTopic,
  heartbeatMs,
  sessionTimeoutMs,
} from './group-members.js';
import type { Simulation } from './simulation.js';

export async function createGroupTopic(stores: Stores, topicId: string): Promise<void> {
  const partitionCount = groupPartitions;
  const topic = { ...unalteredTopic, name: groupTopic, topicId, partitionCount, createdAtMs: 0 };
  await stores.topics.create(topic);
  await stores.index.createPartitions(topicId, 0, partitionCount);
}

type Complain = (anomaly: string, detail: string) => void;

/** The same stores, with an eye on who owns what. */
export function watchGroups(stores: Stores, complain: Complain): Stores {
  const { groups } = stores;
  const raised = new Map<string, number>();
  const compareAndSwap: typeof groups.compareAndSwap = async (groupId, expected, next) => {
    const before = await groups.read(groupId);
    const outcome = await groups.compareAndSwap(groupId, expected, next);
    if (outcome === 'conflict') return outcome;
    for (const { topicId, slots } of next.topics) {
      const known = before?.topics.find((topic) => topic.topicId === topicId);
      for (const [partition, { owner }] of slots.entries()) {
        const previous = known?.slots[partition]?.owner ?? null;
        if (owner === null || owner === previous) continue;
        const move = `partition ${partition} from ${previous} to ${owner}`;
        if (previous !== null) complain('two-owners', move);
        const fence = raised.get(`${next.uid}/${topicId}/${partition}`) ?? 0;
        if (fence < next.epoch) complain('no-fence', move);
      }
    }
    return outcome;
  };
  const raiseFences: typeof groups.raiseFences = async (uid, refs, epoch) => {
    const outcome = await groups.raiseFences(uid, refs, epoch);
    for (const { topicId, partition } of outcome === 'raised' ? refs : []) {
      const name = `${uid}/${topicId}/${partition}`;
      raised.set(name, Math.max(epoch, raised.get(name) ?? 0));
    }
    return outcome;
  };
  const commitOffsets: typeof groups.commitOffsets = async (uid, terms, commits) => {
    const outcomes = await groups.commitOffsets(uid, terms, commits);
    for (const [i, { ref }] of commits.entries()) {
      const fence = raised.get(`${uid}/${ref.topicId}/${ref.partition}`) ?? 0;
      if (outcomes[i]?.kind !== 'committed' || fence <= terms.epoch) continue;
      complain('through-the-fence', `partition ${ref.partition}: ${terms.epoch} after ${fence}`);
    }
    return outcomes;
  };
  return { ...stores, groups: { ...groups, compareAndSwap, raiseFences, commitOffsets } };
}

/** Instances differ by this much when nothing is wrong with their clocks. */
const skewMs = 2_000;

/**
 * Two new members come. After a session and two heartbeats they own everything, as far as clocks agree, and
 * can commit it.
 */
export async function settleGroup(sim: Simulation): Promise<void> {
  const { clock } = sim.world;
  const instances = [sim.fleet.fresh(), sim.fleet.fresh()];
  const told = new Map<string, HeartbeatResponse>();
  const untilMs = clock.nowMs() + sessionTimeoutMs + skewMs + 2 * heartbeatMs;
  while (clock.nowMs() < untilMs) {
    for (const memberId of ['last-1', 'last-2']) {
      const answer = await beatCalmly(sim.oneOf(instances), memberId, told.get(memberId));
      if (answer) told.set(memberId, answer);
      else told.delete(memberId);
    }
    await clock.sleep(heartbeatMs);
  }
  const owned = [...told.values()].flatMap(({ assignment }) =>
    assignment.flatMap(({ partitions }) => partitions),
  );
  if (new Set(owned).size !== groupPartitions || owned.length !== groupPartitions) {
    sim.complain('orphaned-partition', `of ${groupPartitions} partitions ${owned} have an owner`);
  }
  for (const { assignment, ...who } of told.values()) {
    const partitions = assignment.flatMap(({ partitions }) => partitions);
    const wanted = partitions.map((partition) => ({ partition, offset: 1_000_000 }));
    const done = await commit(sim, who.memberId, who, wanted, sim.oneOf(instances));
    if (done.length < wanted.length) {
      sim.complain('orphaned-partition', `${who.memberId} cannot commit all of ${partitions}`);
    }
  }
}

/** Undefined when the member is none any more. */
async function beatCalmly(
  { broker }: Instance,
  memberId: string,
  last: HeartbeatResponse | undefined,
): Promise<HeartbeatResponse | undefined> {
  const heartbeat = {
    memberId,
    memberEpoch: last?.memberEpoch ?? 0,
    topics: [groupTopic],
    sessionTimeoutMs,
    owned: last?.assignment ?? [],
  };
  try {
    return await broker.groups.heartbeat(group, heartbeat);
  } catch (error) {
    if (error instanceof BrokerError) return undefined;
    throw error;
  }
}
