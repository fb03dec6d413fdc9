/** Retention: by time and by size, the tail included; bytes go a grace period later; cost follows what goes. */

import { beforeEach, describe, expect, test } from 'vitest';
import { deletePagesBelow, findLogStart, hasPagesBelow } from '../../lib/jobs/retain-partition.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { emptyHead } from '../../lib/log/partition-head.js';
import { formatSegmentKey } from '../../lib/log/segment-key.js';
import { refA } from '../broker/broker-fixture.js';
import { createFaultyStores } from '../support/faulty-stores.js';
import { createJobsFixture, hourMs, type JobsFixture, orphans } from './jobs-fixture.js';

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
});

async function fillHours(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    await fixture.fill(tailEntriesPerPage);
    await fixture.world.advance(hourMs);
  }
}

test('by time: what is older goes, what is younger stays', async () => {
  await fillHours(6);
  const { nextOffset } = await fixture.head();
  const before = await fixture.read(0);
  const report = await fixture.maintain({ configs: { retentionMs: 3 * hourMs } });
  const { logStartOffset } = await fixture.head();
  expect(logStartOffset).toBe(nextOffset / 2);
  expect(report.recordsExpired).toBe(logStartOffset);
  expect(await fixture.read()).toEqual(before.slice(logStartOffset));
});

test('by time: the tail goes as well, and the log goes on from there', async () => {
  await fixture.fill(5);
  await fixture.world.advance(9 * hourMs);
  const { nextOffset } = await fixture.head();
  await fixture.maintain({ configs: { retentionMs: hourMs } });
  expect(await fixture.head()).toMatchObject({ logStartOffset: nextOffset, nextOffset });
  await fixture.fill(1);
  expect(await fixture.read()).toHaveLength(1);
});

test.each([0, 1_000, 3_000, 100_000])('by size: at least %i bytes stay', async (retentionBytes) => {
  await fixture.fill(tailEntriesPerPage * 2 + 5);
  const sizes = async () => {
    const { tail, logStartOffset, tailBaseOffset } = await fixture.head();
    const locations = [...(await fixture.pages()).flatMap((page) => page.locations), ...tail];
    let offset = (await fixture.pages())[0]?.baseOffset ?? tailBaseOffset;
    let kept: number[] = [];
    for (const { recordCount, sizeBytes } of locations) {
      if (offset >= logStartOffset) kept = [...kept, sizeBytes];
      offset += recordCount;
    }
    return kept;
  };
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const before = sum(await sizes());
  await fixture.maintain({ configs: { retentionBytes } });
  const kept = await sizes();
  expect(sum(kept)).toBeGreaterThanOrEqual(Math.min(before, retentionBytes));
  // One location less would be too little.
  if (before > retentionBytes) expect(sum(kept.slice(1))).toBeLessThan(Math.max(1, retentionBytes));
});

test.each<[string, object]>([
  ['without a limit', { retentionMs: -1, retentionBytes: -1 }],
  [
    'where keys are compacted only',
    { retentionMs: 1, cleanupPolicy: { delete: false, compact: true } },
  ],
])('%s nothing goes', async (_what, configs) => {
  await fillHours(3);
  await fixture.maintain({ configs });
  expect((await fixture.head()).logStartOffset).toBe(0);
});

test('segments and pages below the log start go after the grace period, not before', async () => {
  await fixture.fill(tailEntriesPerPage);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  await fixture.fill(tailEntriesPerPage * 2);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  expect(await fixture.keys('segments/')).toHaveLength(2);
  const first = (await fixture.pages())[0] as IndexPage;
  await fixture.truth.index.raiseLogStart(refA, first.nextOffset);
  const settings = { graceMs: 2 * hourMs };
  await fixture.maintain({ settings });
  await fixture.world.advance(2 * hourMs - 1);
  expect(await fixture.maintain({ settings })).toMatchObject({ kind: 'idle' });
  expect(await fixture.keys('segments/')).toHaveLength(2);
  await fixture.world.advance(1);
  expect(await fixture.maintain({ settings })).toMatchObject({ pagesDeleted: 1 });
  expect(await fixture.keys('segments/')).toHaveLength(1);
  expect(await orphans(fixture)).toEqual([]);
  expect(await fixture.maintain({ settings })).toMatchObject({ kind: 'idle' });
});

