/**
 * Remembers what a key signs with, for as long as the key itself is remembered: four HMACs less for each
 * request. One for each key, so that nobody makes us remember many by naming places.
 */

import type { Hashing } from './hashing.js';
import type { KnownKey } from './key-memory.js';
import { type CredentialScope, signingKey } from './sigv4-canonical.js';

export type SigningKeyOf = (key: KnownKey, scope: CredentialScope) => Uint8Array;

export function rememberSigningKeys(hashing: Hashing): SigningKeyOf {
  const known = new WeakMap<KnownKey, { readonly place: string; readonly signing: Uint8Array }>();
  return (key, scope) => {
    const place = JSON.stringify([scope.date, scope.region, scope.service]);
    const found = known.get(key);
    if (found?.place === place) return found.signing;
    const signing = signingKey(key.secret, scope, hashing);
    known.set(key, { place, signing });
    return signing;
  };
}
