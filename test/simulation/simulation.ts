/**
 * One run: real brokers over one store in memory, on one virtual clock and one row of random numbers, so
 * that a seed gives one history, byte for byte. It is judged by the checker of lib/checker; complaints
 * are about what no history tells, such as waiting in vain.
 */

import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import type { HistoryEvent } from '../../lib/checker/history.js';
import type { Codecs } from '../../lib/log/codecs.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import { createManualWorld, type ManualWorld, seededRandom } from '../support/manual-world.js';
import { type Actor, castOf } from './cast.js';
import { createFaultSource } from './fault-table.js';
import { createFleet, type Fleet } from './fleet.js';
import { createGroupTopic, settleGroup, watchGroups } from './group-watch.js';
import { maintainAtLast } from './maintainers.js';
import type { SimulationOptions } from './options.js';
import { finalReader } from './readers.js';
import { createRecorder, type Recorder } from './recorder.js';

export type Simulation = {
  readonly options: SimulationOptions;
  readonly world: ManualWorld;
  readonly fleet: Fleet;
  readonly codecs: Codecs;
  readonly history: Recorder;
  /** Names of the partitions in the history. */
  readonly logs: readonly string[];
  readonly refs: readonly PartitionRef[];
  /** One more of both. */
  addLog(): string;
  refOf(log: string): PartitionRef;
  pick(below: number): number;
  oneOf<T>(choices: readonly T[]): T;
  chance(share: number): boolean;
  pause(upToMs: number): Promise<void>;
  /** A number that was not given before. */
  unique(): number;
  /** Whether an answer is lost between instance and client. */
  lost(): boolean;
  writersDone(): boolean;
  /** When the first acknowledgement of something at `offset` or beyond it arrived. */
  ackedMs(log: string, offset: number): number | undefined;
  /** The greatest offset that a group was told to have committed, by partition. */
  readonly committed: Map<number, number>;
  complain(anomaly: string, detail: string): void;
  count(operation: string, by: number): void;
};

export type Complaint = { readonly anomaly: string; readonly detail: string };

export type RunReport = {
  readonly events: readonly HistoryEvent[];
  readonly complaints: readonly Complaint[];
  readonly operations: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
};

/** A long run of a full tail, and of a group after it, takes more than 200,000. */
const timersFiredMax = 1_000_000;

