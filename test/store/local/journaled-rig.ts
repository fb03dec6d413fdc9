/** A journaled database on a disk that fails as it is told, with an owner who can lose it. */

import { type Database, openDatabase } from '../../../lib/store/local/database.js';
import { createDirectories } from '../../../lib/store/local/directories.js';
import { type JournalDisk, openJournalDisk } from '../../../lib/store/local/journal-file.js';
import {
  type JournaledDatabase,
  openJournaled,
} from '../../../lib/store/local/journaled-database.js';
import { StoreError } from '../../../lib/store/store-error.js';

const encodings = { facts: 'json', texts: 'string', blobs: 'binary' } as const;
/** So small that files take turns all the time. */
export const settings = {
  fileBytesMax: 300,
  changesMax: 1_000,
  waitingBytesMax: 900,
  retryAfterMs: 0,
};

export type Faults = {
  /** Of the next write this many bytes reach the disk, and then it fails. */
  failAfterBytes?: number | undefined;
  /** The failed entry cannot be cut off either. */
  stuck?: boolean;
  /** Called when bytes are on disk, before anybody is told. */
  written?: (() => Promise<void> | void) | undefined;
  owner?: boolean;
  /** LMDB gets no further from now on. */
  stalled?: boolean;
  /** LMDB fails, and has given up if it is dead. */
  lmdb?: 'fails' | 'dead' | undefined;
  /** Called when the directory has been recovered, before what is not needed any more is removed. */
  recovered?: () => void;
  /** What asking who owns the directory fails with. */
  ownerUnknown?: Error | undefined;
};

export type Opened = {
  readonly database: Database;
  readonly journaled: JournaledDatabase;
  readonly token: string;
};

let openings = 0;

export async function openAt(dir: string, faults: Faults = {}, given = settings): Promise<Opened> {
  const database = openDatabase(dir);
  const openDisk = async (path: string) => unreliable(await openJournalDisk(path), faults);
  const token = `t${openings++}`;
  const place = { dir, token, directories: createDirectories(), openDisk };
  const assertOwner = () => {
    if (faults.ownerUnknown) throw faults.ownerUnknown;
    if (faults.owner === false) {
      throw new StoreError('taken over', { reason: 'denied', effect: 'none' });
    }
  };
  const unreliableDatabase: Database = {
    ...database,
    transact(work) {
      if (faults.stalled) return new Promise(() => {});
      return faults.lmdb ? Promise.reject(new Error('LMDB failed')) : database.transact(work);
    },
    transactNow(work) {
      database.transactNow(work);
      faults.recovered?.();
    },
    check() {
      if (faults.lmdb === 'dead') throw new Error('LMDB has given up');
    },
  };
  try {
    const journaled = await openJournaled(
      ...([unreliableDatabase, encodings, place, assertOwner, given] as const),
    );
    return { database, journaled, token };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function unreliable(disk: JournalDisk, faults: Faults): JournalDisk {
  return {
    ...disk,
    async write(bytes, position) {
      const limit = faults.failAfterBytes;
      if (limit !== undefined) {
        const partBytes = Math.min(limit, bytes.length);
        if (partBytes > 0) await disk.write(bytes.subarray(0, partBytes), position);
        throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      }
      const written = await disk.write(bytes, position);
      await faults.written?.();
      return written;
    },
    async truncate(sizeBytes) {
      if (faults.stuck) throw new Error('input/output error');
      await disk.truncate(sizeBytes);
    },
  };
}

export async function close({ journaled, database }: Pick<Opened, 'journaled' | 'database'>) {
  await journaled.close();
  await database.close();
}

/** As kill -9 leaves it: LMDB has what it had, and the journal is where it is. */
export const kill = ({ database }: Opened) => database.close();
