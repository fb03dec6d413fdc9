/**
 * The journal of one opening of a data directory: two files that take turns, `journal-<token>-<0 or 1>`. They
 * are made when they are needed first.
 */

import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CorruptData } from '../../log/corrupt-data.js';
import type { Change } from './change-set.js';
import type { Directories } from './directories.js';
import { decodeJournal, encodeJournalEntry, type JournalEntry } from './journal-entry.js';
import { createJournalFile, type JournalFile, type OpenJournalDisk } from './journal-file.js';

export type JournalPlace = {
  readonly dir: string;
  /** Whoever opened the directory before may still be writing, into files of its own. */
  readonly token: string;
  readonly directories: Directories;
  readonly openDisk: OpenJournalDisk;
};

export type Journal = {
  /** Of the entries in the file whose turn it is. */
  readonly sizeBytes: number;
  readonly lastSequence: number;
  /** Why it can take no more. */
  readonly broken: Error | undefined;
  /** Resolves when the entry is on disk; one that failed is nowhere. One at a time. */
  append(changes: readonly Change[]): Promise<void>;
  /** The other file's turn, from its beginning: what stood there is not needed any more. */
  turn(): void;
  /** Leaves the files where they are. */
  close(): Promise<void>;
};

const namePrefix = 'journal-';
/** An entry's memory is used for the next one, unless it was so large. */
const spareBytesMax = 1024 * 1024;

export function createJournal(place: JournalPlace, startSequence: number): Journal {
  const files = new Map<number, JournalFile>();
  let at = 0;
  let lastSequence = startSequence;
  let spare: Uint8Array | undefined;

  async function fileNow(): Promise<JournalFile> {
    const found = files.get(at);
    if (found) return found;
    const path = join(place.dir, `${namePrefix}${place.token}-${at}`);
    const disk = await place.openDisk(path);
    try {
      await place.directories.flush(place.dir);
    } catch (error) {
      await disk.close().catch(() => {});
      throw error;
    }
    const file = createJournalFile(disk);
    files.set(at, file);
    return file;
  }

  const broken = () => files.get(0)?.broken ?? files.get(1)?.broken;

  return {
    get sizeBytes() {
      return files.get(at)?.sizeBytes ?? 0;
    },
    get lastSequence() {
      return lastSequence;
    },
    get broken() {
      return broken();
    },
    async append(changes) {
      // The entry that failed may be there, with the number that this one would get.
      const failure = broken();
      if (failure) throw failure;
      const sequence = lastSequence + 1;
      const { entry, memory } = encodeJournalEntry({ sequence, changes }, place.token, spare);
      spare = memory.length <= spareBytesMax ? memory : undefined;
      const file = await fileNow();
      await file.append(entry);
      lastSequence = sequence;
    },
    turn() {
      at = 1 - at;
      files.get(at)?.rewind();
    },
    async close() {
      await Promise.all([...files.values()].map((file) => file.close()));
    },
  };
}

/** What the journal of `token` holds after `applied`, without a gap. Throws `CorruptData` where there is one. */
export async function readJournal(
  dir: string,
  token: string,
  applied: number,
): Promise<readonly JournalEntry[]> {
  const names = await journalNames(dir, token);
  const files = await Promise.all(names.map((name) => readFile(join(dir, name))));
  const entries = files
    .flatMap((file) => decodeJournal(file, token))
    .filter(({ sequence }) => sequence > applied)
    .sort((a, b) => a.sequence - b.sequence);
  for (const [i, { sequence }] of entries.entries()) {
    const expected = applied + 1 + i;
    if (sequence === expected) continue;
    throw new CorruptData(`the journal has entry ${sequence} where ${expected} should follow`);
  }
  return entries;
}

export async function removeJournals(
  { dir, directories }: Pick<JournalPlace, 'dir' | 'directories'>,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await Promise.all(names.map((name) => unlink(join(dir, name))));
  await directories.flush(dir);
}

/** Without a token those of everybody. */
export async function journalNames(dir: string, token = ''): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.startsWith(namePrefix + token));
}
