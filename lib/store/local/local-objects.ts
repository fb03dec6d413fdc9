/**
 * Objects as files, `objects/<key>`. A put that returned is on disk, file and directory entry. What a
 * crash leaves half-written is under a key that nothing refers to and that never comes again.
 */

import type { Dirent } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert } from '../../log/assert.js';
import { type ByteParts, subRange } from '../../log/byte-parts.js';
import type { ObjectStore, PutOutcome } from '../object-store.js';
import { StoreError } from '../store-error.js';
import { createDirectories, type Directories } from './directories.js';
import { createFileWriter, partialDirectory } from './file-writer.js';
import { codeOf, storeErrorOf } from './io-errors.js';
import { type ObjectFile, type OpenFile, openFile } from './object-file.js';

export type LocalObjects = Omit<ObjectStore, 'deletePrefix'> & {
  /** Takes no more, and resolves when no put or delete is under way. */
  close(): Promise<void>;
};

/** Keys are made by us; this asserts it, for they become paths. */
const keyShape = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

export function createLocalObjects(root: string, open: OpenFile = openFile): LocalObjects {
  const directories = createDirectories();
  const putting = new Map<string, Promise<PutOutcome>>();
  const deleting = new Set<Promise<void>>();

  let closed = false;

  function pathOf(key: string): string {
    if (closed) {
      throw new StoreError('the store is closed', { reason: 'unavailable', effect: 'none' });
    }
    assert(keyShape.test(key), `an object key, not ${JSON.stringify(key)}`);
    return join(root, key);
  }

  return {
    async put(key, parts) {
      const path = pathOf(key);
      // `exists` must mean that it is there for good: an earlier put of the key comes to its end first.
      while (putting.has(key)) await putting.get(key)?.catch(() => {});
      const put = writeObject(path, parts, directories, open).catch((error: unknown) => {
        throw storeErrorOf(error, `cannot write object ${key}`);
      });
      putting.set(key, put);
      return put.finally(() => putting.delete(key));
    },

    async read(key, position, sizeBytes) {
      const path = pathOf(key);
      try {
        return await readObject(path, key, position, sizeBytes, open);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return { kind: 'missing' };
        throw storeErrorOf(error, `cannot read object ${key}`);
      }
    },

    async delete(keys) {
      const paths = keys.map(pathOf);
      const job = deleteObjects(paths, root, directories).catch((error: unknown) => {
        throw storeErrorOf(error, 'cannot delete objects', 'unknown');
      });
      deleting.add(job);
      return job.finally(() => deleting.delete(job));
    },

    create: (key) => {
      pathOf(key);
      return createFileWriter(root, key, directories, open);
    },

    async list(prefix, countMax, after = '') {
      const keys = await keysBelow(root, prefix);
      return keys.filter((key) => key > after).slice(0, countMax);
    },

    async listPrefixes(prefix) {
      return (await entriesOf(join(root, prefix)))
        .filter((entry) => entry.isDirectory() && entry.name !== partialDirectory)
        .map(({ name }) => name);
    },

    async close() {
      closed = true;
      await Promise.allSettled([...putting.values(), ...deleting]);
    },
  };
}

/** `prefix` ends at a slash. */
async function keysBelow(root: string, prefix: string): Promise<string[]> {
  assert(prefix.endsWith('/'), 'a prefix is a directory');
  const keys: string[] = [];
  for (const entry of await entriesOf(join(root, prefix))) {
    const key = prefix + entry.name;
    if (entry.isDirectory()) keys.push(...(await keysBelow(root, `${key}/`)));
    else keys.push(key);
  }
  return keys.sort();
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw storeErrorOf(error, 'cannot list objects');
  }
}

async function writeObject(
  path: string,
  parts: ByteParts,
  directories: Directories,
  open: OpenFile,
): Promise<PutOutcome> {
  const file = await createFile(path, directories, open);
  if (!file) return 'exists';
  try {
    let left = subRange(parts, 0);
    while (left.length > 0) {
      const { bytesWritten } = await file.writev(left);
      left = subRange(left, bytesWritten);
    }
    // Together, so that a journalling file system needs one commit for both.
    await allDone([file.datasync(), directories.flush(dirname(path))]);
    await file.close();
    return 'written';
  } catch (error) {
    await file.close().catch(() => {});
    await removeHalf(path, error);
    throw error;
  }
}

/** Undefined when there is a file already. */
async function createFile(
  path: string,
  directories: Directories,
  open: OpenFile,
): Promise<ObjectFile | undefined> {
  const directory = dirname(path);
  for (;;) {
    try {
      await directories.ensure(directory);
      return await open(path, 'wx');
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return undefined;
      // Clean-up took the directory away as empty in between.
      if (codeOf(error) !== 'ENOENT') throw error;
      directories.forget(directory);
    }
  }
}

/** Unlike Promise.all, leaves nothing running when it fails. */
async function allDone(jobs: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(jobs)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

async function removeHalf(path: string, cause: unknown): Promise<void> {
  await unlink(path).catch(() => {
    const { reason, message } = storeErrorOf(cause, 'cannot write an object, nor remove its half');
    throw new StoreError(message, { reason, effect: 'unknown', cause });
  });
}

async function readObject(
  path: string,
  key: string,
  position: number,
  sizeBytes: number,
  open: OpenFile,
): Promise<{ kind: 'bytes'; bytes: Uint8Array }> {
  const file = await open(path, 'r');
  try {
    // Unshared and not zeroed first: all of it is read over, or none of it is handed out.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
    let filled = 0;
    while (filled < sizeBytes) {
      const left = sizeBytes - filled;
      const { bytesRead } = await file.read(bytes, filled, left, position + filled);
      if (bytesRead === 0) {
        throw new StoreError(`object ${key} ends before ${position + sizeBytes}`, {
          reason: 'corrupt',
          effect: 'none',
        });
      }
      filled += bytesRead;
    }
    return { kind: 'bytes', bytes };
  } finally {
    await file.close();
  }
}

async function deleteObjects(
  paths: readonly string[],
  root: string,
  directories: Directories,
): Promise<void> {
  // One after another: a large deletion must not keep puts from the thread pool.
  for (const path of paths) {
    await unlink(path).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }
  for (const directory of new Set(paths.map((path) => dirname(path)))) {
    await settleDirectory(directory, root, directories);
  }
}

/** Makes deletions last; an emptied directory goes too, as a bucket of the WAL does every hour. */
async function settleDirectory(
  directory: string,
  root: string,
  directories: Directories,
): Promise<void> {
  let path = directory;
  directories.forget(path);
  try {
    for (; path !== root; path = dirname(path)) {
      await rmdir(path);
      directories.forget(dirname(path));
    }
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
  await directories.flush(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}
