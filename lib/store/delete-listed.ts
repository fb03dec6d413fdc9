/**
 * `deletePrefix` for stores that keep nothing for a prefix but the objects below it.
 */

import type { ObjectStore } from './object-store.js';

export async function deleteListed(
  objects: Pick<ObjectStore, 'list' | 'delete'>,
  prefix: string,
  countMax: number,
): Promise<number> {
  const keys = await objects.list(prefix, countMax);
  if (keys.length > 0) await objects.delete(keys);
  return keys.length;
}
