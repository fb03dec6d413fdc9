/**
 * The file of an object, as far as objects need one. Opening and closing it is done at once: a turn through
 * the thread pool costs several times as much. What waits for the disk, or for many bytes, goes there.
 */

import { closeSync, fdatasync, openSync, read, writev } from 'node:fs';
import { promisify } from 'node:util';

/** Tests hand in disks that fail. */
export type ObjectFile = {
  /** At the end of what was written before. */
  writev(parts: Uint8Array[]): Promise<{ bytesWritten: number }>;
  read(
    bytes: Uint8Array,
    from: number,
    sizeBytes: number,
    position: number,
  ): Promise<{ bytesRead: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
};

export type OpenFile = (path: string, flags: 'r' | 'wx') => Promise<ObjectFile>;

const [writevOf, readOf, datasyncOf] = [promisify(writev), promisify(read), promisify(fdatasync)];

export const openFile: OpenFile = async (path, flags) => {
  const descriptor = openSync(path, flags);
  return {
    writev: (parts) => writevOf(descriptor, parts),
    read: (bytes, from, sizeBytes, position) =>
      readOf(descriptor, bytes, from, sizeBytes, position),
    datasync: () => datasyncOf(descriptor),
    close: async () => closeSync(descriptor),
  };
};
