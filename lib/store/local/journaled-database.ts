/**
 * LMDB behind a journal: a transaction is on disk with one write, and reaches LMDB later, together with many
 * others. Whoever opens the directory after a crash finds in the journal what LMDB lacks. Outside of a
 * transaction nobody reads what is not on disk yet.
 */

import { StoreError } from '../store-error.js';
import { type Change, type ChangeSet, createChangeSet } from './change-set.js';
import type { Database, Table } from './database.js';
import { storeErrorOf } from './io-errors.js';
import {
  createJournal,
  type JournalPlace,
  journalNames,
  readJournal,
  removeJournals,
} from './journal.js';
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
  /** Ranges look at every change that LMDB does not have: with this many it is their turn too. */
  readonly changesMax: number;
  /** Transactions wait for LMDB beyond this. */
  readonly waitingBytesMax: number;
  /** After a failure LMDB is left alone for this long: a full disk would be filled again by every transaction. */
  readonly retryAfterMs: number;
};

const MiB = 1024 * 1024;
export const journalDefaults: JournalSettings = {
  fileBytesMax: 8 * MiB,
  changesMax: 10_000,
  waitingBytesMax: 32 * MiB,
  retryAfterMs: 1_000,
};

/** On its way to LMDB. */
type Saving = {
  readonly changes: ChangeSet;
  /** The last entry that is among them. */
  readonly upTo: number;
  running: Promise<void> | undefined;
  failed: { readonly error: unknown; readonly atMs: number } | undefined;
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
  /** The last entry is on disk, but nobody knows who reads it: nothing may follow it. */
  let lost: StoreError | undefined;
  const layers: Layers = {
    own: () => own,
    kept: () => (saving ? [kept, saving.changes] : [kept]),
  };

  async function transact(work: () => void): Promise<void> {
    // Whoever comes meanwhile is in time for this transaction.
    await makeRoom();
    if (lost) throw new StoreError(lost.message, { reason: lost.reason, effect: 'none' });
    const changes = createChangeSet();
    own = changes;
    try {
      work();
    } finally {
      own = undefined;
    }
    if (changes.count() === 0) return;
    const all = changes.all();
    await journal.append(all.map(([, change]) => change));
    assertStillOwner();
    for (const [order, change] of all) kept.set(order, change);
  }

  /** Who has taken over the directory may have read the journal before the last entry was in it, or after. */
  function assertStillOwner(): void {
    try {
      database.refresh();
      assertOwner();
    } catch (cause) {
      const { message, reason } = storeErrorOf(cause, 'cannot tell whose the index is');
      lost = new StoreError(message, { reason, effect: 'unknown', cause });
      throw lost;
    }
  }

  async function makeRoom(): Promise<void> {
    const { fileBytesMax, changesMax, waitingBytesMax } = settings;
    if (journal.sizeBytes < fileBytesMax && kept.count() < changesMax) return;
    if (saving) {
      const saved = bringToLmdb(saving);
      if (journal.sizeBytes >= waitingBytesMax) await saved;
      else saved.catch(() => {});
    }
    if (!saving) bringToLmdb(takeTurn()).catch(() => {});
  }

  /** What is kept is to be saved from now on, and the other file's turn comes. */
  function takeTurn(): Saving {
    const taken: Saving = {
      changes: kept,
      upTo: journal.lastSequence,
      running: undefined,
      failed: undefined,
    };
    saving = taken;
    kept = createChangeSet();
    journal.turn();
    return taken;
  }

  /** What failed is tried again by a later call. */
  function bringToLmdb(one: Saving): Promise<void> {
    one.running ??= tryToSave(one).finally(() => {
      one.running = undefined;
    });
    return one.running;
  }

  async function tryToSave(one: Saving): Promise<void> {
    if (one.failed) {
      if (performance.now() - one.failed.atMs < settings.retryAfterMs) throw one.failed.error;
      // Once it has given up it would never answer.
      database.check();
    }
    try {
      const changes = one.changes.all().map(([, change]) => change);
      await database.transact(() => save(changes, one.upTo));
      saving = undefined;
    } catch (error) {
      one.failed = { error, atMs: performance.now() };
      throw error;
    }
  }

  async function bringAllToLmdb(): Promise<void> {
    if (saving) await bringToLmdb(saving);
    if (kept.count() > 0) await bringToLmdb(takeTurn());
  }

  async function removeOwnFiles(): Promise<void> {
    await removeJournals(place, await journalNames(place.dir, place.token));
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
      if (saved) await removeOwnFiles().catch(() => {});
    },
  };
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
  // Before the directory is known to be ours: whoever takes it over now begins a file of their own.
  const names = await journalNames(place.dir);
  database.transactNow(() =>
    save(
      entries.flatMap(({ changes }) => changes),
      lastSequence,
    ),
  );
  await removeJournals(place, names);
  return lastSequence;
}
