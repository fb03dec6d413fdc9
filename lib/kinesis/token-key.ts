/**
 * The key that tokens are sealed with. It lies among the objects, so that every instance has the same
 * one; the first that needs it makes it.
 */

import { randomBytes } from 'node:crypto';
import type { ObjectStore } from '../store/object-store.js';

export const tokenKeyObject = 'keys/kinesis-tokens';
const keyBytes = 32;

/** Asked for once per process; a failure is not remembered. */
export function storedTokenKey(objects: ObjectStore): () => Promise<Uint8Array> {
  let known: Promise<Uint8Array> | undefined;
  async function load(): Promise<Uint8Array> {
    const there = await objects.read(tokenKeyObject, 0, keyBytes);
    if (there.kind === 'bytes') return there.bytes;
    await objects.put(tokenKeyObject, [new Uint8Array(randomBytes(keyBytes))]);
    // Of many who put one, one was first.
    const stored = await objects.read(tokenKeyObject, 0, keyBytes);
    if (stored.kind === 'bytes') return stored.bytes;
    throw new Error(`object ${tokenKeyObject} is not there after it was put`);
  }
  return () => {
    known ??= load().catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
