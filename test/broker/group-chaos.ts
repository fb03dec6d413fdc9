/**
 * A consumer group on several processes with skewed clocks, over a store that fails, loses replies, stalls
 * and repeats; its members crash, pause past their session, lose answers and send twice. One seed gives one
 * history, of `commit` operations as lib/checker/history.ts draws them.
 */

import { BrokerError } from '../../lib/broker/broker-error.js';
import { createGroups, type Groups } from '../../lib/broker/groups.js';
import type { Completion, HistoryEvent, Invoke } from '../../lib/checker/history.js';
import { groupDefaults } from '../../lib/coordinator/group-limits.js';
import type { HeartbeatResponse } from '../../lib/coordinator/heartbeat.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import {
  createFaultyStores,
  createGate,
  type Fault,
  type FaultyStores,
} from '../support/faulty-stores.js';
import { createManualWorld, type ManualWorld } from '../support/manual-world.js';

export const sessionTimeoutMs = 10_000;
export const heartbeatMs = 2_000;
export const partitionCount = 5;
const topicId = '11111111-0000-4000-8000-000000000000';
const group = 'g';
const memberLives = 5;
const roundsPerLife = 25;

export type GroupHistory = {
  readonly events: readonly HistoryEvent[];
  /** What no history tells: changes of owners that nobody may make, members that cannot go on. */
  readonly complaints: readonly string[];
  readonly world: ManualWorld;
  readonly truth: Stores;
  readonly faults: number;
};

export async function playGroup(seed: number): Promise<GroupHistory> {
  const world = createManualWorld(seed);
  const complaints: string[] = [];
  const events: HistoryEvent[] = [];
  let faults = 0;
  let healed = false;
  const truth = watchOwners(createMemoryStores(), complaints);
  await truth.index.createPartitions(topicId, 0, partitionCount);
  await truth.topics.create({
    name: 'access',
    topicId,
    partitionCount,
    createdAtMs: 0,
    ...unalteredTopic,
  });
  const faulty = createFaultyStores(truth, () => {
    const fault = healed ? undefined : faultOf(world);
    if (fault) faults++;
    return fault;
  });
  // Every third run has clocks that are further apart than a session is long.
  const skewMs = seed % 3 === 0 ? 2 * sessionTimeoutMs : 1_000;
  const processes = Array.from({ length: 3 }, () => {
    const aheadMs = (world.random() - 0.5) * 2 * skewMs;
    const nowMs = () => world.clock.nowMs() + (healed ? 0 : Math.floor(aheadMs));
    const skewed = { ...world, clock: { ...world.clock, nowMs } };
    const settings = { ...groupDefaults, sessionTimeoutMs };
    return createGroups(
      faulty.stores,
      skewed,
      settings,
      seed % 2 ? 5_000 : 0,
      async () => undefined,
    );
  });
  const cast: Cast = { world, events, complaints, processes };
  const play = async () => {
    const members = Array.from({ length: 4 }, (_, i) => liveAndDie(cast, `c${i}`));
    let playing = true;
    const late = deliverLate(cast, faulty, () => playing);
    await Promise.all(members);
    playing = false;
    await late;
    healed = true;
    while (faulty.stray() > 0) await faulty.deliver();
    await calmDown(cast, skewMs);
  };
  await world.runUntil(play());
  return { events, complaints, world, truth, faults };
}

type Cast = {
  readonly world: ManualWorld;
  readonly events: HistoryEvent[];
  readonly complaints: string[];
  readonly processes: readonly Groups[];
};

function faultOf({ random, clock }: ManualWorld): Fault | undefined {
  const roll = random();
  if (roll < 0.03) return { kind: 'before' };
  if (roll < 0.06) return { kind: 'lost' };
  if (roll < 0.08) return { kind: 'delayed' };
  if (roll < 0.1) return { kind: 'duplicated' };
  if (roll > 0.14) return undefined;
  const gate = createGate();
  void clock.sleep(random() * 3 * sessionTimeoutMs).then(gate.open);
  return { kind: 'slow', gate, acts: roll < 0.12 ? 'late' : 'early' };
}

