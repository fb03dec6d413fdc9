/** Whose turn it is: every partition has one however short runs are, and one where work was found at once. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMaintenance } from '../../lib/jobs/maintenance.js';
import { partitionsOfTopics } from '../../lib/jobs/partitions.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryTopics } from '../../lib/store/memory/memory-store.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import { refA } from '../broker/broker-fixture.js';
import { createJobsFixture, hourMs, type JobsFixture } from './jobs-fixture.js';

const facts = { createdAtMs: 0, ...unalteredTopic };

test('from any place on, all partitions come once, in the order of a ring', async () => {
  const name = fc.stringMatching(/^[a-d]{1,3}$/);
  const counts = fc.dictionary(name, fc.integer({ min: 1, max: 3 }), { noNullPrototype: true });
  const cursor = fc.record({ topic: name, partition: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(counts, cursor, async (partitionCounts, from) => {
      const topics = createMemoryTopics();
      for (const [name, partitionCount] of Object.entries(partitionCounts)) {
        await topics.create({ ...facts, name, topicId: `id of ${name}`, partitionCount });
      }
      const walk = async (at?: typeof from) => {
        const seen: string[] = [];
        for await (const { topic, ref } of partitionsOfTopics(topics, at)) {
          seen.push(`${topic.name}/${ref.partition}`);
        }
        return seen;
      };
      const all = await walk();
      const begin = all.findIndex((place) => place > `${from.topic}/${from.partition}`);
      const ring = begin === -1 ? all : [...all.slice(begin), ...all.slice(0, begin)];
      expect(await walk(from)).toEqual(ring);
    }),
  );
});

async function manyPartitions(count: number): Promise<JobsFixture> {
  const fixture = await createJobsFixture(count);
  for (const ref of fixture.refs) await fixture.fill(tailEntriesPerPage, ref);
  await fixture.world.advance(2 * hourMs);
  return fixture;
}

test('runs that are cut short come to all partitions, also while the first has always work', async () => {
  const fixture = await manyPartitions(5);
  const done = async () => {
    const heads = await Promise.all(fixture.refs.map((ref) => fixture.head(ref)));
    return heads.filter(({ compactedTo, nextOffset }) => compactedTo === nextOffset).length;
  };
  for (let runs = 0; runs < 5; runs++) {
    expect(await done()).toBeLessThan(5);
    // As on Lambda, where each run may meet an instance that knows nothing.
    const report = await fixture.maintenance({ runBytesMax: 1 }).run();
    expect(report).toMatchObject({ segments: 1, complete: runs === 5 });
    if (runs === 4) break;
    await fixture.fill(tailEntriesPerPage, refA);
    await fixture.world.advance(2 * hourMs);
  }
  const heads = await Promise.all(fixture.refs.slice(1).map((ref) => fixture.head(ref)));
  expect(heads.every(({ compactedTo }) => compactedTo > 0)).toBe(true);
});

test('a run that is asked for begins where work was found, and comes to the others too', async () => {
  const fixture = await manyPartitions(4);
  const [, , third] = fixture.refs;
  const cut = await fixture.maintenance({ runBytesMax: 1 }).run(third);
  expect(cut).toMatchObject({ partitions: 1, segments: 1, complete: false });
  expect((await fixture.head(third)).compactedTo).toBeGreaterThan(0);
  const rest = await fixture.maintenance().run(third);
  expect(rest).toMatchObject({ partitions: 4, segments: 3, complete: true });
  const gone = { topicId: 'nobody', partition: 0 };
  expect(await fixture.maintenance().run(gone)).toMatchObject({ partitions: 4, failures: [] });
});

test('partitions leave time for what comes after them, however much there is to do', async () => {
  const { world, truth, faulty } = await manyPartitions(3);
  const settings = { ...jobDefaults, runMsMax: 100 };
  let lateMs = 0;
  const clock = { ...world.clock, nowMs: () => world.clock.nowMs() + lateMs };
  const { releaseLease } = truth.index;
  // What is done for one partition takes most of the time there is.
  const index = {
    ...faulty.stores.index,
    releaseLease: (...args: Parameters<typeof releaseLease>) => {
      lateMs += 80;
      return releaseLease(...args);
    },
  };
  let asked = 0;
  const stores = { ...faulty.stores, index };
  const expireGroups = async () => ++asked;
  const { run } = createMaintenance(
    stores,
    nodeCodecs,
    { ...world, clock },
    settings,
    expireGroups,
  );
  for (let runs = 1; runs <= 3; runs++) {
    expect(await run()).toMatchObject({ partitions: 1, segments: 1, groupsExpired: runs });
  }
  expect(asked).toBe(3);
});

test('it runs soon where it is asked, once more when it was under way, and not where it never runs by itself', async () => {
  const fixture = await manyPartitions(2);
  const asleep = fixture.maintenance({ intervalMs: 0 });
  asleep.start();
  asleep.ask(refA);
  expect(asleep.status()).toMatchObject({ running: false });
  const jobs = fixture.maintenance({ intervalMs: 1_000_000, runBytesMax: 1 });
  jobs.start();
  const second = { ...refA, partition: 1 };
  jobs.ask(second);
  jobs.ask(refA);
  expect(jobs.status().running).toBe(true);
  await fixture.world.settle();
  const heads = await Promise.all([refA, second].map((ref) => fixture.head(ref)));
  expect(heads.map(({ compactedTo }) => compactedTo > 0)).toEqual([true, true]);
  await jobs.stop();
  jobs.ask(refA);
  expect(jobs.status().running).toBe(false);
});
