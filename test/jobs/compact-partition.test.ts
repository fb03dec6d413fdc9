/** Compaction: readers notice nothing, pages shrink, and nothing that matters is ever half done. */

import { beforeEach, describe, expect, test } from 'vitest';
import { findOffsetByTime } from '../../lib/broker/list-offsets.js';
import { compactionStart } from '../../lib/jobs/compact-partition.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { emptyHead } from '../../lib/log/partition-head.js';
import { planRolls, planShortRoll } from '../../lib/log/tail-roll.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { refA } from '../broker/broker-fixture.js';
import { createGate } from '../support/faulty-stores.js';
import { manualStartMs } from '../support/manual-world.js';
import {
  createJobsFixture,
  hourMs,
  type JobsFixture,
  orphans,
  readEverywhere,
  withoutRolls,
} from './jobs-fixture.js';

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
});

const threePages = tailEntriesPerPage * 3 + 5;
const small = { segmentBytes: 1_500 };

async function times(): Promise<unknown[]> {
  const head = await fixture.head();
  const found: unknown[] = [];
  for (let hour = -1; hour < 5; hour++) {
    const atMs = manualStartMs + hour * hourMs;
    found.push(await findOffsetByTime(fixture.truth, nodeCodecs, refA, head, atMs));
  }
  return found;
}

test('readers from every offset and by time get the same before and after', async () => {
  for (let hour = 0; hour < 4; hour++) {
    await fixture.fill(tailEntriesPerPage);
    await fixture.world.advance(hourMs);
  }
  await fixture.fill(3);
  const [before, byTime] = [await readEverywhere(fixture), await times()];
  expect(await fixture.keys('inline/')).not.toEqual([]);
  const report = await fixture.maintain();
  expect(report).toMatchObject({ kind: 'done', segments: 1, pagesDeleted: 0 });
  expect(await readEverywhere(fixture)).toEqual(before);
  expect(await times()).toEqual(byTime);
  // Segments alone hold it: what they were made of can go.
  const { compactedTo } = await fixture.head();
  await fixture.truth.objects.delete(await fixture.keys('inline/20261123'));
  await fixture.truth.objects.delete(await fixture.keys('wal/20261123'));
  const kept = before[0]?.filter((record) => Number(record.split('@')[1]) < compactedTo);
  const { nextOffset } = await fixture.head();
  expect(kept).toHaveLength(compactedTo);
  expect(compactedTo).toBeGreaterThan(nextOffset / 2);
});

test('enough young data becomes segments of that size, and pages shrink with it', async () => {
  await fixture.fill(tailEntriesPerPage * 8);
  const before = await readEverywhere(fixture);
  expect(await fixture.pages()).toHaveLength(8);
  const report = await fixture.maintain({ configs: small });
  expect(report.segments).toBeGreaterThan(1);
  const pages = await fixture.pages();
  expect(pages.length).toBeLessThan(8);
  for (const page of pages.slice(0, report.segments)) expect(page.locations).toHaveLength(1);
  expect(await fixture.keys('segments/')).toHaveLength(report.segments);
  expect(await readEverywhere(fixture)).toEqual(before);
});

test('young data that is not enough waits, without a lease', async () => {
  await fixture.fill(threePages);
  expect(await fixture.maintain()).toMatchObject({ kind: 'idle', segments: 0 });
  expect((await fixture.head()).lease.leaderEpoch).toBe(0);
});

test.each([5, tailEntriesPerPage - 1, tailEntriesPerPage, tailEntriesPerPage * 2 + 3])(
  'an old tail of %i entries is compacted, though its roller died',
  async (entries) => {
    await withoutRolls(fixture, () => fixture.fill(entries));
    const before = await readEverywhere(fixture);
    expect((await fixture.head()).tail).toHaveLength(entries);
    await fixture.world.advance(2 * hourMs);
    await fixture.maintain();
    const { compactedTo, nextOffset, tail } = await fixture.head();
    expect([compactedTo, tail]).toEqual([nextOffset, []]);
    expect(await readEverywhere(fixture)).toEqual(before);
  },
);

test('a reader whose head is from before finds its way', async () => {
  await fixture.fill(threePages);
  const old = await fixture.head();
  await fixture.fill(tailEntriesPerPage * 2);
  const before = await readEverywhere(fixture);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  // The page it looks for ends beyond the tail that it knows.
  expect((await fixture.head()).compactedTo).toBeGreaterThan(old.tailBaseOffset);
  for (const offset of [0, 7, old.tailBaseOffset - 1]) {
    const { readHead } = fixture.truth.index;
    let served = false;
    fixture.truth.index.readHead = async (ref) => {
      if (served) return readHead(ref);
      served = true;
      return old;
    };
    expect(await fixture.read(offset)).toEqual(before[offset]);
    fixture.truth.index.readHead = readHead;
  }
});

// Fault 44 of docs/faults.md.
test('a reader gets the same while a segment is written, and before the old pages are deleted', async () => {
  await fixture.fill(threePages);
  const before = await readEverywhere(fixture);
  await fixture.world.advance(2 * hourMs);
  for (const method of ['index.replacePages', 'index.deletePages'] as const) {
    for (const acts of ['late', 'early'] as const) {
      const gate = createGate();
      fixture.faulty.fail(method, { kind: 'slow', gate, acts });
      const run = fixture.maintain();
      await fixture.world.settle();
      expect(await readEverywhere(fixture)).toEqual(before);
      gate.open();
      await run;
      await fixture.fill(tailEntriesPerPage);
      before.splice(0, before.length, ...(await readEverywhere(fixture)));
      await fixture.world.advance(2 * hourMs);
    }
  }
});