export async function simulate(options: SimulationOptions): Promise<RunReport> {
  const world = createManualWorld(options.seed);
  const random = seededRandom(options.seed + 1);
  const complaints: Complaint[] = [];
  const operations = new Map<string, number>();
  const history = createRecorder(world.clock);
  const truth = { ...createMemoryStores(), inlineBytesMax: 300 };
  const complain = (anomaly: string, detail: string) => void complaints.push({ anomaly, detail });
  const buggy = options.bug?.stores?.(truth, { world, random }) ?? truth;
  const stores = watchGroups(buggy, complain);
  const after = (delayMs: number, act: () => void) => void world.clock.sleep(delayMs).then(act);
  const faults = createFaultSource({ random, after }, options.rollFaultRate);
  const settings = {
    ...brokerDefaults,
    flushBytesMin: 250,
    flushBytesMax: 900,
    appendTimeoutMs: options.appendTimeoutMs,
    topicCacheMs: options.topicCacheMs,
    tailPollMs: 60,
    recentBytesMax: 5_000,
  };
  const codecs = options.bug?.codecs ?? nodeCodecs;
  const fleet = createFleet(
    { world, truth: stores, codecs, settings, faults, bug: options.bug, random },
    options.lambdaCount,
    options.serverCount,
  );
  const topicId = world.uuid();
  const { partitionCount } = options;
  const configs = configsOf(options);
  const topic = { ...unalteredTopic, name: 't', topicId, partitionCount, createdAtMs: 0, configs };
  await truth.topics.create(topic);
  await truth.index.createPartitions(topicId, 0, partitionCount);
  const refs: PartitionRef[] = [];
  const logs: string[] = [];
  function addLog(): string {
    const partition = refs.length;
    refs.push({ topicId, partition });
    logs.push(`t/${partition}`);
    return `t/${partition}`;
  }
  while (refs.length < partitionCount) addLog();
  let uniques = 0;
  let writing = true;
  let healed = false;
  const pick = (below: number) => Math.floor(random() * below);
  const sim: Simulation = {
    options,
    world,
    fleet,
    codecs,
    history,
    refs,
    pick,
    logs,
    addLog,
    refOf: (log) => refs[Number(log.split('/')[1])] as PartitionRef,
    oneOf: (choices) => choices[pick(choices.length)] as (typeof choices)[number],
    chance: (share) => random() < share,
    pause: (upToMs) => world.clock.sleep(random() * upToMs),
    unique: () => uniques++,
    lost: () => !healed && random() < 0.01,
    writersDone: () => !writing,
    committed: new Map(),
    ackedMs: (log, offset) => firstAck(history.events, log, offset),
    complain,
    count: (operation, by) => operations.set(operation, (operations.get(operation) ?? 0) + by),
  };
  await createGroupTopic(truth, world.uuid());
  const { writers, members, others } = castOf(sim);
  const play = async () => {
    const company = others.map((actor) => perform(sim, actor));
    await Promise.all(writers.map((actor) => perform(sim, actor)));
    writing = false;
    await Promise.all(company);
    while (fleet.stray() > 0) await fleet.deliver();
    // A group shares nothing with the log but the instances: it has them for itself, faults and all.
    await Promise.all(members.map((actor) => perform(sim, actor)));
    healed = true;
    await heal(sim);
    await settleGroup(sim);
    if (options.maintaining) await maintainAtLast(sim);
    for (const log of sim.logs) await finalReader(sim, log);
  };
  await world
    .runUntil(play(), timersFiredMax)
    .catch((error) => sim.complain('stuck', String(error)));
  return { events: history.events, complaints, operations, faults: faults.injected };
}

function configsOf({ retentionBytes, compacting, deleteRetentionMs }: SimulationOptions) {
  const retention = { 'retention.bytes': String(retentionBytes), 'retention.ms': '-1' };
  if (!compacting) return retention;
  return {
    ...retention,
    'cleanup.policy': retentionBytes >= 0 ? 'compact,delete' : 'compact',
    'min.cleanable.dirty.ratio': '0',
    'delete.retention.ms': String(deleteRetentionMs),
  };
}

async function perform(sim: Simulation, actor: Actor): Promise<void> {
  try {
    await actor(sim);
  } catch (error) {
    sim.complain('unexpected-error', (error as Error).stack ?? String(error));
  }
}

/** No more faults: who is frozen wakes up, what is late arrives, what is begun comes to its end. */
async function heal(sim: Simulation): Promise<void> {
  for (const instance of sim.fleet.heal()) {
    instance.begin();
    const patience = sim.world.clock.sleep(120_000).then(() => 'late');
    const ended = await Promise.race([instance.broker.idle(), patience]);
    if (ended === 'late') sim.complain('stuck', 'an instance does not come to rest');
    instance.end();
  }
  while (sim.fleet.stray() > 0) await sim.fleet.deliver();
}

function firstAck(
  events: readonly HistoryEvent[],
  log: string,
  offset: number,
): number | undefined {
  const asked = new Map<string, HistoryEvent>();
  for (const event of events) {
    if (event.type === 'invoke') asked.set(event.process, event);
    else if (event.type === 'ok' && event.op === 'append' && event.baseOffset >= offset) {
      const invoke = asked.get(event.process);
      if (invoke?.type === 'invoke' && invoke.op === 'append' && invoke.log === log) {
        return event.atMs;
      }
    }
  }
  return undefined;
}
