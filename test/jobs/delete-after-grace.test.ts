/** What is noted first goes a grace period later, and not before. */

import { beforeEach, expect, test } from 'vitest';
import { deleteExpired, deleteRetired, isDeletionDue } from '../../lib/jobs/delete-after-grace.js';
import type { LeaderNotes, NoteBook } from '../../lib/jobs/leader-notes.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { refA } from '../broker/broker-fixture.js';
import { createManualWorld, type ManualWorld } from '../support/manual-world.js';

const graceMs = 1_000;
const stores = createMemoryStores();
let world: ManualWorld;
let notes: LeaderNotes;
const book: NoteBook = {
  read: () => notes,
  write: async (changed) => {
    notes = changed;
  },
};
const deps = () => ({ stores, world, settings: { graceMs } });
const isDue = (logStartOffset: number) => isDeletionDue(deps(), refA, logStartOffset, notes);
const expire = (logStartOffset: number) => deleteExpired(deps(), refA, logStartOffset, book);
const ends = async () => {
  const pages = await stores.index.findPages(refA, 0, 10);
  return pages.map(({ nextOffset }) => nextOffset);
};

beforeEach(async () => {
  world = createManualWorld(1);
  notes = {};
  await stores.index.deletePartitions(refA.topicId, 1);
  await stores.index.createPartitions(refA.topicId, 0, 1);
  for (const baseOffset of [0, 10, 20]) {
    const page = { baseOffset, nextOffset: baseOffset + 10, maxTimestampMs: 0, locations: [] };
    await stores.index.writePage(refA, { ...page, endBytes: 0 });
  }
});

test('pages below the log start are noted, and deleted up to there when their time is over', async () => {
  expect([await isDue(9), await isDue(10)]).toEqual([false, true]);
  const notedMs = world.clock.nowMs();
  expect(await expire(10)).toBe(0);
  expect(notes.deleted).toEqual({ below: 10, atMs: notedMs });
  await world.advance(graceMs - 1);
  // The log start has moved on: what it passed since has a time of its own.
  expect([await isDue(20), await expire(20), await ends()]).toEqual([false, 0, [10, 20, 30]]);
  await world.advance(1);
  expect([await isDue(20), await expire(20), await ends()]).toEqual([true, 1, [20, 30]]);
  expect(notes.deleted).toEqual({ below: 20, atMs: notedMs + graceMs });
  await world.advance(graceMs);
  expect([await expire(20), await ends(), notes]).toEqual([1, [30], {}]);
});

test('segments that were replaced go when each has waited long enough', async () => {
  for (const key of ['a', 'b']) await stores.objects.put(key, []);
  const nowMs = world.clock.nowMs();
  const [first, second] = [
    { keys: ['a'], atMs: nowMs },
    { keys: ['b'], atMs: nowMs + 1 },
  ];
  notes = { retired: [first, second] };
  expect(await isDue(0)).toBe(false);
  await world.advance(graceMs);
  expect(await isDue(0)).toBe(true);
  await deleteRetired(deps(), book);
  expect(notes).toEqual({ retired: [second] });
  expect(await stores.objects.list('', 9)).toEqual(['b']);
});
