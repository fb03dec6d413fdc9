/**
 * LMDB behind a journal: a transaction is on disk with one write, and reaches LMDB later, together with many
 * others. Whoever opens the directory after a crash finds in the journal what LMDB lacks. Outside of a
 * transaction nobody reads what is not on disk yet.
 */

import { StoreError } from '../store-error.js';
import { type Change, type ChangeSet, createChangeSet } from './change-set.js';
import type { Database, Table } from './database.js';
import { createJournal, type JournalPlace, readJournal, removeJournals } from './journal.js';
import {
  applyChange,
  journaledTable,
  type Layers,
  type LmdbTables,
  openLmdbTables,
  type TableEncodings,
} from './journaled-tables.js';

export type JournaledDatabase = Pick<Database, 'transact' | 'check'> & {
  table<V>(name: string): Table<V>;
  /** Brings everything to LMDB. What fails there stays in the journal, for the next opening. */
  close(): Promise<void>;
};

export type JournalSettings = {
  /** What stands in a file that has this much goes to LMDB. */
  readonly fileBytesMax: number;
  /** Transactions wait for LMDB beyond this. */
  readonly waitingBytesMax: number;
};

const MiB = 1024 * 1024;
export const journalDefaults: JournalSettings = {
  fileBytesMax: 8 * MiB,
  waitingBytesMax: 32 * MiB,
};

/** On its way to LMDB. */
type Saving = {
  readonly changes: ChangeSet;
  /** The last entry that is among them. */
  readonly upTo: number;
  running: Promise<void> | undefined;
};

/**
 * Opens the tables of `encodings`, one of them `facts`, and brings LMDB up to date. `assertOwner` throws for who
 * has lost the directory, judged by what is in LMDB at that moment.
 */
export async function openJournaled(
  database: Database,
  encodings: TableEncodings,
  place: JournalPlace,
  assertOwner: () => void,
  settings: JournalSettings = journalDefaults,
): Promise<JournaledDatabase> {
  const lmdb = openLmdbTables(database, encodings);
  const save = (changes: Iterable<Change>, upTo: number) => {
    assertOwner();
    for (const change of changes) applyChange(lmdb, change);
    writeApplied(lmdb, { token: place.token, applied: upTo });
  };
  const lastSequence = await recover(database, lmdb, place, save);
  const journal = createJournal(place, lastSequence);
  let saving: Saving | undefined;
  /** In the file whose turn it is. */
  let kept = createChangeSet();
  let own: ChangeSet | undefined;
  const layers: Layers = {
    own: () => own,
    kept: () => (saving ? [kept, saving.changes] : [kept]),
  };

  async function transact(work: () => void): Promise<void> {
    // Whoever comes meanwhile is in time for this transaction.
    await makeRoom();
    const changes = createChangeSet();
    own = changes;
    try {
      work();
    } finally {
      own = undefined;
    }
    if (changes.isEmpty()) return;
    await journal.append(listOf(changes));
    assertStillOwner();
    for (const [order, change] of changes.all()) kept.set(order, change);
  }

  /** Who has taken over the directory may have read the journal before the last entry was in it, or after. */
  function assertStillOwner(): void {
    database.refresh();
    try {
      assertOwner();
    } catch (cause) {
      const { message } = cause as Error;
      throw new StoreError(message, { reason: 'denied', effect: 'unknown', cause });
    }
  }

  async function makeRoom(): Promise<void> {
    if (journal.sizeBytes < settings.fileBytesMax) return;
    if (saving) {
      const saved = bringToLmdb(saving);
      if (journal.sizeBytes >= settings.waitingBytesMax) await saved;
      else saved.catch(() => {});
    }
    if (!saving) bringToLmdb(takeTurn()).catch(() => {});
  }

  /** What is kept is to be saved from now on, and the other file's turn comes. */
  function takeTurn(): Saving {
    const taken = { changes: kept, upTo: journal.lastSequence, running: undefined };
    saving = taken;
    kept = createChangeSet();
    journal.turn();
    return taken;
  }

  /** What failed is tried again by the next call. */
  function bringToLmdb(one: Saving): Promise<void> {
    one.running ??= database
      .transact(() => save(listOf(one.changes), one.upTo))
      .then(() => {
        saving = undefined;
      })
      .finally(() => {
        one.running = undefined;
      });
    return one.running;
  }

  async function bringAllToLmdb(): Promise<void> {
    if (saving) await bringToLmdb(saving);
    if (!kept.isEmpty()) await bringToLmdb(takeTurn());
  }

  return {
    table: (name) => journaledTable(lmdb, layers, name),
    transact,
    check() {
      if (journal.broken) throw journal.broken;
      // LMDB cannot be asked while it is at work.
      if (!saving?.running) database.check();
    },
    async close() {
      const saved = await bringAllToLmdb().then(
        () => true,
        () => false,
      );
      await journal.close().catch(() => {});
      if (saved) await removeJournals(place, place.token).catch(() => {});
    },
  };
}

function listOf(changes: ChangeSet): Change[] {
  return Array.from(changes.all(), ([, change]) => change);
}

/** Whose journal belongs to what is in LMDB, and the last entry of it that LMDB has. */
type Applied = { readonly token: string; readonly applied: number };

const facts = 'facts';
const appliedKey = 'journal';

function writeApplied(lmdb: LmdbTables, applied: Applied): void {
  lmdb(facts).table.put(appliedKey, applied);
}

/** Returns the sequence number that the new journal goes on from. */
async function recover(
  database: Database,
  lmdb: LmdbTables,
  place: JournalPlace,
  save: (changes: Iterable<Change>, upTo: number) => void,
): Promise<number> {
  const before = lmdb(facts).table.get(appliedKey) as Applied | undefined;
  const applied = before?.applied ?? 0;
  const entries = before ? await readJournal(place.dir, before.token, applied) : [];
  const lastSequence = entries.at(-1)?.sequence ?? applied;
  database.transactNow(() =>
    save(
      entries.flatMap(({ changes }) => changes),
      lastSequence,
    ),
  );
  await removeJournals(place);
  return lastSequence;
}
