/**
 * The LMDB file of a data directory and its tables. `transact` resolves when the transaction is on
 * disk: without LMDB's overlapping sync a commit flushes its pages and then its meta page before it
 * becomes visible, so nobody ever reads what a power cut could take back.
 */

import { type Database as Lmdb, open } from 'lmdb';
import { codeOf } from './io-errors.js';

export type TableKey = string | readonly (string | number)[];

/** Writes are only for within a transaction. */
export type Table<V> = {
  get(key: TableKey): V | undefined;
  put(key: TableKey, value: V): void;
  remove(key: TableKey): void;
  /** Values of keys from `start` (or after it), below `end`, in order. */
  values(range: KeyRange): V[];
  keys(range: KeyRange): TableKey[];
};

export type KeyRange = {
  readonly start?: TableKey;
  readonly after?: TableKey;
  readonly end?: TableKey;
  readonly countMax: number;
};

/** Runs `work` in one transaction, all or nothing, and resolves when that is on disk. */
export type Transact = (work: () => void) => Promise<void>;

export type Encoding = 'binary' | 'string' | 'json';

export type Database = {
  table<V>(name: string, encoding: Encoding): Table<V>;
  readonly transact: Transact;
  /** The same, at once: for when nothing else is going on yet. */
  transactNow(work: () => void): void;
  /** From here on reads see what any process has committed by now. */
  refresh(): void;
  /** Throws if LMDB has given up after a failure: it would never answer again. */
  check(): void;
  close(): Promise<void>;
};

export function openDatabase(path: string): Database {
  const root = open({
    path,
    noSubdir: false,
    encoding: 'binary',
    overlappingSync: false,
    // Our transactions are batches already; and with it a failed commit also rejects a promise that
    // nobody holds, which would end the process.
    eventTurnBatching: false,
  });
  return {
    table: <V>(name: string, encoding: Encoding) =>
      tableOf<V>(root.openDB<V, string[]>({ name, encoding })),
    async transact(work) {
      try {
        // A child transaction can be given up as a whole; a plain one keeps what came before a throw.
        await root.childTransaction(work);
      } catch (error) {
        throw await commitErrorOf(error);
      }
    },
    transactNow: (work) => root.transactionSync(work),
    refresh: () => root.resetReadTxn(),
    check: () => root.transactionSync(() => {}),
    close: () => root.close(),
  };
}

function tableOf<V>(table: Lmdb<V, string[]>): Table<V> {
  const native = (key: TableKey) => key as string[];
  const options = ({ start, after, end, countMax }: KeyRange) => ({
    ...(start !== undefined && { start: native(start) }),
    ...(after !== undefined && { start: native(after), exclusiveStart: true }),
    ...(end !== undefined && { end: native(end) }),
    limit: countMax,
  });
  return {
    get: (key) => table.get(native(key)),
    put: (key, value) => table.putSync(native(key), value),
    remove: (key) => void table.removeSync(native(key)),
    values: (range) => [...table.getRange(options(range)).map(({ value }) => value)],
    keys: (range) => [...table.getKeys(options(range))],
  };
}

/** LMDB's message for a failed commit points to another promise for why. */
async function commitErrorOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined || codeOf(error) !== undefined) return error;
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}
