/**
 * Keeps the newest written objects in memory, so that the many readers waiting at the tail cost one
 * write and no read. Objects are immutable, so there is nothing to keep in step.
 */

import type { ObjectStore } from './object-store.js';

export function keepRecentObjects(objects: ObjectStore, bytesMax: number): ObjectStore {
  const recent = new Map<string, Uint8Array>();
  let heldBytes = 0;

  function remember(key: string, bytes: Uint8Array): void {
    recent.set(key, bytes);
    heldBytes += bytes.length;
    for (const [oldest, held] of recent) {
      if (heldBytes <= bytesMax) break;
      recent.delete(oldest);
      heldBytes -= held.length;
    }
  }

  function forget(key: string): void {
    heldBytes -= recent.get(key)?.length ?? 0;
    recent.delete(key);
  }

  return {
    ...objects,
    async put(key, bytes) {
      const outcome = await objects.put(key, bytes);
      if (outcome === 'written') remember(key, bytes);
      return outcome;
    },
    async read(key, position, sizeBytes) {
      const held = recent.get(key);
      if (!held || position + sizeBytes > held.length)
        return objects.read(key, position, sizeBytes);
      // A copy: readers place offsets in what they get.
      return { kind: 'bytes', bytes: held.slice(position, position + sizeBytes) };
    },
    async delete(keys) {
      for (const key of keys) forget(key);
      await objects.delete(keys);
    },
  };
}
