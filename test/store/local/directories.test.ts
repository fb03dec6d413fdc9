/** Directories are made with their parents, by many at once, also after somebody took them away. */

import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDirectories } from '../../../lib/store/local/directories.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logbrook-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test('are made with their parents, by many at once', async () => {
  const { ensure } = createDirectories();
  const paths = ['a/b/c', 'a/b/d', 'a/b', 'e', 'a/b/c'].map((path) => join(root, path));
  await Promise.all(paths.map(ensure));
  expect((await readdir(root, { recursive: true })).sort()).toEqual([
    ...['a', 'a/b', 'a/b/c', 'a/b/d', 'e'],
  ]);
});

test('are made again once they are forgotten', async () => {
  const { ensure, forget } = createDirectories();
  const path = join(root, 'a');
  await ensure(path);
  await rmdir(path);
  await ensure(path);
  expect(await readdir(root)).toEqual([]);
  forget(path);
  await ensure(join(path, 'b'));
  expect(await readdir(path)).toEqual(['b']);
});

test.runIf(existsSync('/proc/self'))('cannot be made where the system lets nobody', async () => {
  const { ensure } = createDirectories();
  await expect(ensure('/proc/nothing/index')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('cannot be made in the place of a file', async () => {
  await writeFile(join(root, 'file'), '');
  const { ensure } = createDirectories();
  await expect(ensure(join(root, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('are flushed however many ask, and a flush that fails is told to all of them', async () => {
  const { flush } = createDirectories();
  await Promise.all(Array.from({ length: 20 }, () => flush(root)));
  const gone = join(root, 'gone');
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => flush(gone)));
  expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'));
  await flush(root);
});