/** A partition goes from hand to hand by way of nobody, and never without its fence. */
function watchOwners(stores: Stores, complaints: string[]): Stores {
  const { groups } = stores;
  const raised = new Map<string, number>();
  const compareAndSwap: typeof groups.compareAndSwap = async (groupId, expected, next) => {
    const before = await groups.read(groupId);
    const outcome = await groups.compareAndSwap(groupId, expected, next);
    if (outcome === 'conflict') return outcome;
    for (const { slots } of next.topics) {
      for (const [p, { owner }] of slots.entries()) {
        const previous = before?.topics[0]?.slots[p]?.owner ?? null;
        if (owner === null || owner === previous) continue;
        if (previous !== null) complaints.push(`partition ${p} from ${previous} to ${owner}`);
        if ((raised.get(`${next.uid}/${p}`) ?? 0) < next.epoch)
          complaints.push(`no fence for ${p}`);
      }
    }
    return outcome;
  };
  const raiseFences: typeof groups.raiseFences = async (uid, refs, epoch) => {
    const outcome = await groups.raiseFences(uid, refs, epoch);
    for (const { partition } of outcome === 'raised' ? refs : []) {
      const name = `${uid}/${partition}`;
      raised.set(name, Math.max(epoch, raised.get(name) ?? 0));
    }
    return outcome;
  };
  const commitOffsets: typeof groups.commitOffsets = async (uid, terms, commits) => {
    const outcomes = await groups.commitOffsets(uid, terms, commits);
    for (const [i, { ref }] of commits.entries()) {
      const fence = raised.get(`${uid}/${ref.partition}`) ?? 0;
      if (outcomes[i]?.kind !== 'committed' || fence <= terms.epoch) continue;
      complaints.push(`a commit through the fence of ${ref.partition}`);
    }
    return outcomes;
  };
  return { ...stores, groups: { ...groups, compareAndSwap, raiseFences, commitOffsets } };
}

async function deliverLate({ world }: Cast, faulty: FaultyStores, playing: () => boolean) {
  while (playing()) {
    await world.clock.sleep(world.random() * 3_000);
    if (faulty.stray() > 0) await faulty.deliver(Math.floor(world.random() * faulty.stray()));
  }
}

/** One client: some lives in a row, each a member of its own, each ended in its own way. */
async function liveAndDie(cast: Cast, process: string): Promise<void> {
  const { world } = cast;
  for (let life = 0; life < memberLives; life++) {
    await world.clock.sleep(world.random() * 2 * sessionTimeoutMs);
    await live(cast, process, `${process}.${life}`);
  }
}

async function live(cast: Cast, process: string, memberId: string): Promise<void> {
  const { world } = cast;
  const positions = new Map<number, number>();
  let last: HeartbeatResponse | undefined;
  let hurry = true;
  for (let round = 0; round < roundsPerLife; round++) {
    if (!hurry) await world.clock.sleep(heartbeatMs * (0.5 + world.random()));
    if (world.random() < 0.04) await world.clock.sleep(1.5 * sessionTimeoutMs);
    hurry = false;
    const told = await beat(cast, memberId, last);
    if (told === 'gone') {
      // Not everybody stops at once: what it owned it still commits, and must not.
      if (last && world.random() < 0.5) await commitSome(cast, process, last, positions);
      [last, hurry] = [undefined, true];
      positions.clear();
    } else if (told !== 'lost') last = told;
    if (last) await commitSome(cast, process, last, positions);
  }
  // Half of them leave, the others are just not heard of again.
  if (world.random() < 0.5) return;
  await oneOf(cast)
    .leave(group, memberId, false)
    .catch(() => undefined);
}

function oneOf({ processes, world }: Cast): Groups {
  return processes[Math.floor(world.random() * processes.length)] as Groups;
}

async function beat(
  cast: Cast,
  memberId: string,
  last: HeartbeatResponse | undefined,
): Promise<HeartbeatResponse | 'lost' | 'gone'> {
  const request = {
    memberId,
    memberEpoch: last?.memberEpoch ?? 0,
    topics: ['access'],
    sessionTimeoutMs,
    owned: last?.assignment ?? [],
  };
  const send = () => oneOf(cast).heartbeat(group, request);
  // Sent twice now and then, by way of two processes.
  const twice = cast.world.random() < 0.05;
  if (twice) void send().catch(() => undefined);
  try {
    const told = await send();
    return cast.world.random() < 0.05 ? 'lost' : told;
  } catch (error) {
    if (!(error instanceof BrokerError)) return 'lost';
    return ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH'].includes(error.code) ? 'gone' : 'lost';
  }
}

