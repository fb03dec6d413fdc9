/**
 * Reading what the index points to: every offset at every boundary, bytes that are spoilt or gone, and
 * holes, which must never look like the next record.
 */

import { beforeEach, expect, test } from 'vitest';
import { createPartitionWriter } from '../../lib/broker/partition-writer.js';
import { endOf, IndexMoved, locate, readBatches } from '../../lib/broker/read-batches.js';
import { rollTail } from '../../lib/broker/roll-tail.js';
import { planObject } from '../../lib/log/append-plan.js';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import type { PartitionHead } from '../../lib/log/partition-head.js';
import { planRolls } from '../../lib/log/tail-roll.js';
import { formatWalKey } from '../../lib/log/wal-key.js';
import { encodeWalObject } from '../../lib/log/wal-object.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { flipped, missing, truncated } from '../support/faulty-stores.js';
import { batchOf, createFixture, type Fixture, nameOf, refA } from './broker-fixture.js';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await createFixture();
});

/** Commits objects of `perObject` batches with `recordCount` records each. */
async function fill(objects: number, perObject = 1, recordCount = 2): Promise<void> {
  const { index, objects: store } = fixture.truth;
  const ignore = { committed() {}, vanished() {}, roll() {}, rollNow: async () => {} };
  const writer = createPartitionWriter(refA, { index, world: fixture.world, ...ignore });
  for (let i = 0; i < objects; i++) {
    const batches = Array.from({ length: perObject }, (_, j) => ({
      ...batchOf(`b${i}.${j}`, recordCount),
      settle() {},
    }));
    const layout = planObject(batches);
    const objectKey = formatWalKey({
      bucket: 2_026_112_307,
      uuid: fixture.world.uuid(),
      inline: false,
    });
    await store.put(objectKey, encodeWalObject(layout.parts, layout.ranges, nodeCodecs));
    const laidOut = layout.partitions[0]?.batches ?? [];
    const patience = { sinceMs: 0, forMs: Number.MAX_SAFE_INTEGER };
    await writer.commit(objectKey, 2_026_112_307, laidOut, patience);
  }
}

async function read(offset: number, bytesMax: number, at?: PartitionHead): Promise<string[]> {
  const head = at ?? (await fixture.head());
  const { stores } = fixture.faulty;
  const { batches } = await readBatches(stores, nodeCodecs, refA, head, offset, bytesMax);
  return batches.map((batch) => `${nameOf(batch)}@${readBatchHeader(batch).baseOffset}`);
}

/** Every way to begin: from each offset, in small and in large bites, on to the end. */
async function expectAllIsRead(head: PartitionHead): Promise<void> {
  const whole = await fixture.log();
  const inHead = whole.filter((line) => Number(line.split('@')[1]) < head.nextOffset);
  for (let offset = 0; offset < head.nextOffset; offset++) {
    const from = inHead.slice(Math.floor(offset / 2));
    expect((await read(offset, 1, head))[0]).toBe(from[0]);
    const some = await read(offset, 700, head);
    expect(some).toEqual(from.slice(0, some.length));
    const all = await read(offset, 10_000_000, head);
    expect(all).toEqual(from.slice(0, all.length));
    expect(all.length).toBeGreaterThanOrEqual(Math.min(from.length, 2 * tailEntriesPerPage));
  }
}

test('every offset is found, in pages and in the tail, at every boundary', async () => {
  await fill(tailEntriesPerPage * 3 + 5);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  expect((await fixture.head()).tail).toHaveLength(5);
  await expectAllIsRead(await fixture.head());
});

test('a head that was read before a roll still finds every offset after it', async () => {
  await fill(tailEntriesPerPage * 2 + 3);
  const before = await fixture.head();
  const plan = planRolls(before);
  // Pages are written in any order, and the advance may never come: a reader is to notice nothing.
  for (const page of plan?.pages.toReversed() ?? []) {
    await fixture.truth.index.writePage(refA, page);
    await expectAllIsRead(before);
  }
  await fill(4);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  await fill(tailEntriesPerPage);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  await expectAllIsRead(before);
  await expectAllIsRead(await fixture.head());
});

test('a head that was read before pages beyond it became one page still finds every offset', async () => {
  const { index } = fixture.truth;
  await fill(tailEntriesPerPage + 3);
  await rollTail(index, refA, await fixture.head());
  const old = await fixture.head();
  await fill(tailEntriesPerPage);
  await rollTail(index, refA, await fixture.head());
  const pages = await index.findPages(refA, 0, 10);
  const [first, last] = [pages[0], pages.at(-1)];
  if (!first || !last) throw new Error('there are no pages');
  expect(last.nextOffset).toBeGreaterThan(old.tailBaseOffset);
  const lease = { candidate: 'leader', nowMs: 0, leaseMs: 1 };
  await index.takeLease(refA, lease);
  const leadership = { leader: 'leader', leaderEpoch: 1 };
  const locations = pages.flatMap((page) => page.locations);
  const page = { ...last, baseOffset: first.baseOffset, locations };
  expect(await index.replacePages(refA, leadership, { page })).toBe('replaced');
  await index.deletePages(refA, [first.nextOffset]);
  const whole = await fixture.log();
  for (let offset = 0; offset < old.nextOffset; offset++) {
    expect((await read(offset, 1, old))[0]).toBe(whole[Math.floor(offset / 2)]);
  }
});

