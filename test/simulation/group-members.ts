/**
 * Members of a consumer group as actors: they heartbeat, commit and die. They crash, pause past their
 * session, lose answers, send twice by way of two instances, commit what they have lost, and come back as static
 * members; and somebody resets the group while they are there. What a member reads is not of interest here,
 * only what it says that it has read.
 */

import { BrokerError } from '../../lib/broker/broker-error.js';
import type { OffsetResult } from '../../lib/broker/group-offsets.js';
import type { HeartbeatResponse } from '../../lib/coordinator/heartbeat.js';
import type { Instance } from './fleet.js';
import { ask } from './requests.js';
import type { Simulation } from './simulation.js';

export const group = 'readers';
export const groupTopic = 'shared';
export const groupPartitions = 5;
export const sessionTimeoutMs = 6_000;
export const heartbeatMs = 1_200;
const memberLives = 3;
const roundsPerLife = 14;

/** What a member goes by: what it was told last, and how far it has come. */
type Life = {
  readonly process: string;
  readonly memberId: string;
  readonly instanceId?: string;
  told: HeartbeatResponse | undefined;
  readonly positions: Map<number, number>;
};

/** One client: some lives in a row, each a member of its own, each ended in its own way. */
export async function groupMember(sim: Simulation): Promise<void> {
  const process = `m${sim.unique()}`;
  const isStatic = sim.chance(0.3);
  for (let life = 0; life < memberLives; life++) {
    await sim.pause(sessionTimeoutMs);
    const memberId = `${process}.${life}`;
    const instanceId = isStatic ? { instanceId: process } : {};
    await live(sim, { process, memberId, ...instanceId, told: undefined, positions: new Map() });
  }
}

async function live(sim: Simulation, life: Life): Promise<void> {
  let hurry = true;
  for (let round = 0; round < roundsPerLife; round++) {
    if (!hurry) await sim.world.clock.sleep(heartbeatMs * (0.5 + sim.pick(1_000) / 1_000));
    if (sim.chance(0.04)) await sim.world.clock.sleep(1.5 * sessionTimeoutMs);
    if (sim.chance(0.3)) await sim.fleet.deliver();
    hurry = false;
    const told = await beat(sim, life);
    if (told === 'gone') {
      // Not everybody stops at once: what it owned it still commits, and must not.
      if (sim.chance(0.5)) await commitOwned(sim, life);
      life.told = undefined;
      life.positions.clear();
      hurry = true;
    } else if (told !== 'lost') life.told = told;
    await commitOwned(sim, life);
  }
  // Half of them leave, for good or for a while; the others are just not heard of again.
  if (sim.chance(0.5)) return;
  const forAWhile = sim.chance(0.5);
  await request(sim, ({ broker }) => broker.groups.leave(group, life.memberId, forAWhile));
}

/** Undefined when nobody knows what came of it. */
async function request<T>(
  sim: Simulation,
  act: (instance: Instance) => Promise<T>,
  instance = sim.fleet.pick(),
): Promise<T | BrokerError | undefined> {
  try {
    return await ask(sim, instance, act);
  } catch (error) {
    if (error instanceof BrokerError && error.code !== 'UNKNOWN_SERVER_ERROR') return error;
    const { name, effect } = error as { name: string; effect?: string };
    if (name !== 'StoreError') sim.complain('unexpected-error', String((error as Error).stack));
    return effect === 'none' ? new BrokerError('COORDINATOR_NOT_AVAILABLE', name) : undefined;
  }
}

async function beat(sim: Simulation, life: Life): Promise<HeartbeatResponse | 'lost' | 'gone'> {
  const { memberId, instanceId, told } = life;
  const heartbeat = {
    memberId,
    memberEpoch: told?.memberEpoch ?? 0,
    instanceId,
    topics: [groupTopic],
    sessionTimeoutMs,
    rebalanceTimeoutMs: 4 * sessionTimeoutMs,
    owned: told?.assignment ?? [],
  };
  const send = () => request(sim, ({ broker }) => broker.groups.heartbeat(group, heartbeat));
  if (sim.chance(0.05)) void send();
  sim.count('heartbeat', 1);
  const answer = await send();
  if (answer instanceof BrokerError) {
    return ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH'].includes(answer.code) ? 'gone' : 'lost';
  }
  return answer === undefined || sim.chance(0.03) ? 'lost' : answer;
}

