/** lib/jobs/idle-memory.js: what costs one read, until when, and that nothing is late by more than it says. */

import { expect, test } from 'vitest';
import { createIdleMemory } from '../../lib/jobs/idle-memory.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { emptyHead } from '../../lib/log/partition-head.js';
import { topicConfigDefaults } from '../../lib/log/topic-configs.js';
import { refA } from '../broker/broker-fixture.js';
import { createJobsFixture, hourMs, type JobsFixture } from './jobs-fixture.js';

const configs = { ...topicConfigDefaults, retentionMs: 20 * hourMs };

test('idle is who was found so, for an hour, while nothing changes', () => {
  let nowMs = 5;
  const memory = createIdleMemory({ nowMs: () => nowMs });
  expect(memory.isIdle(refA, emptyHead, configs)).toBe(false);
  memory.noteIdle(refA, emptyHead, configs);
  expect(memory.isIdle(refA, emptyHead, configs)).toBe(true);
  expect(memory.isIdle({ ...refA, partition: 1 }, emptyHead, configs)).toBe(false);
  const changes = [
    { nextOffset: 1 },
    { logStartOffset: 1 },
    { tailBaseOffset: 1 },
    { compactedTo: 1 },
    { rolls: 1 },
    { lease: { ...emptyHead.lease, leaderEpoch: 1 } },
  ];
  for (const change of changes) {
    expect(memory.isIdle(refA, { ...emptyHead, ...change }, configs)).toBe(false);
  }
  expect(memory.isIdle(refA, emptyHead, { ...configs, retentionBytes: 5 })).toBe(false);
  nowMs += hourMs - 1;
  expect(memory.isIdle(refA, emptyHead, configs)).toBe(true);
  nowMs += 1;
  expect(memory.isIdle(refA, emptyHead, configs)).toBe(false);
  memory.noteIdle(refA, emptyHead, configs);
  memory.forget(refA);
  expect(memory.isIdle(refA, emptyHead, configs)).toBe(false);
});

test('who was found idle before the clock was put back is looked at', () => {
  let nowMs = 2 * hourMs;
  const memory = createIdleMemory({ nowMs: () => nowMs });
  memory.noteIdle(refA, emptyHead, configs);
  nowMs -= 1;
  expect(memory.isIdle(refA, emptyHead, configs)).toBe(false);
});

test('a short retention is looked after ten times in its time', () => {
  let nowMs = 0;
  const memory = createIdleMemory({ nowMs: () => nowMs });
  const short = { ...configs, retentionMs: 1_000 };
  memory.noteIdle(refA, emptyHead, short);
  nowMs = 99;
  expect(memory.isIdle(refA, emptyHead, short)).toBe(true);
  nowMs = 100;
  expect(memory.isIdle(refA, emptyHead, short)).toBe(false);
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
  // The one with work is looked at once more.
  await run();
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