test('a page that is there before the one in front of it is no hole', async () => {
  await fill(tailEntriesPerPage);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  await fill(tailEntriesPerPage * 2);
  const head = await fixture.head();
  const last = planRolls(head)?.pages.at(-1);
  expect(last?.baseOffset).toBeGreaterThan(head.tailBaseOffset);
  if (last) await fixture.truth.index.writePage(refA, last);
  await expectAllIsRead(head);
});

test('batches that are neighbours in one object are one read', async () => {
  await fill(1, 30);
  expect(await read(0, 1_000_000)).toHaveLength(30);
  expect(fixture.faulty.count('objects.read')).toBe(1);
  await fill(3);
  fixture.faulty.calls.length = 0;
  expect(await read(58, 1_000_000)).toHaveLength(4);
  expect(fixture.faulty.count('objects.read')).toBe(4);
});

test('the batch around an offset is served whole, and at least one whatever the budget', async () => {
  await fill(1, 3, 4);
  expect(await read(5, 1)).toEqual(['b0.1@4']);
  expect(await read(7, 0)).toEqual(['b0.1@4']);
  expect(await read(8, 1)).toEqual(['b0.2@8']);
});

const damage = [
  ['a flipped byte', flipped(30)],
  ['a flipped length', flipped(11)],
  ['a flipped magic', flipped(16)],
  ['a cut object', truncated],
] as const;

test.each(damage)('%s is read once more, and then served', async (_what, fault) => {
  await fill(1, 2);
  fixture.faulty.fail('objects.read', fault);
  expect(await read(0, 1_000_000)).toEqual(['b0.0@0', 'b0.1@2']);
  expect(fixture.faulty.count('objects.read')).toBe(2);
});

// Fault 10 of docs/faults.md.
test.each(damage)(
  '%s that stays is reported with its object and never served',
  async (_what, fault) => {
    await fill(1, 2);
    fixture.faulty.fail('objects.read', fault, 2);
    await expect(read(0, 1_000_000)).rejects.toMatchObject({
      name: 'BrokerError',
      code: 'KAFKA_STORAGE_ERROR',
      sideEffects: 'none',
      details: { corrupt: true, objectKey: expect.stringContaining('wal/'), baseOffset: 0 },
    });
  },
);

test('one of many objects that fails does not hold a reader up who is far behind', async () => {
  await fill(4);
  const { faulty } = fixture;
  for (const fault of [undefined, undefined, { kind: 'before' } as const]) {
    faulty.fail('objects.read', fault);
  }
  expect(await read(0, 1_000_000)).toEqual(['b0.0@0', 'b1.0@2']);
  // Whoever goes on from there is told, should it fail again.
  faulty.fail('objects.read', { kind: 'before' });
  await expect(read(4, 1_000_000)).rejects.toMatchObject({ reason: 'unavailable' });
  faulty.fail('objects.read', undefined);
  faulty.fail('objects.read', missing);
  expect(await read(4, 1_000_000)).toEqual(['b2.0@4']);
  await expect(read(4, 1_000_000)).resolves.toEqual(['b2.0@4', 'b3.0@6']);
});

test('an object that is not there is told apart from one that is corrupt', async () => {
  await fill(1);
  fixture.faulty.fail('objects.read', missing);
  await expect(read(0, 1)).rejects.toBeInstanceOf(IndexMoved);
});

test('a hole in the index is an error and not a jump', async () => {
  await fill(tailEntriesPerPage * 3);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  const { findPages } = fixture.truth.index;
  const pages = await findPages(refA, 0, 9);
  expect(pages).toHaveLength(3);
  for (const lost of [0, 1, 2]) {
    const left = pages.filter((_, i) => i !== lost);
    fixture.faulty.fail('index.findPages', { kind: 'altered', change: () => left });
    const offset = pages[0]?.baseOffset ?? 0;
    const reading = read(offset, 10_000_000);
    // Without its last page the index ends early: what is there is served, and no more.
    if (lost === 2) expect(await reading).toHaveLength(2 * tailEntriesPerPage);
    else await expect(reading).rejects.toBeInstanceOf(IndexMoved);
  }
  fixture.faulty.fail('index.findPages', { kind: 'altered', change: () => [] });
  await expect(read(1, 1)).rejects.toThrow('hole at offset 1');
});

test('the index is asked for as few pages as the budget needs', async () => {
  await fill(tailEntriesPerPage * 9 + 3);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  const head = await fixture.head();
  await locate(fixture.faulty.stores, refA, head, 0, 1);
  expect(fixture.faulty.calls.at(-1)?.args[2]).toBe(2);
  await locate(fixture.faulty.stores, refA, head, head.tailBaseOffset, 1);
  expect(fixture.faulty.count('index.findPages')).toBe(1);
});

test('the end of a placed batch is one past its last record, beyond 2^32 too', async () => {
  await fill(1, 1, 3);
  const head = { ...(await fixture.head()), tailBaseOffset: 2 ** 33, nextOffset: 2 ** 33 + 3 };
  const read = await readBatches(fixture.truth, nodeCodecs, refA, head, 2 ** 33, 1);
  const [batch] = read.batches;
  expect(batch && endOf(batch)).toBe(2 ** 33 + 3);
  expect(read.nextOffset).toBe(2 ** 33 + 3);
});
