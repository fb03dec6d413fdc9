/**
 * One file of the journal. An entry that was appended is on disk; one that could not be is cut off again, so
 * that nobody finds it later. The file is used from its beginning again and again: writing over what is
 * there takes the disk half as long as growing.
 */

import { close, constants, fdatasync, ftruncate, open, write } from 'node:fs';
import { promisify } from 'node:util';

export type JournalFile = {
  /** Bytes of the entries since the last `rewind`. */
  readonly sizeBytes: number;
  /** One at a time. */
  append(entry: Uint8Array): Promise<void>;
  /** The next entry is the first again. */
  rewind(): void;
  /** Why it can take no more: an entry that failed may be in it, or not. */
  readonly broken: Error | undefined;
  close(): Promise<void>;
};

/** The disk, as far as the journal needs it; a write that returned has reached it. Tests hand in worse ones. */
export type JournalDisk = {
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
};

export type OpenJournalDisk = (path: string) => Promise<JournalDisk>;

const [openOf, closeOf, writeOf] = [promisify(open), promisify(close), promisify(write)];
const [truncateOf, datasyncOf] = [promisify(ftruncate), promisify(fdatasync)];
/** A turn through the thread pool less. Elsewhere it is not there, or does not reach the disk. */
const durableFlag = process.platform === 'linux' ? constants.O_DSYNC : 0;

export const openJournalDisk: OpenJournalDisk = async (path) => {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | durableFlag;
  const descriptor = await openOf(path, flags, 0o600);
  return {
    write: async (bytes, position) => {
      const { bytesWritten } = await writeOf(descriptor, bytes, 0, bytes.length, position);
      if (durableFlag === 0) await datasyncOf(descriptor);
      return bytesWritten;
    },
    async truncate(sizeBytes) {
      await truncateOf(descriptor, sizeBytes);
      await datasyncOf(descriptor);
    },
    close: () => closeOf(descriptor),
  };
};

export function createJournalFile(disk: JournalDisk): JournalFile {
  let sizeBytes = 0;
  let broken: Error | undefined;

  async function writeAll(entry: Uint8Array): Promise<void> {
    for (let written = 0; written < entry.length; ) {
      written += await disk.write(entry.subarray(written), sizeBytes + written);
    }
  }

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    get broken() {
      return broken;
    },
    async append(entry) {
      try {
        await writeAll(entry);
      } catch (error) {
        await disk.truncate(sizeBytes).catch((cause: unknown) => {
          broken = new Error('the journal failed, and its last entry could not be removed', {
            cause,
          });
        });
        throw error;
      }
      sizeBytes += entry.length;
    },
    rewind() {
      sizeBytes = 0;
    },
    close: () => disk.close(),
  };
}