/** Goes on from what is committed; several partitions in one request now and then. */
async function commitOwned(sim: Simulation, { process, told, positions }: Life): Promise<void> {
  if (!told) return;
  const mine = told.assignment.flatMap(({ partitions }) => partitions);
  for (const partition of positions.keys()) {
    if (!mine.includes(partition)) positions.delete(partition);
  }
  // Now and then it forgets how far it has come.
  if (sim.chance(0.2)) positions.clear();
  if (mine.some((partition) => !positions.has(partition))) {
    const found = await committedNow(sim);
    if (!found) return;
    for (const partition of mine) {
      if (!positions.has(partition)) positions.set(partition, found.get(partition) ?? 0);
    }
  }
  const together = sim.chance(0.3);
  for (const some of together ? [mine] : mine.map((partition) => [partition])) {
    const wanted = some.map((partition) => ({
      partition,
      offset: (positions.get(partition) ?? 0) + sim.pick(3),
    }));
    for (const { partition, offset } of await commit(sim, process, told, wanted)) {
      positions.set(partition, offset);
    }
  }
}

/** What is committed; without a reset it is never less than what somebody was told before. */
async function committedNow(sim: Simulation): Promise<ReadonlyMap<number, number> | undefined> {
  const before = [...sim.committed];
  const answer = await request(sim, ({ broker }) => broker.groups.offsets.fetch(group, groupTopic));
  if (!Array.isArray(answer)) return undefined;
  const found = new Map(answer.map(({ ref, offset }) => [ref.partition, offset]));
  for (const [partition, offset] of sim.options.resetting ? [] : before) {
    const now = found.get(partition) ?? 0;
    if (now < offset) sim.complain('commit-moved-back', `${partition}: from ${offset} to ${now}`);
  }
  return found;
}

type Wanted = { readonly partition: number; readonly offset: number };

/** Answers with what was acknowledged. */
export async function commit(
  sim: Simulation,
  process: string,
  who: { readonly memberId: string; readonly memberEpoch: number },
  wanted: readonly Wanted[],
  instance = sim.fleet.pick(),
): Promise<readonly Wanted[]> {
  const { memberId: member, memberEpoch } = who;
  const completions = wanted.map(({ partition, offset }) => {
    const log = `${groupTopic}/${partition}`;
    const operation = { op: 'commit', group, log, member, memberEpoch, offset } as const;
    return sim.history.invoke(`${process}/${partition}`, operation);
  });
  sim.count('commit', wanted.length);
  const commits = wanted.map((one) => ({ topic: groupTopic, metadata: '', ...one }));
  const answer = await request(
    sim,
    ({ broker }) => broker.groups.offsets.commit(group, { memberId: member, memberEpoch }, commits),
    instance,
  );
  return wanted.filter(({ partition, offset }, i) => {
    const result = Array.isArray(answer) ? (answer[i] as OffsetResult) : { error: answer };
    const done = answer !== undefined && result.error === undefined;
    if (done) sim.committed.set(partition, Math.max(offset, sim.committed.get(partition) ?? 0));
    completions[i]?.(done ? { type: 'ok', op: 'commit' } : failureOf(result.error));
    return done;
  });
}

function failureOf(error: unknown) {
  if (!(error instanceof BrokerError) || error.sideEffects !== 'none') {
    return { type: 'unknown' } as const;
  }
  return { type: 'fail', code: error.code } as const;
}

/** Sends everybody away and back to the start of every partition: the one way in which offsets go back. */
export async function groupResetter(sim: Simulation): Promise<void> {
  await sim.world.clock.sleep(4 * sessionTimeoutMs);
  const process = `z${sim.unique()}`;
  const completions = Array.from({ length: groupPartitions }, (_, partition) => {
    const log = `${groupTopic}/${partition}`;
    const reset = { op: 'commit', group, log, member: process, memberEpoch: 0, offset: 0 } as const;
    return sim.history.invoke(`${process}/${partition}`, { ...reset, reset: true });
  });
  sim.count('reset', 1);
  const answer = await request(sim, ({ broker }) =>
    broker.groups.reset(group, {
      topics: [{ topic: groupTopic }],
      to: { kind: 'earliest' },
      execute: true,
      force: true,
    }),
  );
  for (const [i, complete] of completions.entries()) {
    const error = Array.isArray(answer) ? answer[i]?.error : answer;
    const done = answer !== undefined && error === undefined;
    complete(done ? { type: 'ok', op: 'commit' } : failureOf(error));
  }
}
