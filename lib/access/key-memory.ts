/**
 * Remembers keys for a few seconds, those that do not exist too: so a key that is revoked opens nothing
 * after that, on any instance. A failure to look one up is not remembered.
 */

import type { AccessKey } from './access-key.js';

export type KnownKey = AccessKey & { readonly secret: string; readonly secretHash: Uint8Array };

export type FindKey = (keyId: string) => Promise<KnownKey | undefined>;

/** Issue: within 10 s everywhere. A stream looks again at least as often as this. */
export const keyMemoryMs = 4_000;
const keysMax = 10_000;

export function rememberKeys(find: FindKey, nowMs: () => number, ttlMs = keyMemoryMs): FindKey {
  const known = new Map<string, { readonly key: Promise<KnownKey | undefined>; atMs: number }>();
  return (keyId) => {
    const now = nowMs();
    const found = known.get(keyId);
    if (found && now - found.atMs < ttlMs && now >= found.atMs) return found.key;
    known.delete(keyId);
    const [oldest] = known.size >= keysMax ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    // Counted from the question, not from the answer.
    const entry = { key: find(keyId), atMs: now };
    known.set(keyId, entry);
    entry.key.catch(() => {
      if (known.get(keyId) === entry) known.delete(keyId);
    });
    return entry.key;
  };
}