test('what lies below the log start is not copied: it may be gone', async () => {
  await fixture.fill(threePages);
  const firstPage = (await fixture.pages())[0];
  const logStart = 5;
  await fixture.truth.index.raiseLogStart(refA, logStart);
  const before = await readEverywhere(fixture);
  const gone = firstPage?.locations.slice(0, 3).map(({ objectKey }) => objectKey) ?? [];
  await fixture.truth.objects.delete(gone);
  await fixture.world.advance(2 * hourMs);
  expect(await fixture.maintain()).toMatchObject({ segments: 1 });
  expect(await readEverywhere(fixture)).toEqual(before);
  expect((await fixture.shownPages())[0]).toMatch(/^5-\d+ segments$/);
});

describe('pages that are left over', () => {
  test('a short roll that was overtaken is neither read nor compacted twice', async () => {
    await fixture.fill(5);
    const short = planShortRoll(await fixture.head());
    await fixture.fill(tailEntriesPerPage);
    const { index } = fixture.truth;
    if (short) await index.writePage(refA, short.page);
    expect(short && (await index.advanceTail(refA, short.advance)).kind).toBe('refused');
    const before = await readEverywhere(fixture);
    await fixture.world.advance(2 * hourMs);
    await fixture.maintain();
    expect(await readEverywhere(fixture)).toEqual(before);
    expect(await fixture.shownPages()).toHaveLength(1);
  });

  test('one at the very end of a look is not believed', async () => {
    // 64 pages are looked at: the last of them is the short one.
    await fixture.fill(tailEntriesPerPage * 63 + 5);
    const short = planShortRoll(await fixture.head());
    if (short) await fixture.truth.index.writePage(refA, short.page);
    await fixture.fill(tailEntriesPerPage);
    const before = await fixture.read(0);
    await fixture.world.advance(2 * hourMs);
    expect((await fixture.pages())[63]).toEqual(short?.page);
    await fixture.maintain({ configs: { segmentBytes: 63 * tailEntriesPerPage * 75 } });
    expect(await fixture.read(0)).toEqual(before);
    const { compactedTo, nextOffset } = await fixture.head();
    expect(compactedTo).toBe(nextOffset);
  });

  test('a slow roller brings one back, and nobody notices', async () => {
    await withoutRolls(fixture, () => fixture.fill(tailEntriesPerPage));
    const late = planRolls(await fixture.head());
    const { index } = fixture.truth;
    await fixture.fill(tailEntriesPerPage * 6);
    const before = await readEverywhere(fixture);
    await fixture.world.advance(2 * hourMs);
    await fixture.maintain();
    for (const page of late?.pages ?? []) await index.writePage(refA, page);
    await fixture.truth.objects.delete(await fixture.keys('inline/'));
    expect(await readEverywhere(fixture)).toEqual(before);
  });
});

describe('a segment whose page was refused', () => {
  test('goes: its leader was deposed while it wrote', async () => {
    await fixture.fill(threePages);
    const before = await readEverywhere(fixture);
    await fixture.world.advance(2 * hourMs);
    const gate = createGate();
    fixture.faulty.fail('index.replacePages', { kind: 'slow', gate, acts: 'late' });
    const run = fixture.maintain();
    await fixture.world.settle();
    const nowMs = fixture.world.clock.nowMs() + hourMs;
    await fixture.truth.index.takeLease(refA, { candidate: 'other', nowMs, leaseMs: 1 });
    gate.open();
    expect(await run).toMatchObject({ segments: 0 });
    expect(await fixture.keys('segments/')).toEqual([]);
    expect(await readEverywhere(fixture)).toEqual(before);
  });

  test('stays, if it was refused only the second time', async () => {
    await fixture.fill(threePages);
    const before = await readEverywhere(fixture);
    await fixture.world.advance(2 * hourMs);
    const { index } = fixture.truth;
    const replacePages: typeof index.replacePages = async (ref, leadership, replacement) => {
      await index.replacePages(ref, leadership, replacement);
      const nowMs = fixture.world.clock.nowMs() + hourMs;
      await index.takeLease(ref, { candidate: 'other', nowMs, leaseMs: 1 });
      return index.replacePages(ref, leadership, replacement);
    };
    await fixture.maintain({ stores: { ...fixture.truth, index: { ...index, replacePages } } });
    expect(await orphans(fixture)).toEqual([]);
    expect(await fixture.keys('segments/')).toHaveLength(1);
    await fixture.truth.objects.delete(await fixture.keys('inline/'));
    expect(await readEverywhere(fixture)).toEqual(before);
  });
});

test('it stops when it may not go on, and the next run goes on', async () => {
  await fixture.fill(tailEntriesPerPage * 8);
  const before = await readEverywhere(fixture);
  let asked = 0;
  const one = await fixture.maintain({ configs: small, goesOn: () => asked++ < 2 });
  expect(one.segments).toBe(1);
  const { compactedTo } = await fixture.head();
  const two = await fixture.maintain({ configs: small, goesOn: (bytes) => bytes < 1_000 });
  expect(two.segments).toBe(1);
  expect((await fixture.head()).compactedTo).toBeGreaterThan(compactedTo);
  await fixture.maintain({ configs: small });
  expect(await readEverywhere(fixture)).toEqual(before);
});

test('it begins where it ended, or where the log does', () => {
  expect(compactionStart({ ...emptyHead, compactedTo: 5, logStartOffset: 3 })).toBe(5);
  expect(compactionStart({ ...emptyHead, compactedTo: 5, logStartOffset: 8 })).toBe(8);
});
