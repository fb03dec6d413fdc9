/** What the twin in memory has of its own: bytes that nobody else holds, and calls that are atomic. */

import { beforeEach, expect, test } from 'vitest';
import {
  createMemoryIndex,
  createMemoryObjects,
  createMemoryStores,
  createMemoryTopics,
} from '../../../lib/store/memory/memory-store.js';
import type { PartitionIndex } from '../../../lib/store/partition-index.js';
import { unalteredTopic } from '../../../lib/store/topic-store.js';

const ref = { topicId: 'aaaaaaaa-0000-4000-8000-000000000000', partition: 0 };
let index: PartitionIndex;

beforeEach(async () => {
  index = createMemoryIndex();
  await index.createPartitions(ref.topicId, 0, 1);
});

const entry = (recordCount: number, producer = 'p', baseSequence = 0) => ({
  objectKey: 'o',
  position: 4,
  sizeBytes: 10,
  recordCount,
  maxTimestampMs: 1,
  splits: [],
  stamps: [
    { producer, epoch: 0, baseSequence, nextSequence: baseSequence + recordCount, recordDelta: 0 },
  ],
});

const admissions = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, { evictions: 0, parked: null }]));

test('an object keeps the bytes it was written with', async () => {
  const objects = createMemoryObjects();
  const bytes = new Uint8Array([1, 2, 3]);
  expect(await objects.put('a', [bytes])).toBe('written');
  expect(await objects.put('a', [new Uint8Array([9])])).toBe('exists');
  bytes.fill(7);
  const answer = await objects.read('a', 1, 2);
  expect(answer).toEqual({ kind: 'bytes', bytes: new Uint8Array([2, 3]) });
  if (answer.kind === 'bytes') answer.bytes.fill(8);
  expect(await objects.read('a', 1, 1)).toEqual({ kind: 'bytes', bytes: new Uint8Array([2]) });
  await expect(objects.read('a', 2, 2)).rejects.toMatchObject({ reason: 'corrupt' });
  await objects.delete(['a', 'b']);
  expect(await objects.read('a', 0, 1)).toEqual({ kind: 'missing' });
});

test('commits that meet get neighbouring offsets', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
  const outcomes = await Promise.all(
    names.map((name) =>
      index.commit(ref, { entry: entry(3, name), walBucket: 1, admissions: admissions(name) }),
    ),
  );
  const offsets = outcomes.map((outcome) =>
    outcome.kind === 'committed' ? outcome.baseOffset : -1,
  );
  expect(offsets).toEqual(names.map((_, i) => i * 3));
});

test('a head that was handed out does not change afterwards', async () => {
  const before = await index.readHead(ref);
  const copy = structuredClone(before);
  await index.commit(ref, { entry: entry(3), walBucket: 1, admissions: admissions('p') });
  await index.raiseWalFloor(ref, 5);
  expect(before).toEqual(copy);
  expect((await index.readHead(ref))?.nextOffset).toBe(3);
});

test('what is refused comes with the head as it is', async () => {
  await index.raiseWalFloor(ref, 5);
  const request = { entry: entry(1), walBucket: 4, admissions: admissions('p') };
  expect(await index.commit(ref, request)).toMatchObject({
    kind: 'refused',
    head: { walFloor: 5 },
  });
  expect(await index.raiseWalFloor(ref, 3)).toMatchObject({
    kind: 'changed',
    head: { walFloor: 5 },
  });
  const fence = await index.setFencingToken(ref, 'a', 'other');
  expect(fence).toMatchObject({ kind: 'refused', head: { fencingToken: null } });
});

test('a partition that is gone takes nothing and says so', async () => {
  await index.deletePartitions(ref.topicId, 1);
  const request = { entry: entry(1), walBucket: 1, admissions: admissions('p') };
  expect(await index.commit(ref, request)).toEqual({ kind: 'noPartition' });
  expect(await index.raiseWalFloor(ref, 1)).toEqual({ kind: 'noPartition' });
  expect(await index.readHead(ref)).toBeUndefined();
  expect(await index.findPages(ref, 0, 1)).toEqual([]);
});

test('pages are found by where they end, in order, however they were written', async () => {
  const page = (baseOffset: number) => ({
    baseOffset,
    nextOffset: baseOffset + 10,
    maxTimestampMs: 0,
    locations: [],
  });
  for (const base of [20, 0, 10, 0]) await index.writePage(ref, page(base));
  const bases = async (offset: number, count: number) =>
    (await index.findPages(ref, offset, count)).map(({ baseOffset }) => baseOffset);
  expect(await bases(0, 9)).toEqual([0, 10, 20]);
  expect(await bases(10, 1)).toEqual([10]);
  expect(await bases(9, 2)).toEqual([0, 10]);
  expect(await bases(30, 9)).toEqual([]);
});

test('of two parked states the newer stays, whichever comes last', async () => {
  const state = (nextSequence: number, lastBaseOffset: number) => ({
    epoch: 0,
    nextSequence,
    spans: [],
    lastBaseOffset,
  });
  await index.parkProducer(ref, 'p', state(5, 50));
  await index.parkProducer(ref, 'p', state(3, 30));
  expect(await index.findParkedProducer(ref, 'p')).toMatchObject({ nextSequence: 5 });
  await index.parkProducer(ref, 'p', state(7, 70));
  expect(await index.findParkedProducer(ref, 'p')).toMatchObject({ nextSequence: 7 });
});

test('topics are listed in order, page by page', async () => {
  const topics = createMemoryTopics();
  for (const name of ['c', 'a', 'b']) {
    await topics.create({
      name,
      topicId: name,
      partitionCount: 1,
      createdAtMs: 0,
      ...unalteredTopic,
    });
  }
  const first = await topics.list(2);
  expect([first.topics.map(({ name }) => name), first.after]).toEqual([['a', 'b'], 'b']);
  const last = await topics.list(2, first.after);
  expect([last.topics.map(({ name }) => name), last.after]).toEqual([['c'], undefined]);
});

test('one process owns it, and closing costs nothing', async () => {
  const stores = createMemoryStores();
  expect(stores.shared).toBe(false);
  await stores.close();
});
