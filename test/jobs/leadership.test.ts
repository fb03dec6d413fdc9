/**
 * Leaders that are killed at any call, frozen past their lease and woken, several at once, with clocks
 * that disagree: readers notice nothing, and the next run leaves nothing behind.
 */

import { describe, expect, test } from 'vitest';
import { finishBegun } from '../../lib/jobs/finish-begun.js';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { takeLead } from '../../lib/jobs/leader.js';
import { readLeaderNotes, writeLeaderNotes } from '../../lib/jobs/leader-notes.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import type { World } from '../../lib/store/world.js';
import { refA } from '../broker/broker-fixture.js';
import { createFaultyStores, createGate } from '../support/faulty-stores.js';
import {
  createJobsFixture,
  hourMs,
  type JobsFixture,
  orphans,
  readEverywhere,
} from './jobs-fixture.js';

/** Old data to compact, and below the log start something to delete. */
async function createBusy(): Promise<JobsFixture> {
  const fixture = await createJobsFixture(1, 150);
  await fixture.fill(tailEntriesPerPage);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  const { compactedTo } = await fixture.head();
  await fixture.fill(tailEntriesPerPage * 2 + 4);
  await fixture.truth.index.raiseLogStart(refA, compactedTo);
  await fixture.world.advance(3 * hourMs);
  await fixture.maintain({ settings: { compactAfterMs: 1_000 * hourMs } });
  await fixture.world.advance(3 * hourMs);
  return fixture;
}

function skewed(world: World, byMs: number): World {
  return { ...world, clock: { ...world.clock, nowMs: () => world.clock.nowMs() + byMs } };
}

async function expectTidy(fixture: JobsFixture, before: string[][]): Promise<void> {
  expect(await readEverywhere(fixture, refA, 11)).toEqual(before);
  expect(await orphans(fixture)).toEqual([]);
  const { compactedTo, nextOffset, logStartOffset } = await fixture.head();
  expect(compactedTo).toBe(nextOffset);
  expect(await fixture.shownPages()).toEqual([`${logStartOffset}-${nextOffset} segments`]);
  expect(await fixture.pages()).toHaveLength(1);
  expect(await fixture.maintain()).toMatchObject({ kind: 'idle' });
}

// Fault 44 of docs/faults.md.
test('a run that is killed at any call is finished by the next', async () => {
  const calm = await createBusy();
  const faulty = createFaultyStores(calm.truth);
  expect(await calm.maintain({ stores: faulty.stores })).toMatchObject({
    segments: 1,
    pagesDeleted: 1,
  });
  const callCount = faulty.calls.length;
  expect(callCount).toBeGreaterThan(15);
  for (const kind of ['before', 'lost'] as const) {
    for (let dies = 0; dies < callCount; dies++) {
      const fixture = await createBusy();
      const before = await readEverywhere(fixture, refA, 11);
      let calls = 0;
      // Dead from that call on: it does not even give its lease back.
      const { stores } = createFaultyStores(fixture.truth, () => {
        calls++;
        if (calls - 1 === dies) return { kind };
        return calls - 1 > dies ? { kind: 'before' } : undefined;
      });
      await expect(fixture.maintain({ stores })).rejects.toMatchObject({ name: 'StoreError' });
      expect(await readEverywhere(fixture, refA, 11)).toEqual(before);
      await fixture.world.advance(jobDefaults.leaseMs);
      await fixture.maintain();
      await expectTidy(fixture, before);
    }
  }
}, 120_000);

// Fault 15 of docs/faults.md.
test('a leader that is frozen past its lease and woken does no harm', async () => {
  const calm = await createBusy();
  const faulty = createFaultyStores(calm.truth);
  await calm.maintain({ stores: faulty.stores });
  for (let frozen = 0; frozen < faulty.calls.length; frozen++) {
    const fixture = await createBusy();
    const before = await readEverywhere(fixture, refA, 11);
    const gate = createGate();
    let calls = 0;
    const { stores } = createFaultyStores(fixture.truth, () =>
      calls++ === frozen ? { kind: 'slow', gate, acts: 'late' } : undefined,
    );
    const first = fixture.maintain({ stores });
    await fixture.world.settle();
    await fixture.world.advance(jobDefaults.leaseMs);
    await fixture.maintain();
    expect(await readEverywhere(fixture, refA, 11)).toEqual(before);
    gate.open();
    await first;
    await fixture.maintain();
    await expectTidy(fixture, before);
  }
}, 120_000);

