/**
 * Object files on disks that fail: a failed put leaves nothing behind and says what it was, and no key
 * leads out of the directory.
 */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalObjects } from '../../../lib/store/local/local-objects.js';
import { type ObjectFile, openFile } from '../../../lib/store/local/object-file.js';
import { walKey } from '../../conformance/log-builders.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logbrook-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function filesLeft(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map(({ name }) => name);
}

/** A real file of which some calls fail or do less. */
function withFaults(faults: (file: ObjectFile) => Partial<ObjectFile>) {
  return async (path: string, flags: 'r' | 'wx'): Promise<ObjectFile> => {
    const real = await openFile(path, flags);
    return { ...real, ...faults(real) };
  };
}

async function failure(code: string): Promise<never> {
  throw Object.assign(new Error(`${code}: no such luck`), { code });
}

describe('a disk that fails', () => {
  // Fault 52 of docs/faults.md.
  test('when it is full: the half that was written is gone, and nothing happened', async () => {
    const open = withFaults((real) => {
      let room = [1_000, 0];
      return {
        writev([part = new Uint8Array()]) {
          const [sizeBytes = 0, ...rest] = room;
          room = rest;
          return sizeBytes > 0 ? real.writev([part.subarray(0, sizeBytes)]) : failure('ENOSPC');
        },
      };
    });
    const objects = createLocalObjects(root, open);
    const key = walKey();
    await expect(objects.put(key, [new Uint8Array(5_000)])).rejects.toMatchObject({
      ...{ name: 'StoreError', reason: 'full', effect: 'none' },
      message: expect.stringMatching(/full/),
    });
    expect(await filesLeft()).toEqual([]);
    expect(await objects.read(key, 0, 1)).toEqual({ kind: 'missing' });
    // With room again, the same put succeeds.
    expect(await createLocalObjects(root).put(key, [new Uint8Array(5_000)])).toBe('written');
  });

  test('when flushing: what was not flushed is not kept', async () => {
    const open = withFaults(() => ({ datasync: () => failure('EIO') }));
    const objects = createLocalObjects(root, open);
    await expect(objects.put(walKey(), [new Uint8Array(10)])).rejects.toMatchObject({
      ...{ name: 'StoreError', reason: 'unavailable', effect: 'none' },
    });
    expect(await filesLeft()).toEqual([]);
  });

  test('when opening: its reason is told', async () => {
    for (const [code, reason] of [
      ['EMFILE', 'unavailable'],
      ['EACCES', 'denied'],
      ['EDQUOT', 'full'],
    ] as const) {
      const objects = createLocalObjects(root, () => failure(code));
      const error = { name: 'StoreError', reason, effect: 'none' };
      await expect(objects.put(walKey(), [new Uint8Array(1)])).rejects.toMatchObject(error);
      await expect(objects.read(walKey(), 0, 1)).rejects.toMatchObject(error);
    }
  });

  test('by writing and reading less than it was asked to: it is asked again', async () => {
    const open = withFaults((real) => ({
      writev: ([part = new Uint8Array()]) => real.writev([part.subarray(0, 7)]),
      read: (bytes, from, sizeBytes, position) =>
        real.read(bytes, from, Math.min(5, sizeBytes), position),
    }));
    const objects = createLocalObjects(root, open);
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const key = walKey();
    await objects.put(key, [bytes.subarray(0, 10), bytes.subarray(10, 11), bytes.subarray(11)]);
    const read = await objects.read(key, 3, 90);
    expect(read).toEqual({ kind: 'bytes', bytes: bytes.subarray(3, 93) });
  });
});

test('a second put of a key answers when the first is on disk', async () => {
  let flushed = false;
  const open = withFaults((real) => ({
    async datasync() {
      await real.datasync();
      flushed = true;
    },
  }));
  const objects = createLocalObjects(root, open);
  const key = walKey();
  const first = objects.put(key, [new Uint8Array(1_000)]);
  const second = objects.put(key, [new Uint8Array(1_000)]).then((outcome) => [outcome, flushed]);
  expect(await second).toEqual(['exists', true]);
  expect(await first).toBe('written');
});

test('a put is acknowledged after file and directory are flushed', async () => {
  const steps: string[] = [];
  const open = withFaults((real) => ({
    async writev(parts) {
      steps.push('write');
      return real.writev(parts);
    },
    async datasync() {
      await real.datasync();
      steps.push('flushed');
    },
    async close() {
      await real.close();
      steps.push('closed');
    },
  }));
  await createLocalObjects(root, open).put(walKey(), [new Uint8Array(10)]);
  expect(steps).toEqual(['write', 'flushed', 'closed']);
});

// Fault 32 of docs/faults.md.
test('no key leads out of the directory', async () => {
  const objects = createLocalObjects(join(root, 'inside'));
  const keys = ['', '/', '/etc/passwd', '..', '../x', 'a/../../x', 'a//b', 'a/', '.hidden', 'a\0b'];
  for (const key of [...keys, 'a\\b', 'wal/..', './a', 'a/./b', 'ä']) {
    await expect(objects.put(key, [new Uint8Array(1)])).rejects.toThrow(/object key/);
    await expect(objects.read(key, 0, 1)).rejects.toThrow(/object key/);
    await expect(objects.delete([key])).rejects.toThrow(/object key/);
  }
  expect(await readdir(root)).toEqual([]);
});

test('an emptied bucket goes with its last object, while puts go on', async () => {
  const objects = createLocalObjects(root);
  for (let round = 0; round < 20; round++) {
    const keys = Array.from({ length: 4 }, walKey);
    await Promise.all(keys.map((key) => objects.put(key, [new Uint8Array(1)])));
    const next = Array.from({ length: 4 }, walKey);
    const puts = next.map((key) => objects.put(key, [new Uint8Array(1)]));
    await Promise.all([objects.delete(keys), ...puts]);
    for (const key of next) expect((await objects.read(key, 0, 1)).kind).toBe('bytes');
    await objects.delete(next);
    expect(await readdir(root)).toEqual([]);
  }
});
