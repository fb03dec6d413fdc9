/**
 * Small segments become one: readers notice nothing, whatever stops a run; few are left of a trickle, and
 * where nothing comes nothing is done.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { type LeaderNotes, readLeaderNotes } from '../../lib/jobs/leader-notes.js';
import { isMergeDue } from '../../lib/jobs/merge-segments.js';
import { bytesOf } from '../../lib/log/compaction-plan.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { topicConfigDefaults } from '../../lib/log/topic-configs.js';
import { refA } from '../broker/broker-fixture.js';
import { createFaultyStores, createGate } from '../support/faulty-stores.js';
import {
  createJobsFixture,
  hourMs,
  type JobsFixture,
  type MaintainFacts,
  orphans,
  readEverywhere,
} from './jobs-fixture.js';

const forEver = { retentionMs: -1 };
const configs = { ...forEver, segmentBytes: 12_000 };

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
});

const maintain = (facts: MaintainFacts = {}, from = fixture) =>
  from.maintain({ configs, ...facts });

/** A segment for each page of the index, each of about 1.4 KB. */
async function createSmall(pages = 8): Promise<JobsFixture> {
  const small = await createJobsFixture(1, 150);
  await small.fill(tailEntriesPerPage * pages);
  await small.world.advance(2 * hourMs);
  await small.maintain({ configs: { ...forEver, segmentBytes: 1 } });
  expect(await small.keys('segments/')).toHaveLength(pages);
  return small;
}

async function notes(from = fixture): Promise<LeaderNotes> {
  return readLeaderNotes(await from.truth.index.readNotes(refA));
}

async function expectTidy(from: JobsFixture, before: string[][]): Promise<void> {
  expect(await readEverywhere(from, refA, 37)).toEqual(before);
  await from.world.advance(jobDefaults.graceMs);
  await maintain({}, from);
  expect(await orphans(from)).toEqual([]);
  expect(await readEverywhere(from, refA, 37)).toEqual(before);
  expect((await from.pages()).length).toBeLessThan(4);
  expect(await maintain({}, from)).toMatchObject({ kind: 'idle' });
}

test('of a trickle few segments are left, and what they replaced goes after the grace period', async () => {
  let hours = 0;
  for (; hours < 60; hours++) {
    await fixture.fill(3);
    await fixture.world.advance(hourMs);
    await maintain({ settings: { compactAfterMs: 0 } });
  }
  const before = await readEverywhere(fixture, refA, 5);
  const pages = await fixture.pages();
  expect(pages.length).toBeLessThan(12);
  expect(
    pages.map(bytesOf).filter((bytes) => bytes * 2 >= configs.segmentBytes).length,
  ).toBeGreaterThan(0);
  await fixture.world.advance(3 * hourMs);
  await maintain({ settings: { compactAfterMs: 0 } });
  expect(await orphans(fixture)).toEqual([]);
  expect(await readEverywhere(fixture, refA, 5)).toEqual(before);
  expect((await fixture.pages()).at(-1)?.endBytes).toBe((await fixture.head()).pagedBytes);
});

test('where no segment has come up nothing is looked at', async () => {
  fixture = await createSmall();
  expect((await maintain()).segments).toBeGreaterThan(0);
  const [head, noted] = [await fixture.head(), await notes()];
  expect(noted.merged?.to).toBe(head.compactedTo);
  expect(isMergeDue(head, noted, { ...topicConfigDefaults, ...configs })).toBe(false);
  expect(await maintain()).toMatchObject({ kind: 'idle' });
  expect((await fixture.head()).lease.leaderEpoch).toBe(head.lease.leaderEpoch);
});

