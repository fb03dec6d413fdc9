/**
 * Large objects, written piece by piece into a file beside the objects, which takes its name only when
 * all of it is on disk. What a crash leaves behind lies under `partial` and goes when the store is opened.
 */

import { rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectWriter } from '../object-store.js';
import { StoreError } from '../store-error.js';
import type { Directories } from './directories.js';
import { storeErrorOf } from './io-errors.js';
import type { ObjectFile, OpenFile } from './object-file.js';

/** No key begins with it. */
export const partialDirectory = 'partial';

export async function createFileWriter(
  root: string,
  key: string,
  directories: Directories,
  open: OpenFile,
): Promise<ObjectWriter> {
  const path = join(root, key);
  const partialPath = join(root, partialDirectory, key.replaceAll('/', '-'));
  let file: ObjectFile | undefined = await orStoreError(key, async () => {
    await directories.ensure(dirname(partialPath));
    return open(partialPath, 'wx');
  });

  async function abort(): Promise<void> {
    const open = file;
    file = undefined;
    if (!open) return;
    await open.close().catch(() => {});
    await unlink(partialPath).catch(() => {});
  }

  return {
    abort,
    append: (bytes) =>
      orStoreError(key, async () => {
        if (!file)
          throw new StoreError('the writer is done', { reason: 'unavailable', effect: 'none' });
        for (let written = 0; written < bytes.length; ) {
          written += (await file.writev([bytes.subarray(written)])).bytesWritten;
        }
      }),
    finish: () =>
      orStoreError(key, async () => {
        await file?.datasync();
        await file?.close();
        file = undefined;
        await directories.ensure(dirname(path));
        await rename(partialPath, path);
        await directories.flush(dirname(path));
      }),
  };
}

async function orStoreError<T>(key: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw storeErrorOf(error, `cannot write object ${key}`, 'unknown');
  }
}
