/**
 * A token: a short-lived part of a key, for a browser. Signed by the key's secret, so it is revoked with
 * the key, and no store knows of it.
 *
 *   lbt1.<body>.<signature>     both base64url
 *   body       {"k": key id, "e": expires at, ms, "s": [[operations, topics, groups], ...]}
 *   signature  HMAC-SHA-256 over `lbt1.<body>`, by HMAC-SHA-256(secret, "logbrook token v1")
 */

import { type Hashing, utf8 } from './hashing.js';
import { type Scope, type ScopeOperation, scopeOperations } from './scopes.js';

export type TokenClaims = {
  readonly keyId: string;
  readonly expiresAtMs: number;
  readonly scopes: readonly Scope[];
};

const prefix = 'lbt1.';
const purpose = 'logbrook token v1';
export const tokenLengthMax = 8_192;

export const isToken = (text: string): boolean => text.startsWith(prefix);

export function signToken(claims: TokenClaims, secret: string, hashing: Hashing): string {
  const scopes = claims.scopes.map(({ operations, topics, groups }) => [
    operations,
    topics,
    groups,
  ]);
  const body = JSON.stringify({ k: claims.keyId, e: claims.expiresAtMs, s: scopes });
  const signed = prefix + base64url(utf8(body));
  return `${signed}.${base64url(signatureOf(signed, secret, hashing))}`;
}

/** What a token claims, which proves nothing yet. */
export function readToken(token: string): TokenClaims | undefined {
  if (token.length > tokenLengthMax) return undefined;
  const [, body] = /^lbt1\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{43}$/.exec(token) ?? [];
  if (body === undefined) return undefined;
  try {
    return claimsOf(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64url(body))),
    );
  } catch {
    return undefined;
  }
}

export function isSignedBy(token: string, secret: string, hashing: Hashing): boolean {
  const dot = token.lastIndexOf('.');
  const wanted = base64url(signatureOf(token.slice(0, dot), secret, hashing));
  // As text: several base64url texts stand for the same bytes.
  return hashing.equal(utf8(token.slice(dot + 1)), utf8(wanted));
}

function signatureOf(signed: string, secret: string, hashing: Hashing): Uint8Array {
  return hashing.hmacSha256(hashing.hmacSha256(utf8(secret), utf8(purpose)), utf8(signed));
}

function claimsOf(value: unknown): TokenClaims | undefined {
  const { k: keyId, e: expiresAtMs, s } = value as { k?: unknown; e?: unknown; s?: unknown };
  if (typeof keyId !== 'string' || !Number.isSafeInteger(expiresAtMs)) return undefined;
  if (!Array.isArray(s)) return undefined;
  const scopes = s.map(scopeOf);
  if (scopes.includes(undefined)) return undefined;
  return { keyId, expiresAtMs: expiresAtMs as number, scopes: scopes as Scope[] };
}

function scopeOf(value: unknown): Scope | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [operations, topics, groups] = value;
  if (![operations, topics, groups].every(isTexts)) return undefined;
  const known = (operations as string[]).every((one) =>
    (scopeOperations as readonly string[]).includes(one),
  );
  return known ? { operations: operations as ScopeOperation[], topics, groups } : undefined;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function base64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}
