/** Maintenance as a whole: every partition, bounded, one run at a time, and free where nothing happens. */

import { beforeEach, expect, test } from 'vitest';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMaintenance } from '../../lib/jobs/maintenance.js';
import { partitionsOfTopics, topicsOf } from '../../lib/jobs/partitions.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import { refA } from '../broker/broker-fixture.js';
import { createJobsFixture, hourMs, type JobsFixture, orphans } from './jobs-fixture.js';

let fixture: JobsFixture;
const refB = { ...refA, partition: 1 };
beforeEach(async () => {
  fixture = await createJobsFixture(2, 150);
});

const reading = [
  'index.readHead',
  'index.readNotes',
  'index.findPages',
  'topics.list',
  'topics.buried',
  'jobs.readCursor',
];
const listing = ['objects.listPrefixes', 'objects.list'];

function writes(): string[] {
  const methods = fixture.faulty.calls.map(({ method }) => method);
  return methods.filter((method) => ![...reading, ...listing].includes(method));
}

test('all partitions are compacted, and in time their hours are deleted', async () => {
  await fixture.fill(tailEntriesPerPage + 2, refA);
  await fixture.fill(tailEntriesPerPage + 2, refB);
  const before = [await fixture.read(0, refA), await fixture.read(0, refB)];
  await fixture.world.advance(4 * hourMs);
  const { run, status } = fixture.maintenance();
  expect(status()).toMatchObject({ running: false, last: undefined });
  const first = await run();
  expect(first).toMatchObject({ partitions: 2, segments: 2, complete: true, failures: [] });
  expect(status()).toMatchObject({ running: false, last: first });
  await run();
  expect([...(await fixture.keys('wal/')), ...(await fixture.keys('inline/'))]).toEqual([]);
  expect([await fixture.read(0, refA), await fixture.read(0, refB)]).toEqual(before);
  expect(await orphans(fixture)).toEqual([]);
});

test('where nothing is to be done nothing is written', async () => {
  const { run } = fixture.maintenance();
  await run();
  expect(writes()).toEqual([]);
  await fixture.fill(tailEntriesPerPage + 2);
  await run();
  expect(writes()).toEqual([]);
  await fixture.world.advance(4 * hourMs);
  for (let runs = 0; runs < 4; runs++) await run();
  fixture.faulty.calls.length = 0;
  await fixture.world.advance(100 * hourMs);
  await run();
  expect(writes()).toEqual([]);
  expect(fixture.faulty.calls.length).toBeLessThanOrEqual(2 * 5 + 3);
});

test('where the partitions cannot be walked over the other parts go on', async () => {
  const expireGroups = async () => 3;
  const { faulty, world } = fixture;
  const { run } = createMaintenance(faulty.stores, nodeCodecs, world, jobDefaults, expireGroups);
  faulty.fail('jobs.readCursor', { kind: 'before' });
  expect(await run()).toMatchObject({
    partitions: 0,
    complete: false,
    groupsExpired: 3,
    failures: [expect.stringContaining('partitions: ')],
  });
  expect(faulty.count('objects.listPrefixes')).toBeGreaterThan(0);
});

test('a run ends when its bytes are used up, and the next goes on', async () => {
  await fixture.fill(tailEntriesPerPage, refA);
  await fixture.fill(tailEntriesPerPage, refB);
  await fixture.world.advance(2 * hourMs);
  const { run } = fixture.maintenance({ runBytesMax: 1 });
  expect(await run()).toMatchObject({ partitions: 1, segments: 1, complete: false });
  await fixture.maintenance({ runBytesMax: 1_000_000 }).run();
  const { compactedTo, nextOffset } = await fixture.head(refB);
  expect(compactedTo).toBe(nextOffset);
});

test('a run ends when its time is up', async () => {
  await fixture.fill(tailEntriesPerPage, refA);
  await fixture.world.advance(2 * hourMs);
  const { run } = fixture.maintenance({ runMsMax: 0 });
  expect(await run()).toMatchObject({ partitions: 0, complete: false });
});

test('a partition that fails holds no other up', async () => {
  await fixture.fill(tailEntriesPerPage, refA);
  await fixture.fill(tailEntriesPerPage, refB);
  await fixture.world.advance(2 * hourMs);
  fixture.faulty.fail('objects.create', { kind: 'before' });
  const report = await fixture.maintenance().run();
  expect(report.failures).toEqual([expect.stringContaining('t/0: StoreError')]);
  expect(report).toMatchObject({ partitions: 2, segments: 1 });
  expect(fixture.world.logged).toContain('a part of maintenance failed');
});

test('whoever asks meanwhile joins the run that is under way', async () => {
  const { run, status } = fixture.maintenance();
  const [one, two] = [run(), run()];
  expect(status().running).toBe(true);
  expect(await one).toBe(await two);
});

test('it runs by itself until it is stopped', async () => {
  const { start, stop, status } = fixture.maintenance({ intervalMs: 1_000 });
  start();
  start();
  await fixture.world.advance(2_500);
  expect(status().last).toBeDefined();
  expect(fixture.faulty.count('topics.list')).toBe(2);
  await stop();
  expect(fixture.world.timerCount()).toBe(0);
});

test('a run whose parts all fail is told, and the next runs', async () => {
  for (const call of ['topics.list', 'objects.listPrefixes', 'topics.buried']) {
    fixture.faulty.fail(call, { kind: 'before' });
  }
  const { start, stop, status } = fixture.maintenance({ intervalMs: 1_000 });
  start();
  await fixture.world.advance(1_000);
  expect(fixture.world.logged).toContain('a part of maintenance failed');
  expect(status().last).toMatchObject({ complete: false });
  expect(status().last?.failures).toHaveLength(3);
  await fixture.world.advance(1_000);
  expect(status().last).toMatchObject({ complete: true, failures: [] });
  await stop();
});

test('all topics and partitions are walked over, page by page', async () => {
  const { topics } = fixture.truth;
  for (let i = 0; i < 250; i++) {
    const facts = { name: `n${i}`, topicId: fixture.world.uuid(), createdAtMs: 0 };
    await topics.create({ ...facts, partitionCount: 2, ...unalteredTopic });
  }
  const names = new Set<string>();
  for await (const { name } of topicsOf(topics)) names.add(name);
  expect(names.size).toBe(251);
  let partitions = 0;
  for await (const { ref } of partitionsOfTopics(topics)) partitions += ref.partition + 1;
  expect(partitions).toBe(251 * 3);
});
