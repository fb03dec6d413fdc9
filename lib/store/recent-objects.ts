/**
 * Keeps the newest written objects in memory, so that the many readers waiting at the tail cost one
 * write and no read. Objects are immutable, so there is nothing to keep in step.
 */

import { type ByteParts, copyRange, sizeOf } from '../log/byte-parts.js';
import type { ObjectStore } from './object-store.js';

type Held = { readonly parts: ByteParts; readonly sizeBytes: number };

export function keepRecentObjects(objects: ObjectStore, bytesMax: number): ObjectStore {
  const recent = new Map<string, Held>();
  let heldBytes = 0;

  function remember(key: string, parts: ByteParts): void {
    const sizeBytes = sizeOf(parts);
    recent.set(key, { parts, sizeBytes });
    heldBytes += sizeBytes;
    for (const [oldest, held] of recent) {
      if (heldBytes <= bytesMax) break;
      recent.delete(oldest);
      heldBytes -= held.sizeBytes;
    }
  }

  function forget(key: string): void {
    heldBytes -= recent.get(key)?.sizeBytes ?? 0;
    recent.delete(key);
  }

  return {
    async put(key, parts) {
      const outcome = await objects.put(key, parts);
      if (outcome === 'written') remember(key, parts);
      return outcome;
    },
    async read(key, position, sizeBytes) {
      const held = recent.get(key);
      if (!held || position + sizeBytes > held.sizeBytes) {
        return objects.read(key, position, sizeBytes);
      }
      // A copy: readers place offsets in what they get.
      return { kind: 'bytes', bytes: copyRange(held.parts, position, sizeBytes) };
    },
    async delete(keys) {
      for (const key of keys) forget(key);
      await objects.delete(keys);
    },
  };
}
