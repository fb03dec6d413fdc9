/**
 * A small object whose transaction failed stays refused: a commit that points to it is turned down each
 * time it is tried, or the log would point to nothing.
 */

import { expect, test, vi } from 'vitest';
import type { GroupCommit } from '../../../lib/store/local/group-commit.js';
import type { LocalObjects } from '../../../lib/store/local/local-objects.js';
import { createSmallObjects } from '../../../lib/store/local/small-objects.js';
import { StoreError } from '../../../lib/store/store-error.js';

const full = new StoreError('the disk is full', { reason: 'full', effect: 'none' });

function objectsOn(run: GroupCommit['run']) {
  const values = new Map<unknown, Uint8Array>();
  const table = {
    get: (key: unknown) => values.get(key),
    put: (key: unknown, value: Uint8Array) => void values.set(key, value),
    remove: (key: unknown) => void values.delete(key),
    values: () => [],
    keys: () => [],
  };
  const files = {
    has: () => false,
    read: async () => ({ kind: 'missing' as const }),
  } as unknown as LocalObjects;
  const commits = { run, runSoon: run, close: async () => {} };
  return createSmallObjects(table, files, commits, (read) => read());
}

test('a commit to an object that failed is refused however often it is tried', async () => {
  const objects = objectsOn(() => Promise.reject(full));
  await objects.put('key', [new Uint8Array([1])]);
  expect(() => objects.assertPut('key')).toThrow(StoreError);
  await vi.waitFor(async () => {
    expect(await objects.read('key', 0, 1)).toEqual({ kind: 'missing' });
  });
  for (const attempt of [1, 2, 3]) {
    const refused = expect.objectContaining({ reason: 'full', effect: 'none' });
    expect(() => objects.assertPut('key'), `attempt ${attempt}`).toThrow(refused);
  }
});

test('an object that is on disk is taken', async () => {
  const objects = objectsOn(async (decide) => {
    const { answer, write } = decide();
    write?.();
    return answer;
  });
  await objects.put('key', [new Uint8Array([1])]);
  expect(() => objects.assertPut('key')).not.toThrow();
  expect(await objects.read('key', 0, 1)).toEqual({ kind: 'bytes', bytes: new Uint8Array([1]) });
});