/** Goes on from what is committed, partition by partition. */
async function commitSome(
  cast: Cast,
  process: string,
  { memberId, memberEpoch, assignment }: HeartbeatResponse,
  positions: Map<number, number>,
): Promise<void> {
  const mine = new Set(assignment.flatMap(({ partitions }) => partitions));
  for (const partition of positions.keys()) if (!mine.has(partition)) positions.delete(partition);
  for (const partition of mine) {
    if (!positions.has(partition)) {
      const found = await oneOf(cast)
        .offsets.fetch(group, 'access')
        .catch(() => undefined);
      if (!found) return;
      const at = found.find(({ ref }) => ref.partition === partition)?.offset ?? 0;
      positions.set(partition, at);
    }
    const offset = (positions.get(partition) ?? 0) + Math.floor(cast.world.random() * 3);
    const who = { memberId, memberEpoch };
    if (await commit(cast, process, who, partition, offset)) positions.set(partition, offset);
  }
}

async function commit(
  cast: Cast,
  process: string,
  who: { readonly memberId: string; readonly memberEpoch: number },
  partition: number,
  offset: number,
): Promise<boolean> {
  const { memberId: member, memberEpoch } = who;
  const operation = {
    op: 'commit',
    group,
    log: `access/${partition}`,
    member,
    memberEpoch,
    offset,
  };
  cast.events.push({ type: 'invoke', process, ...operation } as Invoke);
  const completion = await oneOf(cast)
    .offsets.commit(group, who, [{ topic: 'access', partition, offset, metadata: '' }])
    .then(
      ([result]) => (result?.error ? failureOf(process, result.error) : undefined),
      (error: unknown) => failureOf(process, error),
    );
  cast.events.push(completion ?? { type: 'ok', process, op: 'commit' });
  return completion === undefined;
}

function failureOf(process: string, error: unknown): Completion {
  const { sideEffects, effect, code = '' } = error as BrokerError & { effect?: string };
  if ((sideEffects ?? effect) === 'none') return { type: 'fail', process, code };
  return { type: 'unknown', process };
}

/** No more faults: two new members share everything soon after the sessions of the dead are over. */
async function calmDown(cast: Cast, skewMs: number): Promise<void> {
  const { world, complaints } = cast;
  const [first] = cast.processes as [Groups];
  const told = new Map<string, HeartbeatResponse>();
  // Who was last seen by a clock that is ahead is missed so much later.
  const untilMs = world.clock.nowMs() + skewMs + sessionTimeoutMs;
  let heartbeatsLeft = 4;
  while (heartbeatsLeft > 0) {
    if (world.clock.nowMs() > untilMs) heartbeatsLeft--;
    for (const memberId of ['last-1', 'last-2']) {
      const answer = await beatCalmly(first, memberId, told.get(memberId));
      told.set(memberId, answer);
    }
    await world.clock.sleep(heartbeatMs);
  }
  const owned = [...told.values()].flatMap(({ assignment }) =>
    assignment.flatMap(({ partitions }) => partitions),
  );
  if (new Set(owned).size !== partitionCount || owned.length !== partitionCount) {
    complaints.push(`in the end the partitions ${owned} are owned`);
  }
  for (const response of told.values()) {
    for (const partition of response.assignment.flatMap(({ partitions }) => partitions)) {
      if (await commit(cast, response.memberId, response, partition, 1_000_000)) continue;
      complaints.push(`in the end partition ${partition} cannot be committed`);
    }
  }
}

function beatCalmly(groups: Groups, memberId: string, last: HeartbeatResponse | undefined) {
  return groups.heartbeat(group, {
    memberId,
    memberEpoch: last?.memberEpoch ?? 0,
    topics: ['access'],
    sessionTimeoutMs,
    owned: last?.assignment ?? [],
  });
}
