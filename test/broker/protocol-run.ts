/**
 * One run of the protocol: several brokers over one store, on a virtual clock, with latencies and faults
 * from a seed. Writers retry as good clients do, readers follow, and somebody raises WAL floors, deletes
 * what nobody points to, evicts producers and lets old requests arrive late.
 */

import { type Broker, createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import type { ByteParts } from '../../lib/log/byte-parts.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { type Call, createFaultyStores, type Fault } from '../support/faulty-stores.js';
import { createManualWorld, type ManualWorld, seededRandom } from '../support/manual-world.js';
import { causeTrouble } from './protocol-chaos.js';
import { createHistory, type Found, foundIn, type History } from './protocol-history.js';
import { conditionalWriter, crowd, idempotentWriter, plainWriter } from './protocol-writers.js';

export type Run = {
  readonly world: ManualWorld;
  /** The store itself, without latency or faults. */
  readonly truth: Stores;
  readonly brokers: readonly Broker[];
  readonly refs: readonly PartitionRef[];
  readonly history: History;
  /** Keys of all objects that were ever put and not deleted. */
  readonly objectKeys: Set<string>;
  random(): number;
  /** A whole number below `below`. */
  pick(below: number): number;
  oneOf<T>(choices: readonly T[]): T;
  pause(upToMs: number): Promise<void>;
  /** Lets one stray request arrive, if there is one. */
  deliver(): Promise<void>;
  stopped(): boolean;
  steps: number;
  /** What each partition holds in the end. */
  readonly logs: string[][];
};

export type RunOptions = {
  readonly seed: number;
  readonly rounds: number;
  readonly brokerCount: number;
  readonly partitionCount: number;
  /** Share of calls that fail; 0 for none. */
  readonly faultRate: number;
  /** The same for rolls: where nearly all fail, tails grow to their limit. */
  readonly rollFaultRate: number;
  readonly appendTimeoutMs: number;
  /** Whether somebody evicts producers early; if not, the brokers have to, from a crowd. */
  readonly evicting: boolean;
  readonly crowdRounds: number;
};

/** Seeds differ in more than their luck: some are impatient, some hardly roll, some are crowded. */
export function optionsOf(seed: number): RunOptions {
  const [rounds, rollFaultRate] = seed % 4 === 0 ? [30, 0.85] : [12, 0.12];
  const crowded = seed % 5 === 0;
  return {
    seed,
    rounds: crowded ? 40 : rounds,
    rollFaultRate: crowded ? 0.03 : rollFaultRate,
    crowdRounds: crowded ? 8 : Math.ceil(rounds / 4),
    evicting: !crowded,
    faultRate: 0.12,
    appendTimeoutMs: [400, 40, 120][seed % 3] ?? 400,
    brokerCount: 3,
    partitionCount: crowded ? 1 : 2,
  };
}

const rolls = ['index.advanceTail', 'index.writePage', 'index.parkProducer'];
const changes = ['index.commit', ...rolls];

/** Only what changes something can be late or doubled; a read just fails. */
function chooseFault(
  random: () => number,
  { faultRate, rollFaultRate }: RunOptions,
): (call: Call) => Fault | undefined {
  return ({ method }) => {
    if (random() >= (rolls.includes(method) ? rollFaultRate : faultRate)) return undefined;
    if (method === 'objects.put') return { kind: random() < 0.5 ? 'before' : 'lost' };
    if (!changes.includes(method)) return { kind: 'before' };
    const kinds = ['before', 'lost', 'delayed', 'duplicated'] as const;
    return { kind: kinds[Math.floor(random() * kinds.length)] ?? 'before' };
  };
}

/** Every call takes its time, on the way there and on the way back. */
function withLatency(stores: Stores, world: ManualWorld, random: () => number): Stores {
  const wrap = <T extends object>(target: T): T =>
    Object.fromEntries(
      Object.entries(target).map(([method, act]) => [
        method,
        async (...args: unknown[]) => {
          await world.clock.sleep(random() * 6);
          const answer = await act(...args);
          await world.clock.sleep(random() * 4);
          return answer;
        },
      ]),
    ) as T;
  return { ...stores, objects: wrap(stores.objects), index: wrap(stores.index) };
}

export type RunReport = {
  readonly complaints: readonly string[];
  readonly steps: number;
  readonly logs: readonly (readonly string[])[];
};

/** Runs one seed; answers what is wrong, and what was done. */
export async function runProtocol(wanted: RunOptions): Promise<RunReport> {
  const world = createManualWorld(wanted.seed);
  const history = createHistory();
  try {
    const run = await prepare(wanted, world, history);
    await world.runUntil(play(run, wanted));
    return { complaints: history.complaints, steps: run.steps, logs: run.logs };
  } catch (error) {
    const complaint = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { complaints: [...history.complaints, complaint], steps: 0, logs: [] };
  }
}

async function prepare(wanted: RunOptions, world: ManualWorld, history: History): Promise<Run> {
  const random = seededRandom(wanted.seed + 1);
  const truth = { ...createMemoryStores(), shared: true };
  const objectKeys = new Set<string>();
  const { put } = truth.objects;
  const objects = {
    ...truth.objects,
    put: (key: string, parts: ByteParts) => {
      objectKeys.add(key);
      return put(key, parts);
    },
  };
  const faulty = Array.from({ length: wanted.brokerCount }, () =>
    createFaultyStores(
      withLatency({ ...truth, objects }, world, random),
      chooseFault(random, wanted),
    ),
  );
  const settings = {
    ...brokerDefaults,
    flushBytesMin: 250,
    flushBytesMax: 900,
    appendTimeoutMs: wanted.appendTimeoutMs,
    tailPollMs: 60,
    recentBytesMax: 5_000,
  };
  const topicId = world.uuid();
  await truth.index.createPartitions(topicId, 0, wanted.partitionCount);
  const pick = (below: number) => Math.floor(random() * below);
  return {
    world,
    truth,
    history,
    objectKeys,
    brokers: faulty.map(({ stores }) => createBroker(stores, nodeCodecs, world, settings)),
    refs: Array.from({ length: wanted.partitionCount }, (_, partition) => ({ topicId, partition })),
    random,
    pick,
    oneOf: (choices) => choices[pick(choices.length)] as (typeof choices)[number],
    pause: (upToMs) => world.clock.sleep(random() * upToMs),
    async deliver() {
      const having = faulty.filter((stores) => stores.stray() > 0);
      const chosen = having[pick(having.length)];
      await chosen?.deliver(pick(chosen.stray()));
    },
    stopped: () => false,
    steps: 0,
    logs: [],
  };
}

async function play(run: Run, wanted: RunOptions): Promise<void> {
  const { rounds, partitionCount } = wanted;
  let writing = true;
  run.stopped = () => !writing;
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  const writers = partitions.flatMap((partition) => [
    idempotentWriter(run, partition, rounds),
    idempotentWriter(run, partition, rounds),
    plainWriter(run, partition, rounds),
    plainWriter(run, partition, rounds),
    conditionalWriter(run, partition, rounds),
    crowd(run, partition, wanted.crowdRounds),
  ]);
  const note = (error: unknown) => void run.history.complaints.push(String(error));
  const followers = partitions.map((partition) => follow(run, partition));
  const trouble = causeTrouble(run, wanted.evicting);
  const others = [trouble, ...followers].map((other) => other.catch(note));
  try {
    await Promise.all(writers);
  } finally {
    writing = false;
    await Promise.all(others);
  }
  await Promise.all(run.brokers.map((broker) => broker.idle()));
  for (let left = 0; left < 500; left++) await run.deliver();
  for (const ref of run.refs) await checkPartition(run, ref);
}

/** A reader that follows the log while it is written, and now and then goes back. */
async function follow(run: Run, partition: number): Promise<void> {
  const ref = run.refs[partition] as PartitionRef;
  let offset = 0;
  while (!run.stopped()) {
    await run.pause(30);
    if (run.random() < 0.2) offset = run.pick(offset + 1);
    try {
      const bytesMax = run.oneOf([1, 300, 3_000]);
      const waitMs = run.oneOf([0, 80]);
      const result = await run.oneOf(run.brokers).fetch(ref, { offset, bytesMax, waitMs });
      for (const found of result.batches.map(foundIn)) {
        run.history.saw(partition, found);
        if (found.baseOffset > offset || found.nextOffset <= offset) {
          run.history.complaints.push(`P8 served ${found.baseOffset} instead of ${offset}`);
        }
        offset = found.nextOffset;
      }
    } catch (error) {
      // The store's own trouble passes; what the broker itself complains of does not.
      if ((error as Error).name !== 'StoreError') run.history.complaints.push(`reader: ${error}`);
    }
  }
}

/** Reads the whole partition with a broker that knows nothing yet, in small and in large bites. */
async function checkPartition(run: Run, ref: PartitionRef): Promise<void> {
  const broker = createBroker(run.truth, nodeCodecs, run.world, brokerDefaults);
  const { nextOffset } = await broker.head(ref);
  const log: Found[] = [];
  for (let offset = 0; offset < nextOffset; ) {
    const bytesMax = run.oneOf([1, 700, 10_000]);
    const result = await broker.fetch(ref, { offset, bytesMax, waitMs: 0 });
    if (result.batches.length === 0) throw new Error(`P8 nothing is served at ${offset}`);
    log.push(...result.batches.map(foundIn));
    offset = result.nextOffset;
  }
  for (const { baseOffset, nextOffset: end } of log) {
    const { batches } = await broker.fetch(ref, { offset: end - 1, bytesMax: 1, waitMs: 0 });
    const at = batches[0] && foundIn(batches[0]).baseOffset;
    if (at !== baseOffset) run.history.complaints.push(`P8 offset ${end - 1} is served from ${at}`);
  }
  run.logs.push(log.map(({ name, baseOffset }) => `${name}@${baseOffset}`));
  run.history.check(ref.partition, log, nextOffset);
}