test('after the last large one only what is behind it is looked at', async () => {
  fixture = await createSmall();
  await maintain();
  const { from = 0 } = (await notes()).merged ?? {};
  const [large] = await fixture.pages();
  expect(from).toBe(large?.nextOffset);
  await fixture.fill(3);
  await fixture.world.advance(2 * hourMs);
  const { stores, calls } = createFaultyStores(fixture.truth);
  await maintain({ stores });
  const looks = calls
    .filter(({ method }) => method === 'index.findPages')
    .map(({ args }) => args[1]);
  expect(looks).toContain(from - 1);
});

test.each<[string, boolean, Partial<LeaderNotes>, object]>([
  ['it is not noted that they are merged', true, {}, {}],
  ['segments came up since', true, { merged: { from: 0, to: 7, bytesMax: 12_000 } }, {}],
  ['none came up', false, { merged: { from: 0, to: 8, bytesMax: 12_000 } }, {}],
  ['larger ones may be made', true, { merged: { from: 0, to: 8, bytesMax: 11_999 } }, {}],
  [
    'many that were replaced wait to be deleted',
    false,
    { retired: [{ atMs: 0, keys: Array.from({ length: 256 }, String) }] },
    {},
  ],
  [
    'a pass of key compaction is under way',
    false,
    { cleaning: { to: 8, next: 4, bytes: 0 } },
    { cleanupPolicy: { delete: false, compact: true } },
  ],
  ['there was such a pass once', true, { cleaning: { to: 8, next: 4, bytes: 0 } }, {}],
])('where %s: %s', async (_what, due, noted, more) => {
  const head = { ...(await fixture.head()), compactedTo: 8 };
  expect(isMergeDue(head, noted, { ...topicConfigDefaults, ...configs, ...more })).toBe(due);
  expect(isMergeDue({ ...head, compactedTo: 0 }, {}, topicConfigDefaults)).toBe(false);
});

test('a run that may not go on merges a part, and the next ones the rest', async () => {
  fixture = await createSmall(16);
  const before = await readEverywhere(fixture, refA, 37);
  let runs = 0;
  for (let kind = 'done'; kind === 'done'; runs++) {
    let asked = 0;
    const report = await maintain({ goesOn: () => asked++ < 3 });
    expect(report.segments).toBeLessThanOrEqual(1);
    kind = report.kind;
  }
  expect(runs).toBeGreaterThan(2);
  await expectTidy(fixture, before);
});

test('with little memory it comes to the same', async () => {
  fixture = await createSmall();
  const before = await readEverywhere(fixture, refA, 37);
  await maintain({ settings: { memoryBytesMax: 300 } });
  await expectTidy(fixture, before);
});

test('retention goes on as finely as a tenth of its time', async () => {
  const dayMs = 24 * hourMs;
  const week = { segmentBytes: 1_000_000, retentionMs: 10 * dayMs };
  const settings = { compactAfterMs: 0 };
  for (let hours = 0; hours < 12 * 24; hours += 4) {
    await fixture.fill(1);
    await fixture.world.advance(4 * hourMs);
    await maintain({ configs: week, settings });
  }
  expect((await fixture.pages()).length).toBeLessThan(35);
  const nowMs = fixture.world.clock.nowMs();
  const { logStartOffset } = await fixture.head();
  // A record each 4 hours, now and then three of them.
  const [first] = await fixture.pages();
  expect(logStartOffset).toBeGreaterThan(0);
  const oldestMs = first?.locations[0]?.maxTimestampMs ?? 0;
  expect(nowMs - oldestMs).toBeLessThanOrEqual(week.retentionMs + dayMs);
});

