/** Key compaction step by step: whether one begins, and what it does when there is nothing to do. */

import { beforeEach, expect, test } from 'vitest';
import { planStretch } from '../../lib/jobs/compact-keys.js';
import { takeLead } from '../../lib/jobs/leader.js';
import type { LeaderNotes } from '../../lib/jobs/leader-notes.js';
import { replaceGroup } from '../../lib/jobs/replace-group.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { refA } from '../broker/broker-fixture.js';
import { createJobsFixture, hourMs, type JobsFixture } from './jobs-fixture.js';

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
});

const rules = { minCompactionLagMs: 0, minCleanableDirtyRatio: 0, deleteRetentionMs: 24 * hourMs };

test('nothing begins while too many old segments wait for their deletion', async () => {
  for (let i = 0; i < 20; i++) await fixture.put([[`k${i % 5}`, `v${i}`]]);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  const head = await fixture.head();
  const plan = (notes: LeaderNotes) => planStretch(fixture.truth, refA, head, notes, rules, 0);
  const waiting = (count: number) => ({
    retired: [{ atMs: 0, keys: Array.from({ length: count }, (_, i) => `segments/${i}`) }],
  });
  expect(await plan(waiting(255))).toEqual({ from: 0, to: 20, next: 0 });
  expect(await plan(waiting(256))).toBeUndefined();
  const cleaning = { to: 15, next: 10, bytes: 1 };
  expect(await plan({ cleaning })).toEqual({ from: 0, to: 15, next: 10 });
  expect(await plan({ cleaned: { to: 20, bytes: 1 } })).toBeUndefined();
  const due = { cleaned: { to: 20, bytes: 1, horizonMs: 0 } };
  expect(await plan(due)).toEqual({ from: 20, to: 20, next: 0 });
});

test('a segment of which everything stays is left as it is', async () => {
  for (let i = 0; i < 5; i++) await fixture.put([[`k${i}`, 'v']]);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  const { truth, world } = fixture;
  const [head, pages] = [await fixture.head(), await fixture.pages()];
  const leader = await takeLead(truth.index, refA, 'me', world.clock, 60_000);
  if (!leader) throw new Error('somebody else leads');
  const sizes = { memoryBytesMax: 1_000, dedupeBytesMax: 1_000 };
  const deps = { stores: truth, codecs: nodeCodecs, world, ...sizes };
  const written: LeaderNotes[] = [];
  const noteBook = {
    read: () => ({}),
    write: async (notes: LeaderNotes) => void written.push(notes),
  };
  const ends = { cleanedTo: 0, comparedTo: 5, logStartOffset: 0 };
  const pass = { ...ends, newest: () => undefined, nowMs: world.clock.nowMs() };
  const budget = { ...rules, segmentBytes: 1_500, goesOn: () => true };
  const work = { deps, ref: refA, leader, noteBook, budget, head, pass };
  const before = await fixture.keys('segments/');
  expect(await replaceGroup(work, pages)).toMatchObject({ replaced: false });
  expect(await fixture.keys('segments/')).toEqual(before);
  expect(await fixture.pages()).toEqual(pages);
  // What it would have replaced was noted before it began.
  expect(written).toMatchObject([{ replacing: before }]);
});
