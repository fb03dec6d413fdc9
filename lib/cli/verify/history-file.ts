/**
 * A history on disk, a line of JSON per event: what the checker judged can be looked at, or judged again.
 */

import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { HistoryEvent } from '../../checker/history.js';

export type HistoryFile = {
  write(event: HistoryEvent): void;
  /** A promise means: the disk is behind. Rejects when nothing more can be written. */
  room(): Promise<void> | undefined;
  close(): Promise<void>;
};

export async function createHistoryFile(path: string): Promise<HistoryFile> {
  const handle = await open(path, 'w');
  const stream = handle.createWriteStream();
  let failure: Error | undefined;
  let draining: Promise<void> | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  return {
    write: (event) => void stream.write(`${JSON.stringify(event)}\n`),
    room() {
      if (failure) return Promise.reject(failure);
      if (!stream.writableNeedDrain) return undefined;
      draining ??= once(stream, 'drain').then(() => {
        draining = undefined;
      });
      return draining;
    },
    async close() {
      if (failure) throw failure;
      stream.end();
      await finished(stream);
    },
  };
}