describe('a reader', () => {
  test('gets the same while segments are merged and after', async () => {
    fixture = await createSmall();
    const before = await readEverywhere(fixture, refA, 37);
    const gate = createGate();
    fixture.faulty.fail('index.replacePages', { kind: 'slow', gate, acts: 'late' });
    const run = maintain();
    await fixture.world.settle();
    expect(await readEverywhere(fixture, refA, 37)).toEqual(before);
    gate.open();
    await run;
    await expectTidy(fixture, before);
  });

  test.each([0, 1])('that holds old pages gets the same, after %i grace periods', async (times) => {
    fixture = await createSmall();
    const before = await fixture.read(7);
    const old = await fixture.pages();
    await maintain();
    await fixture.world.advance(times * jobDefaults.graceMs);
    await maintain();
    // Within the grace period they are still there; then it is sent to where they are now.
    const there = await fixture.keys('segments/');
    const [location] = old[0]?.locations ?? [];
    expect(there.includes(location?.objectKey ?? '')).toBe(times === 0);
    const { index } = fixture.truth;
    const { findPages } = index;
    let served = 0;
    index.findPages = async (ref, offset, countMax) => {
      if (served++ > 0) return findPages(ref, offset, countMax);
      return old.filter(({ nextOffset }) => nextOffset > offset).slice(0, countMax);
    };
    expect(await fixture.read(7)).toEqual(before);
    expect(served).toBeGreaterThan(times);
  });
});

describe('a leader', () => {
  // Fault 44 of docs/faults.md.
  test('that is killed at any call is followed by one that finishes it', async () => {
    const calm = await createSmall(6);
    const { stores: counted, calls } = createFaultyStores(calm.truth);
    await maintain({ stores: counted }, calm);
    expect(calls.length).toBeGreaterThan(15);
    for (const kind of ['before', 'lost'] as const) {
      for (let dies = 0; dies < calls.length; dies++) {
        const each = await createSmall(6);
        const before = await readEverywhere(each, refA, 37);
        let call = 0;
        const { stores } = createFaultyStores(each.truth, () => {
          call++;
          if (call - 1 === dies) return { kind };
          return call - 1 > dies ? { kind: 'before' } : undefined;
        });
        await expect(maintain({ stores }, each)).rejects.toMatchObject({ name: 'StoreError' });
        expect(await readEverywhere(each, refA, 37)).toEqual(before);
        await each.world.advance(jobDefaults.leaseMs);
        await maintain({}, each);
        await expectTidy(each, before);
      }
    }
  }, 120_000);

  test('that is frozen past its lease and woken does no harm', async () => {
    fixture = await createSmall();
    const before = await readEverywhere(fixture, refA, 37);
    const gate = createGate();
    fixture.faulty.fail('index.replacePages', { kind: 'slow', gate, acts: 'late' });
    const frozen = maintain();
    await fixture.world.settle();
    await fixture.world.advance(jobDefaults.leaseMs);
    await maintain({ stores: fixture.truth });
    const pages = await fixture.pages();
    gate.open();
    expect(await frozen).toMatchObject({ segments: 0 });
    expect(await fixture.pages()).toEqual(pages);
    await expectTidy(fixture, before);
  });

  test('is alone: of two at once one merges', async () => {
    fixture = await createSmall();
    const before = await readEverywhere(fixture, refA, 37);
    const reports = await Promise.all([maintain(), maintain()]);
    expect(reports.map(({ kind }) => kind).sort()).toEqual(['done', 'ledByAnother']);
    await expectTidy(fixture, before);
  });
});

test('where keys are compacted, what is compared and what is not stay apart', async () => {
  const compact = {
    ...configs,
    cleanupPolicy: { delete: false, compact: true },
    minCleanableDirtyRatio: 0.9,
  };
  const each = { configs: compact, settings: { compactAfterMs: 0 } };
  const put = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await fixture.put([[`k${i}`, 'v']]);
      await fixture.world.advance(hourMs);
      await maintain(each);
    }
  };
  await put(3);
  const { to = 0 } = (await notes()).cleaned ?? {};
  expect(to).toBeGreaterThan(0);
  await put(5);
  expect((await notes()).cleaned?.to).toBe(to);
  const pages = await fixture.pages();
  expect(pages.some(({ nextOffset }) => nextOffset === to)).toBe(true);
  expect(pages.length).toBeLessThan(6);
  expect(await fixture.readKeyed()).toHaveLength(8);
});