test('a trim into a page leaves the page, and a trim to the end leaves none', async () => {
  await fixture.fill(tailEntriesPerPage * 2);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  const before = await fixture.read(0);
  await fixture.truth.index.raiseLogStart(refA, 7);
  expect(await fixture.maintain()).toMatchObject({ kind: 'idle' });
  expect(await fixture.read()).toEqual(before.slice(7));
  const { nextOffset } = await fixture.head();
  await fixture.truth.index.raiseLogStart(refA, nextOffset);
  await fixture.maintain();
  await fixture.world.advance(9 * hourMs);
  await fixture.maintain();
  expect(await fixture.pages()).toEqual([]);
  expect(await fixture.keys('segments/')).toEqual([]);
});

test('a reader below the log start is told where it begins, whether or not the pages are gone', async () => {
  await fillHours(3);
  const { tailBaseOffset } = await fixture.head();
  await fixture.truth.index.raiseLogStart(refA, tailBaseOffset);
  const told = { code: 'OFFSET_OUT_OF_RANGE', details: { earliest: tailBaseOffset } };
  await expect(fixture.read(0)).rejects.toMatchObject(told);
  const old = { ...(await fixture.head()), logStartOffset: 0 };
  expect(await deletePagesBelow(fixture.truth, refA, tailBaseOffset)).toBeGreaterThan(0);
  // It had read the head before, and finds the pages gone.
  const { readHead } = fixture.truth.index;
  let served = 0;
  fixture.truth.index.readHead = async (ref) => (served++ === 0 ? old : readHead(ref));
  await expect(fixture.truth.index.readHead(refA)).resolves.toBe(old);
  served = 0;
  await expect(fixture.read(0)).rejects.toMatchObject(told);
});

describe('what it costs', () => {
  const pageRecords = 10;

  /** Pages of one segment each, written directly. */
  async function withPages(count: number) {
    const { index } = fixture.truth;
    const head = {
      ...emptyHead,
      nextOffset: count * pageRecords,
      tailBaseOffset: count * pageRecords,
    };
    const pages = Array.from({ length: count }, (_, i): IndexPage => {
      const [baseOffset, nextOffset] = [i * pageRecords, (i + 1) * pageRecords];
      const uuid = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      const objectKey = formatSegmentKey({ ref: refA, baseOffset, leaderEpoch: 1, uuid });
      const size = { position: 4, sizeBytes: 100, recordCount: pageRecords, splits: [] };
      const locations = [{ objectKey, ...size, maxTimestampMs: i }];
      return { baseOffset, nextOffset, maxTimestampMs: i, endBytes: (i + 1) * 100, locations };
    });
    let left = pages;
    const stores = {
      ...fixture.truth,
      index: {
        ...index,
        findPages: async (_ref: unknown, offset: number, pagesMax: number) => {
          const from = left.findIndex(({ nextOffset }) => nextOffset > offset);
          return from === -1 ? [] : left.slice(from, from + pagesMax);
        },
        deletePages: async (_ref: unknown, ends: readonly number[]) => {
          const gone = new Set(ends);
          left = left.filter(({ nextOffset }) => !gone.has(nextOffset));
        },
      },
    };
    const faulty = createFaultyStores(stores);
    const pagedBytes = count * 100;
    return { faulty, head: { ...head, pagedBytes, compactedTo: head.nextOffset } };
  }

  async function callsToExpire(kept: number, gone: number): Promise<number> {
    const { faulty, head } = await withPages(kept + gone);
    const { index } = faulty.stores;
    const retention = { retentionMs: 1_000_000 - gone, retentionBytes: -1 };
    const start = await findLogStart(index, refA, head, retention, 1_000_000);
    expect(start).toBe(gone === 0 ? undefined : gone * pageRecords);
    if (start !== undefined) {
      expect(await hasPagesBelow(index, refA, start)).toBe(true);
      expect(await deletePagesBelow(faulty.stores, refA, start)).toBe(gone);
    }
    return faulty.calls.length;
  }

  test('follows what goes, at 1,000 entries as at 100,000', async () => {
    for (const gone of [0, 1, 64, 640]) {
      const few = await callsToExpire(1_000, gone);
      expect(await callsToExpire(100_000, gone)).toBe(few);
      expect(few).toBeLessThanOrEqual(4 + Math.ceil(gone / 64) * 5);
    }
  });

  test('retention by size asks as little', async () => {
    for (const kept of [1_000, 100_000]) {
      const { faulty, head } = await withPages(kept + 64);
      const retention = { retentionMs: -1, retentionBytes: kept * 100 };
      const start = await findLogStart(faulty.stores.index, refA, head, retention, 0);
      expect(start).toBe(64 * pageRecords);
      expect(faulty.calls.length).toBeLessThanOrEqual(2);
    }
  });
});
