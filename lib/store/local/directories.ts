/**
 * Directories whose entries survive a power cut: a new file is only there for good once its directory
 * is on disk too. Callers that come while a directory is being flushed share the flush after it.
 */

import { closeSync, fsync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './io-errors.js';

export type Directories = {
  /** Makes the directory and its parents; all of them are on disk when it returns. */
  ensure(path: string): Promise<void>;
  /** Drops what `ensure` remembers: the directory may be gone. */
  forget(path: string): void;
  /** When it returns, every entry that was made before the call is on disk. */
  flush(path: string): Promise<void>;
};

type Flush = { readonly running: Promise<void>; next?: Promise<void> };

/** Windows cannot flush a directory, and does not need it. */
const flushable = process.platform !== 'win32';

/** Others may take a parent away meanwhile; but some file systems say for ever that there is none. */
const triesMax = 10;

export function createDirectories(): Directories {
  const ensured = new Set<string>();
  const flushes = new Map<string, Flush>();

  function start(path: string): Promise<void> {
    const running = flushDirectory(path);
    const flush: Flush = { running };
    flushes.set(path, flush);
    const done = () => {
      if (flushes.get(path) === flush && !flush.next) flushes.delete(path);
    };
    running.then(done, done);
    return running;
  }

  function flush(path: string): Promise<void> {
    const current = flushes.get(path);
    if (!current) return start(path);
    // The running flush may have begun before the caller's entry was made.
    current.next ??= current.running.then(
      () => start(path),
      () => start(path),
    );
    return current.next;
  }

  async function ensure(path: string, triesLeft = triesMax): Promise<void> {
    if (ensured.has(path)) return;
    const parent = dirname(path);
    try {
      await mkdir(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT' && parent !== path && triesLeft > 0) {
        ensured.delete(parent);
        await ensure(parent);
        return ensure(path, triesLeft - 1);
      }
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    // Also where it was there already: whoever made it may not have flushed it yet.
    if (parent !== path) await flush(parent);
    ensured.add(path);
  }

  return { ensure: (path) => ensure(path), flush, forget: (path) => ensured.delete(path) };
}

async function flushDirectory(path: string): Promise<void> {
  if (!flushable) return;
  const directory = openSync(path, 'r');
  try {
    await promisify(fsync)(directory);
  } finally {
    closeSync(directory);
  }
}
