/**
 * Tables as they are with the changes that LMDB does not have yet: the newest set of changes goes first, then
 * the older ones, then LMDB.
 */

import { assert } from '../../log/assert.js';
import { CorruptData } from '../../log/corrupt-data.js';
import { type Change, type ChangeSet, orderOf, type Stored } from './change-set.js';
import type { Database, Encoding, KeyRange, Table, TableKey } from './database.js';

export type TableEncodings = Readonly<Record<string, Encoding>>;

export type Layers = {
  /** Of the transaction whose work is running. */
  own(): ChangeSet | undefined;
  /** On disk, in the journal; the newest first. */
  kept(): readonly ChangeSet[];
};

export type LmdbTable = { readonly encoding: Encoding; readonly table: Table<unknown> };

/** Throws `CorruptData` for a table that there is not. */
export type LmdbTables = (name: string) => LmdbTable;

export function openLmdbTables(database: Database, encodings: TableEncodings): LmdbTables {
  const tables = new Map<string, LmdbTable>();
  for (const [name, encoding] of Object.entries(encodings)) {
    tables.set(name, { encoding, table: database.table(name, encoding) });
  }
  return (name) => {
    const found = tables.get(name);
    if (found) return found;
    throw new CorruptData(`there is no table ${name}`);
  };
}

/** In a transaction of LMDB. */
export function applyChange(lmdb: LmdbTables, { table: name, key, value }: Change): void {
  const { encoding, table } = lmdb(name);
  if (value === undefined) table.remove(key);
  else table.put(key, decoded(encoding, value));
}

export function journaledTable<V>(lmdb: LmdbTables, layers: Layers, name: string): Table<V> {
  const { encoding, table } = lmdb(name);

  function get(key: TableKey): V | undefined {
    const order = orderOf(key);
    for (const changes of newestFirst(layers)) {
      const found = changes.find(name, order);
      if (!found) continue;
      return found.value === undefined ? undefined : (decoded(encoding, found.value) as V);
    }
    return table.get(key) as V | undefined;
  }

  function change(key: TableKey, value: Stored | undefined): void {
    const own = layers.own();
    assert(own !== undefined, 'changes are made inside a transaction');
    own.set(orderOf(key), { table: name, key, value });
  }

  function keys(range: KeyRange): TableKey[] {
    const changes = changesWithin(layers, name, range);
    if (changes.size === 0) return table.keys(range);
    // Each change can take one of LMDB's keys away.
    const inLmdb = table
      .keys({ ...range, countMax: range.countMax + changes.size })
      .map((key) => [orderOf(key), key] as const)
      .filter(([order]) => !changes.has(order));
    const added = [...changes].flatMap(([order, { key, value }]) =>
      value === undefined ? [] : [[order, key] as const],
    );
    return [...inLmdb, ...added]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, range.countMax)
      .map(([, key]) => key);
  }

  return {
    get,
    put: (key, value) => change(key, encoded(encoding, value)),
    remove: (key) => change(key, undefined),
    keys,
    values: (range) => keys(range).map((key) => get(key) as V),
  };
}

function newestFirst({ own, kept }: Layers): readonly ChangeSet[] {
  const newest = own();
  return newest ? [newest, ...kept()] : kept();
}

function changesWithin(
  layers: Layers,
  name: string,
  { start, after, end }: KeyRange,
): ReadonlyMap<string, Change> {
  const first = start === undefined ? '' : orderOf(start);
  const from = after === undefined ? first : justBehind(orderOf(after));
  const to = end === undefined ? undefined : orderOf(end);
  const oldestFirst = newestFirst(layers).toReversed();
  return new Map(oldestFirst.flatMap((changes) => [...changes.within(name, from, to)]));
}

/** No string lies between. */
function justBehind(order: string): string {
  return `${order}\0`;
}

function encoded(encoding: Encoding, value: unknown): Stored {
  return encoding === 'json' ? JSON.stringify(value) : (value as Stored);
}

function decoded(encoding: Encoding, stored: Stored): unknown {
  return encoding === 'json' ? JSON.parse(stored as string) : stored;
}
