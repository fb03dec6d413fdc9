/**
 * The race that the store's WAL floor decides: somebody whose clock is hours behind makes partitions and
 * writes to them while clean-up deletes the very hour that this clock shows. Every way in which the two can
 * be stopped in each other's midst is tried, and the same with two deliberate bugs.
 */

import { expect, test } from 'vitest';
import { type Broker, createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { cleanUp } from '../../lib/jobs/clean-up.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { lineageOf } from '../../lib/log/lineage.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { planSplit } from '../../lib/log/reshaping-plan.js';
import { walBucketOf } from '../../lib/log/wal-key.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import type { Stores } from '../../lib/store/stores.js';
import type { World } from '../../lib/store/world.js';
import { batchOf, refA } from '../broker/broker-fixture.js';
import { wrapStores } from '../simulation/fleet.js';
import { createJobsFixture, hourMs } from './jobs-fixture.js';

type Maker = (broker: Broker) => Promise<PartitionRef>;

const middle = `8${'0'.repeat(31)}`;
const makers: readonly (readonly [string, Maker])[] = [
  [
    'a topic is made',
    async ({ topics }) => ({ topicId: (await topics.create('late', 1)).topicId, partition: 0 }),
  ],
  [
    'a topic grows',
    async ({ topics }) => ({ topicId: (await topics.addPartitions('t', 2)).topicId, partition: 1 }),
  ],
  [
    'a partition is split',
    async (broker) => {
      const { topicId } = await broker.reshape('t', (topic) =>
        planSplit(lineageOf(topic), 0, middle),
      );
      return { topicId, partition: 1 };
    },
  ],
];

/** The stores as a process sees them that is stopped after so many calls, until it is let go. */
function stopAfter(stores: Stores, calls: number) {
  let left = calls;
  let waiting: (() => void)[] = [];
  const stopped = wrapStores(stores, async (act) => {
    if (left-- <= 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return act();
  });
  const letGo = () => {
    left = Number.POSITIVE_INFINITY;
    for (const go of waiting) go();
    waiting = [];
  };
  return { stores: stopped, letGo, isStopped: () => waiting.length > 0 };
}

type Run = { readonly read: readonly string[]; readonly bothStopped: boolean };

/** Whoever makes and writes is stopped after `made` calls, clean-up after `cleaned`; which goes on first is said. */
async function race(
  make: Maker,
  made: number,
  cleaned: number,
  makerFirst: boolean,
  wrongly: (stores: Stores, slowHour: number) => Stores,
): Promise<Run> {
  const fixture = await createJobsFixture();
  const { world, truth } = fixture;
  await fixture.fill(tailEntriesPerPage);
  const slowHour = walBucketOf(world.clock.nowMs());
  await world.advance(5 * hourMs);
  await fixture.maintain();
  const clean = (stores: Stores) => cleanUp(stores, world.clock.nowMs(), 2 * hourMs, () => true);
  // The floors are raised: the next one deletes.
  await clean(truth);

  const slow: World = {
    ...world,
    clock: { ...world.clock, nowMs: () => world.clock.nowMs() - 5 * hourMs },
  };
  const maker = stopAfter(wrongly(truth, slowHour), made);
  const cleaner = stopAfter(truth, cleaned);
  const broker = createBroker(maker.stores, nodeCodecs, slow, {
    ...brokerDefaults,
    recentBytesMax: 0,
  });
  const written = make(broker).then(async (ref) => {
    const [result] = await broker.append([batchOf('late', 1, { ref })]);
    expect(result).toMatchObject({ kind: 'appended', baseOffset: 0 });
    return ref;
  });
  await world.settle();
  const cleanedUp = clean(cleaner.stores);
  await world.settle();
  const bothStopped = maker.isStopped() && cleaner.isStopped();
  const turns = [maker, cleaner];
  for (const turn of makerFirst ? turns : turns.toReversed()) {
    turn.letGo();
    await world.settle();
  }
  await world.runUntil(cleanedUp);
  const ref = await world.runUntil(written);
  for (let runs = 0; runs < 3; runs++) await clean(truth);
  const read = await fixture.read(0, ref).catch((error: Error) => [String(error)]);
  return { read, bothStopped };
}

/** What was read where it is not what was written, of all ways to stop. */
async function losses(make: Maker, wrongly: (stores: Stores, slowHour: number) => Stores) {
  const lost: string[] = [];
  let ways = 0;
  for (let made = 0, last = false; !last; made++) {
    last = true;
    for (let cleaned = 0; ; cleaned++) {
      const runs = await Promise.all([
        race(make, made, cleaned, true, wrongly),
        race(make, made, cleaned, false, wrongly),
      ]);
      for (const { read } of runs) {
        ways++;
        if (read.join() !== 'late#0@0') lost.push(`${made}/${cleaned}: ${read}`);
      }
      if (!runs.some(({ bothStopped }) => bothStopped)) break;
      last = false;
    }
  }
  return { lost, ways };
}

// Fault 13 of docs/faults.md.
test.each(makers)('%s beside a clean-up: wherever they stop, nothing is lost', async (_, make) => {
  const { lost, ways } = await losses(make, (stores) => stores);
  expect(lost).toEqual([]);
  expect(ways).toBeGreaterThan(80);
});

const unconditional = Number.MAX_SAFE_INTEGER;

test.each(makers)(
  '%s, and its maker does not ask for the floor: it is noticed',
  async (_, make) => {
    const { lost } = await losses(make, (stores, slowHour) => ({
      ...stores,
      index: {
        ...stores.index,
        createPartitions: (topicId, from, to) =>
          stores.index.createPartitions(topicId, from, to, slowHour),
      },
      topics: {
        ...stores.topics,
        create: (topic) => stores.topics.create(topic, unconditional),
        alter: (topic, state) => stores.topics.alter(topic, state, unconditional),
      },
    }));
    expect(lost).not.toEqual([]);
  },
);

test.each(makers)('%s, above a floor of yesterday: it is noticed', async (_, make) => {
  const { lost } = await losses(make, (stores) => ({
    ...stores,
    topics: {
      ...stores.topics,
      walFloor: async () => 0,
      create: (topic) => stores.topics.create(topic, unconditional),
      alter: (topic, state) => stores.topics.alter(topic, state, unconditional),
    },
  }));
  expect(lost).not.toEqual([]);
});

test('without any topic old hours go too', async () => {
  const { world, truth } = await createJobsFixture(1);
  const topic = await truth.topics.find('t');
  if (topic) await truth.topics.delete(topic);
  await truth.index.deletePartitions(refA.topicId, 1);
  const bucket = walBucketOf(world.clock.nowMs());
  const key = (hour: number) => `wal/${hour}/7c9e6679-7425-40de-944b-e07fc1f90ae7`;
  await truth.objects.put(key(bucket), [new Uint8Array(1)]);
  await world.advance(4 * hourMs);
  const young = walBucketOf(world.clock.nowMs());
  await truth.objects.put(key(young), [new Uint8Array(1)]);
  const clean = () => cleanUp(truth, world.clock.nowMs(), 2 * hourMs, () => true);
  expect(await clean()).toMatchObject({ bucketsDeleted: 0, bucketsWaiting: 1 });
  expect(await clean()).toMatchObject({ bucketsDeleted: 1, bucketsWaiting: 0 });
  expect(await truth.objects.list('wal/', 9)).toEqual([key(young)]);
});

test('a head that is far ahead does not move the floor of others', async () => {
  const { world, truth, head, fill } = await createJobsFixture(2);
  const ahead = 2_100_010_100;
  await truth.index.raiseWalFloor({ ...refA, partition: 1 }, ahead);
  await fill(1);
  const hour = walBucketOf(world.clock.nowMs());
  await world.advance(4 * hourMs);
  await cleanUp(truth, world.clock.nowMs(), 2 * hourMs, () => true);
  expect((await head()).walFloor).toBe(hour + 1);
  expect(await truth.topics.walFloor()).toBe(hour + 1);
});
