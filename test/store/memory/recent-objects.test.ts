/** Objects kept in memory: bounded, never handed out to be written to, gone when they are deleted. */

import { beforeEach, expect, test } from 'vitest';
import { createMemoryStores } from '../../../lib/store/memory/memory-store.js';
import type { ObjectStore } from '../../../lib/store/object-store.js';
import { keepRecentObjects } from '../../../lib/store/recent-objects.js';
import { createFaultyStores, type FaultyStores } from '../../support/faulty-stores.js';

let faulty: FaultyStores;
let objects: ObjectStore;

beforeEach(() => {
  faulty = createFaultyStores(createMemoryStores());
  objects = keepRecentObjects(faulty.stores.objects, 100);
});

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, i) => i);
const readsBelow = () => faulty.count('objects.read');

async function read(key: string, position: number, sizeBytes: number): Promise<number[] | string> {
  const answer = await objects.read(key, position, sizeBytes);
  return answer.kind === 'bytes' ? [...answer.bytes] : answer.kind;
}

test('what was just written is read without asking the store', async () => {
  await objects.put('a', [bytesOf(10)]);
  expect(await read('a', 2, 3)).toEqual([2, 3, 4]);
  expect(readsBelow()).toBe(0);
});

test('it is read over the borders of the parts it came in', async () => {
  await objects.put('a', [bytesOf(3), bytesOf(0), bytesOf(2), bytesOf(4)]);
  expect(await read('a', 1, 6)).toEqual([1, 2, 0, 1, 0, 1]);
  expect(await read('a', 8, 1)).toEqual([3]);
  await expect(objects.read('a', 8, 2)).rejects.toThrow();
});

test('a reader may write to what it gets', async () => {
  await objects.put('a', [bytesOf(10)]);
  const answer = await objects.read('a', 0, 4);
  if (answer.kind === 'bytes') answer.bytes.fill(9);
  expect(await read('a', 0, 4)).toEqual([0, 1, 2, 3]);
});

test('the oldest give way, and one that is larger than all memory is not kept', async () => {
  for (const key of ['a', 'b', 'c']) await objects.put(key, [bytesOf(40)]);
  await read('c', 0, 1);
  await read('b', 0, 1);
  expect(readsBelow()).toBe(0);
  expect(await read('a', 39, 1)).toEqual([39]);
  expect(readsBelow()).toBe(1);
  await objects.put('large', [bytesOf(101)]);
  expect(await read('large', 100, 1)).toEqual([100]);
  expect(readsBelow()).toBe(2);
});

test('what is deleted is gone, and makes room', async () => {
  await objects.put('a', [bytesOf(60)]);
  await objects.put('b', [bytesOf(40)]);
  await objects.delete(['a', 'unknown']);
  expect(await read('a', 0, 1)).toBe('missing');
  await objects.put('c', [bytesOf(60)]);
  const before = readsBelow();
  await read('b', 0, 1);
  expect(readsBelow()).toBe(before);
});

test('what may not have been written is not remembered', async () => {
  faulty.fail('objects.put', { kind: 'before' });
  await expect(objects.put('a', [bytesOf(5)])).rejects.toThrow();
  expect(await read('a', 0, 1)).toBe('missing');
  await faulty.stores.objects.put('b', [bytesOf(5)]);
  expect(await objects.put('b', [bytesOf(9)])).toBe('exists');
  expect(await read('b', 4, 1)).toEqual([4]);
});

test('a read beyond the end is left to the store to refuse', async () => {
  await objects.put('a', [bytesOf(5)]);
  await expect(objects.read('a', 3, 5)).rejects.toMatchObject({
    reason: 'corrupt',
    effect: 'none',
  });
});