test('who was deposed before it noted a segment does not write it', async () => {
  const fixture = await createBusy();
  const before = await readEverywhere(fixture, refA, 11);
  const late = createFaultyStores(fixture.truth);
  const gate = createGate();
  late.fail('index.writeNotes', { kind: 'slow', gate, acts: 'late' });
  const first = fixture.maintain({ stores: late.stores });
  await fixture.world.settle();
  await fixture.world.advance(jobDefaults.leaseMs);
  await fixture.maintain();
  const made = late.count('objects.create');
  gate.open();
  expect(await first).toMatchObject({ kind: 'ledByAnother' });
  expect(late.count('objects.create')).toBe(made);
  await expectTidy(fixture, before);
});

// Fault 15 of docs/faults.md.
test('of two at once one leads, and the other says so', async () => {
  const fixture = await createBusy();
  const before = await readEverywhere(fixture, refA, 11);
  const reports = await Promise.all([fixture.maintain(), fixture.maintain(), fixture.maintain()]);
  expect(reports.map(({ kind }) => kind).sort()).toEqual(['done', 'ledByAnother', 'ledByAnother']);
  await expectTidy(fixture, before);
});

test.each([-100, 100])(
  'clocks that differ by %i hours cost a change of leader at most',
  async (hours) => {
    const fixture = await createBusy();
    const before = await readEverywhere(fixture, refA, 11);
    const world = skewed(fixture.world, hours * hourMs);
    const settings = { compactAfterMs: 0 };
    const gate = createGate();
    fixture.faulty.fail('index.replacePages', { kind: 'slow', gate, acts: 'late' });
    const first = fixture.maintain({ settings });
    await fixture.world.settle();
    await fixture.maintain({ world, settings });
    gate.open();
    await first;
    expect(await readEverywhere(fixture, refA, 11)).toEqual(before);
    await fixture.world.advance(101 * hourMs);
    await fixture.maintain();
    await expectTidy(fixture, before);
  },
);

describe('the lead', () => {
  test('is renewed when half of it is over, and lost to whoever took it', async () => {
    const { faulty, world, truth } = await createJobsFixture();
    const lead = await takeLead(faulty.stores.index, refA, 'me', world.clock, 1_000);
    expect(await takeLead(truth.index, refA, 'you', world.clock, 1_000)).toBeUndefined();
    expect(await lead?.stillLeads()).toBe(true);
    expect(faulty.count('index.renewLease')).toBe(0);
    await world.advance(600);
    expect(await lead?.stillLeads()).toBe(true);
    expect(faulty.count('index.renewLease')).toBe(1);
    await world.advance(999);
    expect(await takeLead(truth.index, refA, 'you', world.clock, 1_000)).toBeUndefined();
    await world.advance(1);
    expect(await takeLead(truth.index, refA, 'you', world.clock, 1_000)).toBeDefined();
    expect(await lead?.stillLeads()).toBe(false);
    await lead?.release();
    expect((await truth.index.readHead(refA))?.lease.leader).toBe('you');
  });

  test('of a partition that is gone is not to be had', async () => {
    const { truth, world } = await createJobsFixture();
    const gone = { ...refA, partition: 9 };
    expect(await takeLead(truth.index, gone, 'me', world.clock, 1_000)).toBeUndefined();
  });
});

test('notes come back, and notes that cannot be read are none', () => {
  const notes = { writing: 'segments/x', deleted: { below: 7, atMs: 9 } };
  expect(readLeaderNotes(writeLeaderNotes(notes))).toEqual(notes);
  expect(readLeaderNotes('{"wri')).toEqual({});
  expect(readLeaderNotes(undefined)).toEqual({});
});

test('a key that is no segment is left alone', async () => {
  const { faulty } = await createJobsFixture();
  await finishBegun(faulty.stores, refA, 'wal/2026112307/x');
  expect(faulty.calls).toEqual([]);
});
