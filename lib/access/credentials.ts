/**
 * What a request brings to say who sends it: a bearer key, a token, HTTP Basic, a signature, or nothing.
 */

import { isPresigned } from './sigv4.js';
import { algorithm } from './sigv4-canonical.js';
import { isToken } from './token.js';

export type Credentials =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'key';
      readonly keyId: string;
      readonly secret: string;
      readonly basic: boolean;
    }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'signature' }
  | { readonly kind: 'malformed'; readonly message: string };

const malformed = (message: string): Credentials => ({ kind: 'malformed', message });

/** `query` without its question mark. */
export function readCredentials(authorization: string | null, query: string): Credentials {
  if (isPresigned(query)) return { kind: 'signature' };
  if (authorization === null) return { kind: 'none' };
  const space = authorization.indexOf(' ');
  const scheme = space < 0 ? authorization : authorization.slice(0, space);
  const value = space < 0 ? '' : authorization.slice(space + 1).trim();
  if (scheme === algorithm) return { kind: 'signature' };
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return isToken(value) ? { kind: 'token', token: value } : keyOf(value, '.', false);
    case 'basic':
      return keyOf(fromBase64(value), ':', true);
    default:
      return malformed('Authorization must be Bearer, Basic, or an AWS4-HMAC-SHA256 signature.');
  }
}

function keyOf(text: string, separator: string, basic: boolean): Credentials {
  const at = text.indexOf(separator);
  const [keyId, secret] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (at > 0 && secret !== '') return { kind: 'key', keyId, secret, basic };
  return malformed(`The credentials must be <key id>${separator}<secret>.`);
}

function fromBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return '';
  }
}
