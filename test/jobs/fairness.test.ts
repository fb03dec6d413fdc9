/** Whose turn it is: every partition comes to its turn however short runs are, and idle ones cost one read. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionsOfTopics } from '../../lib/jobs/partitions.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
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

test('partitions leave time for clean-up, however much there is to do', async () => {
  const fixture = await manyPartitions(3);
  await fixture.world.advance(4 * hourMs);
  const { clock } = fixture.world;
  let late = 0;
  // Every look at the clock takes a while.
  const world = { ...fixture.world, clock: { ...clock, nowMs: () => clock.nowMs() + late++ } };
  const settings = { runMsMax: 40, runBytesMax: 1e9 };
  const { createMaintenance } = await import('../../lib/jobs/maintenance.js');
  const { jobDefaults } = await import('../../lib/jobs/job-settings.js');
  const { nodeCodecs } = await import('../../lib/runtime/node-codecs.js');
  let expired = 0;
  const maintenance = createMaintenance(
    fixture.truth,
    nodeCodecs,
    world,
    { ...jobDefaults, ...settings },
    async () => ++expired,
  );
  expect(await maintenance.run()).toMatchObject({ complete: false, groupsExpired: 1 });
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

async function readsOf(fixture: JobsFixture, run: () => Promise<unknown>): Promise<string[]> {
  fixture.faulty.calls.length = 0;
  await run();
  return fixture.faulty.calls
    .map(({ method }) => method)
    .filter((method) => method.startsWith('index.'));
}

test('a partition where nothing happened costs one read, until an hour is over or something happens', async () => {
  const fixture = await createJobsFixture(3);
  for (const ref of fixture.refs) await fixture.fill(2 * tailEntriesPerPage + 2, ref);
  await fixture.world.advance(4 * hourMs);
  const { run } = fixture.maintenance();
  for (let runs = 0; runs < 4; runs++) await run();
  const idle = Array(3).fill('index.readHead');
  expect(await readsOf(fixture, run)).toEqual(idle);
  expect(await readsOf(fixture, run)).toEqual(idle);

  await fixture.fill(1, refA);
  expect((await readsOf(fixture, run)).length).toBeGreaterThan(3);
  expect(await readsOf(fixture, run)).toEqual(idle);

  await fixture.world.advance(hourMs);
  expect((await readsOf(fixture, run)).length).toBeGreaterThan(3);
  expect(await readsOf(fixture, run)).toEqual(idle);
});

test('what is too old goes in time though nothing else happens', async () => {
  const fixture = await createJobsFixture(1);
  const { topics } = fixture.truth;
  const topic = await topics.find('t');
  const minuteMs = 60_000;
  const configs = { 'retention.ms': String(10 * minuteMs) };
  if (topic) await topics.alter(topic, { ...topic, configs });
  await fixture.fill(3);
  const { run } = fixture.maintenance();
  for (let minute = 0; minute <= 12; minute++) {
    await run();
    if (minute < 10) expect((await fixture.head()).logStartOffset).toBe(0);
    await fixture.world.advance(minuteMs);
  }
  const { logStartOffset, nextOffset } = await fixture.head();
  expect(logStartOffset).toBe(nextOffset);
});
