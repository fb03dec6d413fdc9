/** Clean-up: an hour goes when nothing can point into it, orphans included; a late commit is sent back. */

import { beforeEach, expect, test } from 'vitest';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { cleanUp } from '../../lib/jobs/clean-up.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { walBucketOf } from '../../lib/log/wal-key.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { batchOf, lineOf, refA } from '../broker/broker-fixture.js';
import { createGate } from '../support/faulty-stores.js';
import { createJobsFixture, hourMs, type JobsFixture, readEverywhere } from './jobs-fixture.js';

let fixture: JobsFixture;
const refB = { ...refA, partition: 1 };
beforeEach(async () => {
  fixture = await createJobsFixture(2, 150);
});

const clean = (graceMs = 2 * hourMs) =>
  cleanUp(fixture.faulty.stores, fixture.world.clock.nowMs(), graceMs, () => true);
const stored = async () => [...(await fixture.keys('wal/')), ...(await fixture.keys('inline/'))];
const floors = async () => [
  (await fixture.head(refA)).walFloor,
  (await fixture.head(refB)).walFloor,
];

test('an hour goes only when every partition is compacted, and floors rise in all of them first', async () => {
  await fixture.fill(tailEntriesPerPage + 3, refA);
  await fixture.fill(tailEntriesPerPage + 3, refB);
  const before = [await readEverywhere(fixture, refA), await readEverywhere(fixture, refB)];
  const hour = walBucketOf(fixture.world.clock.nowMs());
  await fixture.world.advance(4 * hourMs);
  expect(await clean()).toMatchObject({ bucketsDeleted: 0, bucketsWaiting: 1 });
  expect(await floors()).toEqual([hour + 1, hour + 1]);
  expect(await clean()).toMatchObject({ bucketsDeleted: 0, bucketsWaiting: 1 });
  await fixture.maintain({ ref: refA });
  expect(await clean()).toMatchObject({ bucketsDeleted: 0, bucketsWaiting: 1 });
  expect(await stored()).not.toEqual([]);
  await fixture.maintain({ ref: refB });
  expect(await clean()).toMatchObject({ bucketsDeleted: 1, bucketsWaiting: 0 });
  expect(await stored()).toEqual([]);
  expect([await readEverywhere(fixture, refA), await readEverywhere(fixture, refB)]).toEqual(
    before,
  );
});

test('young hours and what is written now stay', async () => {
  await fixture.fill(3);
  await fixture.world.advance(hourMs);
  expect(await clean()).toMatchObject({ bucketsDeleted: 0, bucketsWaiting: 0 });
  expect(await floors()).toEqual([0, 0]);
  expect(await stored()).not.toEqual([]);
});

test('orphans of failed commits go with their hour', async () => {
  await fixture.fill(3);
  const bucket = walBucketOf(fixture.world.clock.nowMs());
  const orphan = `wal/${bucket}/7c9e6679-7425-40de-944b-e07fc1f90ae7`;
  await fixture.truth.objects.put(orphan, [new Uint8Array(9)]);
  await fixture.world.advance(4 * hourMs);
  await fixture.maintain();
  await clean();
  const report = await clean();
  expect(report).toMatchObject({ bucketsDeleted: 1 });
  expect(report.objectsDeleted).toBeGreaterThan(1);
  expect(await stored()).toEqual([]);
});

test('who stalls between upload and commit until the hour is gone uploads again', async () => {
  const gate = createGate();
  fixture.faulty.fail('index.commit', { kind: 'slow', gate, acts: 'late' });
  const broker = createBroker(fixture.faulty.stores, nodeCodecs, fixture.world, brokerDefaults);
  const append = broker.append([batchOf('late')]);
  await fixture.world.settle();
  expect(await stored()).toHaveLength(1);
  await fixture.world.advance(4 * hourMs);
  await clean();
  expect(await clean()).toMatchObject({ bucketsDeleted: 1, objectsDeleted: 1 });
  expect(await stored()).toEqual([]);
  gate.open();
  const results = await fixture.world.runUntil(append);
  expect(results.map(lineOf)).toEqual(['0']);
  expect(fixture.faulty.count('index.commit')).toBe(2);
  expect(await fixture.read()).toEqual(['late#0@0']);
});

test('a partition that was trimmed instead holds nothing up', async () => {
  await fixture.fill(5);
  await fixture.world.advance(4 * hourMs);
  await clean();
  await fixture.truth.index.raiseLogStart(refA, (await fixture.head()).nextOffset);
  expect(await clean()).toMatchObject({ bucketsDeleted: 1 });
  expect(await fixture.read()).toEqual([]);
});

test('what came after the floor was raised does not hold the hour up', async () => {
  await fixture.fill(tailEntriesPerPage);
  await fixture.world.advance(4 * hourMs);
  await clean();
  await fixture.maintain();
  await fixture.fill(tailEntriesPerPage * 2);
  const before = await readEverywhere(fixture);
  expect(await clean()).toMatchObject({ bucketsDeleted: 1 });
  expect(await readEverywhere(fixture)).toEqual(before);
});

test('a partition made meanwhile, with a lower floor, is raised before anything goes', async () => {
  await fixture.fill(tailEntriesPerPage);
  await fixture.world.advance(4 * hourMs);
  await clean();
  await fixture.maintain();
  const { topics, index } = fixture.truth;
  const topic = await topics.find('t');
  // As code did that knew no floor of the store.
  const unchecked = Number.MAX_SAFE_INTEGER;
  if (topic) await topics.alter(topic, { ...topic, partitionCount: 3 }, unchecked);
  await index.createPartitions(refA.topicId, 2, 3, 1);
  await clean();
  const { walFloor } = await fixture.head({ ...refA, partition: 2 });
  expect([walFloor, walFloor]).toEqual(await floors());
});

test('it stops when time is up, and goes on later', async () => {
  await fixture.fill(tailEntriesPerPage);
  await fixture.world.advance(hourMs);
  await fixture.fill(tailEntriesPerPage);
  await fixture.world.advance(5 * hourMs);
  await fixture.maintain();
  await clean();
  let hours = 0;
  const nowMs = fixture.world.clock.nowMs();
  const bounded = await cleanUp(fixture.truth, nowMs, hourMs, () => hours++ < 1);
  expect(bounded).toMatchObject({ bucketsDeleted: 1, bucketsWaiting: 1 });
  expect(await clean()).toMatchObject({ bucketsDeleted: 1, bucketsWaiting: 0 });
});

test('many objects of one hour are listed and deleted by the thousand', async () => {
  const { objects } = fixture.truth;
  const bucket = walBucketOf(fixture.world.clock.nowMs());
  for (let i = 0; i < 2_500; i++) {
    const uuid = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
    await objects.put(`wal/${bucket}/${uuid}`, [new Uint8Array(1)]);
  }
  await fixture.world.advance(4 * hourMs);
  await clean();
  expect(await clean()).toMatchObject({ objectsDeleted: 2_500 });
  // Two places; what is less than a thousand tells that nothing is left.
  expect(fixture.faulty.count('objects.deletePrefix')).toBeLessThanOrEqual(8);
});
