/** Segments that become one: what is noted before, and what is left when it is not wanted or not allowed. */

import { beforeEach, expect, test } from 'vitest';
import { type Leader, takeLead } from '../../lib/jobs/leader.js';
import type { LeaderNotes } from '../../lib/jobs/leader-notes.js';
import { replaceSegments } from '../../lib/jobs/replace-segments.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import type { PlacedBatch } from '../../lib/log/place-batches.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { refA } from '../broker/broker-fixture.js';
import { createJobsFixture, hourMs, type JobsFixture, readEverywhere } from './jobs-fixture.js';

let fixture: JobsFixture;
let leader: Leader;
let written: LeaderNotes[];
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
  await fixture.fill(tailEntriesPerPage * 3);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain({ configs: { segmentBytes: 1 } });
  const { truth, world } = fixture;
  const taken = await takeLead(truth.index, refA, 'me', world.clock, 60_000);
  if (!taken) throw new Error('somebody else leads');
  leader = taken;
  written = [];
});

const all = ({ bytes }: PlacedBatch) => bytes;

async function replace(isWanted: boolean) {
  const { truth, world } = fixture;
  const deps = { stores: truth, codecs: nodeCodecs, world, memoryBytesMax: 1_000 };
  const noteBook = {
    read: (): LeaderNotes => ({ deleted: { below: 1, atMs: 0 } }),
    write: async (notes: LeaderNotes) => void written.push(notes),
  };
  const work = { deps, ref: refA, leader, noteBook };
  return replaceSegments(work, await fixture.pages(), all, () => isWanted);
}

test('one page takes the place of theirs, and what it replaces was noted', async () => {
  const [before, keys, pages] = [
    await readEverywhere(fixture),
    await fixture.keys('segments/'),
    await fixture.pages(),
  ];
  const outcome = await replace(true);
  if (outcome.kind !== 'replaced') throw new Error(outcome.kind);
  const { location } = outcome;
  expect(written).toEqual([
    { deleted: { below: 1, atMs: 0 }, writing: location.objectKey, replacing: keys },
  ]);
  const last = pages.at(-1);
  expect(await fixture.pages()).toEqual([{ ...last, baseOffset: 0, locations: [location] }]);
  expect(await readEverywhere(fixture)).toEqual(before);
});

test('what is not wanted in the end leaves nothing', async () => {
  const [keys, pages] = [await fixture.keys('segments/'), await fixture.pages()];
  expect(await replace(false)).toEqual({ kind: 'unwanted' });
  expect([await fixture.keys('segments/'), await fixture.pages()]).toEqual([keys, pages]);
});

test('who was deposed changes nothing, and leaves nothing', async () => {
  const [keys, pages] = [await fixture.keys('segments/'), await fixture.pages()];
  const nowMs = fixture.world.clock.nowMs() + hourMs;
  await fixture.truth.index.takeLease(refA, { candidate: 'other', nowMs, leaseMs: 1 });
  expect(await replace(true)).toEqual({ kind: 'deposed' });
  expect([await fixture.keys('segments/'), await fixture.pages()]).toEqual([keys, pages]);
});
