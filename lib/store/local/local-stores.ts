/**
 * The embedded store: one data directory, one server. What was acknowledged is on disk and survives
 * kill -9 and power cuts; after either it opens as it is, with nothing to repair.
 *
 *   <dataDir>/index/     LMDB: heads, index pages, parked producers, topics, groups, access keys, small objects,
 *                        the owner; and the journal of what is not in LMDB yet
 *   <dataDir>/objects/   one file per larger object
 *   <dataDir>/LOCK       who has it open, for people; the truth is in the index
 */

import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ParkedProducer } from '../../log/producer-state.js';
import { StoreError } from '../store-error.js';
import type { Stores } from '../stores.js';
import type { BuriedTopic } from '../topic-store.js';
import { assertFree, type Owner, thisProcess } from './data-dir-owner.js';
import { type Database, openDatabase, type Table } from './database.js';
import { createDirectories } from './directories.js';
import { partialDirectory } from './file-writer.js';
import { createGroupCommit } from './group-commit.js';
import { createHeadTable } from './head-table.js';
import type { Notes } from './index-tables.js';
import { failureOf, storeErrorOf } from './io-errors.js';
import { openJournalDisk } from './journal-file.js';
import { type JournaledDatabase, openJournaled } from './journaled-database.js';
import { createLocalGroups, type StoredOffset } from './local-groups.js';
import { createLocalIndex } from './local-index.js';
import { createLocalJobs } from './local-jobs.js';
import { createLocalKeys } from './local-keys.js';
import { createLocalObjects, type LocalObjects } from './local-objects.js';
import { createLocalTopics, type StoredTopic } from './local-topics.js';
import { createReading } from './reading.js';
import { createSmallObjects } from './small-objects.js';

export type LocalStoresOptions = {
  readonly dataDir: string;
  /** Also take it from another host's process, of which nobody here can say whether it lives. */
  readonly takeOver?: boolean;
};

/** What this code writes and reads; a greater number was written by newer code. Layout 1 had no journal. */
const layout = 2;

const encodings = {
  heads: 'string',
  pages: 'binary',
  parked: 'json',
  notes: 'json',
  topics: 'json',
  buried: 'json',
  objects: 'binary',
  groups: 'binary',
  offsets: 'json',
  keys: 'json',
  facts: 'json',
} as const;

export class DataDirTooNew extends Error {
  override readonly name = 'DataDirTooNew';
}

/** Throws `DataDirInUse`, `DataDirTooNew`, or StoreError when the disk fails. */
export async function createLocalStores(options: LocalStoresOptions): Promise<Stores> {
  const dataDir = resolve(options.dataDir);
  const directories = createDirectories();
  const indexDir = join(dataDir, 'index');
  const objectsDir = join(dataDir, 'objects');
  try {
    await directories.ensure(indexDir);
    await directories.ensure(objectsDir);
  } catch (error) {
    throw storeErrorOf(error, `cannot make the data directory ${dataDir}`);
  }
  const database = openIndex(indexDir);
  const self = thisProcess();
  const facts = database.table<unknown>('facts', 'json');
  try {
    database.transactNow(() => claim(dataDir, facts, self, options.takeOver ?? false));
    await rm(join(objectsDir, partialDirectory), { recursive: true, force: true });
    await directories.flush(indexDir);
    await writeFile(join(dataDir, 'LOCK'), lockText(self));
    const assertOwner = () => {
      if (isOwner(facts, self)) return;
      const message = `another process has taken over the data directory ${dataDir}`;
      throw new StoreError(message, { reason: 'denied', effect: 'none' });
    };
    const place = { dir: indexDir, token: self.token, directories, openDisk: openJournalDisk };
    const tables = await openJournaled(database, encodings, place, assertOwner);
    const objects = createLocalObjects(objectsDir);
    return composeStores(tables, objects, assertOwner, async () => {
      if (isOwner(facts, self)) await rm(join(dataDir, 'LOCK'), { force: true });
      // Where the disk is full the record stays, and is of a dead process soon.
      await database.transact(() => release(facts, self)).catch(() => {});
      await database.close();
    });
  } catch (error) {
    database.transactNow(() => release(facts, self));
    await database.close();
    throw failureOf(error, `cannot open the data directory ${dataDir}`);
  }
}

function openIndex(indexDir: string): Database {
  try {
    return openDatabase(indexDir);
  } catch (error) {
    throw storeErrorOf(error, `cannot open the index ${indexDir}`);
  }
}

function claim(dataDir: string, facts: Table<unknown>, self: Owner, takeOver: boolean): void {
  const found = facts.get('layout') as number | undefined;
  if (found !== undefined && found > layout) {
    throw new DataDirTooNew(
      `the data directory ${dataDir} has layout ${found}, this version reads up to ${layout}: ` +
        'use the version that wrote it, or a newer one',
    );
  }
  assertFree(dataDir, facts.get('owner') as Owner | undefined, self, takeOver);
  facts.put('layout', layout);
  facts.put('owner', self);
}

function isOwner(facts: Table<unknown>, self: Owner): boolean {
  return (facts.get('owner') as Owner | undefined)?.token === self.token;
}

function release(facts: Table<unknown>, self: Owner): void {
  if (isOwner(facts, self)) facts.remove('owner');
}

function lockText({ pid, hostname }: Owner): string {
  return `In use by process ${pid} on ${hostname}. Deleting this file changes nothing.\n`;
}

/** `letGo` is called when everything is on disk, or will never be. */
function composeStores(
  database: JournaledDatabase,
  files: LocalObjects,
  assertOwner: () => void,
  letGo: () => Promise<void>,
): Stores {
  let closing: Promise<void> | undefined;
  const reading = createReading(assertOwner, () => closing !== undefined);
  const heads = createHeadTable(database.table('heads'));
  const pages = database.table<Uint8Array>('pages');
  const parked = database.table<ParkedProducer>('parked');
  const notes = database.table<Notes>('notes');
  const topics = database.table<StoredTopic>('topics');
  const buried = database.table<BuriedTopic>('buried');
  const facts = database.table<unknown>('facts');
  const companion = { ...heads, begin: assertOwner };
  const commits = createGroupCommit(database.transact, database.check, companion);
  const objects = createSmallObjects(database.table('objects'), files, commits, reading);
  const tables = { heads, pages, parked, notes };
  const groupTables = {
    groups: database.table<Uint8Array>('groups'),
    offsets: database.table<StoredOffset>('offsets'),
  };
  const close = async () => {
    await files.close();
    await commits.close();
    await database.close();
    await letGo();
  };
  return {
    objects,
    index: createLocalIndex(tables, commits, reading, objects.assertPut),
    topics: createLocalTopics(topics, buried, facts, commits, reading),
    inlineBytesMax: undefined,
    groups: createLocalGroups(groupTables, commits, reading),
    keys: createLocalKeys(database.table('keys'), commits, reading),
    jobs: createLocalJobs(facts, commits, reading),
    shared: false,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
