/**
 * Changes of tables that LMDB does not have yet: of each key the newest, found by key and, for ranges, in
 * LMDB's own order of keys.
 */

import { toBufferKey } from 'ordered-binary';
import type { TableKey } from './database.js';

/** A value as the journal has it: text, or bytes. */
export type Stored = string | Uint8Array;

export type Change = {
  readonly table: string;
  readonly key: TableKey;
  /** Undefined: removed. */
  readonly value: Stored | undefined;
};

export type ChangeSet = {
  set(order: string, change: Change): void;
  find(table: string, order: string): Change | undefined;
  /** From `from` on, below `to`. */
  within(table: string, from: string, to: string | undefined): ReadonlyMap<string, Change>;
  all(): readonly (readonly [order: string, Change])[];
  /** Keys that are changed. */
  count(): number;
};

/** Sorts, as a string, where LMDB sorts the key, as bytes. */
export function orderOf(key: TableKey): string {
  return toBufferKey(key as string[]).toString('latin1');
}

type TableChanges = {
  readonly byOrder: Map<string, Change>;
  readonly orders: string[];
};

export function createChangeSet(): ChangeSet {
  const tables = new Map<string, TableChanges>();
  let changed = 0;

  return {
    set(order, change) {
      let changes = tables.get(change.table);
      if (!changes) {
        changes = { byOrder: new Map(), orders: [] };
        tables.set(change.table, changes);
      }
      const { byOrder, orders } = changes;
      if (!byOrder.has(order)) {
        orders.splice(placeOf(orders, order), 0, order);
        changed++;
      }
      byOrder.set(order, change);
    },
    find: (table, order) => tables.get(table)?.byOrder.get(order),
    within(table, from, to) {
      const found = new Map<string, Change>();
      const { byOrder, orders = [] } = tables.get(table) ?? {};
      const end = to === undefined ? orders.length : placeOf(orders, to);
      for (const order of orders.slice(placeOf(orders, from), end)) {
        found.set(order, byOrder?.get(order) as Change);
      }
      return found;
    },
    all: () => [...tables.values()].flatMap(({ byOrder }) => [...byOrder]),
    count: () => changed,
  };
}

/** Of the first that is not below `order`. */
function placeOf(orders: readonly string[], order: string): number {
  let [low, high] = [0, orders.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((orders[middle] as string) < order) low = middle + 1;
    else high = middle;
  }
  return low;
}
