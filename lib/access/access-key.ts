/**
 * An access key: an id that may be seen, a secret that is shown once, and what the two allow. Both are
 * letters and digits alone, so that they pass through shells, URLs, Basic and AWS's credential files.
 *
 *   id      LB and 18 of A-Z 2-7        secret  40 of A-Z a-z 0-9 (238 bits)
 *   bearer  <id>.<secret>               basic   <id>:<secret>
 */

import { type Hashing, utf8 } from './hashing.js';
import type { Scope } from './scopes.js';

/** Undefined: no limit. Each instance counts for itself. */
export type KeyLimits = {
  readonly requestsPerSecond?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
};

export type AccessKey = {
  readonly keyId: string;
  /** For people. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly limits: KeyLimits;
  readonly createdAtMs: number;
  /** From then on it opens nothing. */
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
};

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const idPrefix = 'LB';
const idDrawn = 18;
const secretLength = 40;

/** The key that comes with an installation; it is in no store, so it can make the first ones. */
export const rootKeyId = 'LBROOT';

export function newKeyId(hashing: Hashing): string {
  return idPrefix + drawnFrom(idAlphabet, idDrawn, hashing);
}

export function newSecret(hashing: Hashing): string {
  return drawnFrom(secretAlphabet, secretLength, hashing);
}

/** Each letter equally likely: bytes beyond the last whole multiple of the alphabet are drawn again. */
function drawnFrom(alphabet: string, length: number, hashing: Hashing): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of hashing.randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

/** Whether it is worth looking up. */
export function isKeyId(text: string): boolean {
  return text === rootKeyId || /^LB[A-Z2-7]{18}$/.test(text);
}

/** `<id>.<secret>` or `<id>:<secret>`, as a person hands them over. */
export function parseKeyPair(
  text: string,
): { readonly keyId: string; readonly secret: string } | undefined {
  const [, keyId, secret] = /^(LB[A-Z2-7]{4,30})[.:]([A-Za-z0-9]{20,128})$/.exec(text) ?? [];
  return keyId !== undefined && secret !== undefined ? { keyId, secret } : undefined;
}

/** Compared by their hashes: so neither length nor content shows in the time it takes. */
export function isSecret(presented: string, secretHash: Uint8Array, hashing: Hashing): boolean {
  return hashing.equal(hashing.sha256(utf8(presented)), secretHash);
}

export type Validity = 'valid' | 'revoked' | 'expired';

export function validityOf(
  { expiresAtMs, revokedAtMs }: Pick<AccessKey, 'expiresAtMs' | 'revokedAtMs'>,
  nowMs: number,
): Validity {
  if (revokedAtMs !== null) return 'revoked';
  return expiresAtMs !== null && nowMs >= expiresAtMs ? 'expired' : 'valid';
}
