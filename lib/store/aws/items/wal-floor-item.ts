/**
 * The item of the store's WAL floor. There is one of it, or none before it is raised for the first time.
 *
 *   pk, sk  1/wal-floor, floor
 *   f  N  the floor, a WAL bucket
 */

import { type Item, numberOf, numberValue } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const walFloorKey = { pk: { S: `${layoutVersion}/wal-floor` }, sk: { S: 'floor' } };

export function walFloorToItem(walFloor: number): Item {
  return { ...walFloorKey, f: numberValue(walFloor) };
}

/** Throws `CorruptData`. */
export function walFloorFromItem(item: Item): number {
  return numberOf(item, 'f');
}
