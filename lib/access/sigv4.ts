/**
 * Verifies AWS Signature Version 4, in the header or in the query (presigned). The body is always a part
 * of what is signed: chunked uploads and unsigned payloads are refused.
 */

import { type Hashing, hexOf, utf8 } from './hashing.js';
import {
  algorithm,
  type CredentialScope,
  canonicalRequest,
  type SignedRequest,
  signature,
  stringToSign,
} from './sigv4-canonical.js';

export const skewMsMax = 15 * 60 * 1_000;
/** Seven days, as on AWS. */
const presignedSecondsMax = 604_800;

export type SignatureClaims = {
  readonly keyId: string;
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
  /** yyyymmddThhmmssZ */
  readonly time: string;
  readonly atMs: number;
  /** Only of a presigned request. */
  readonly expiresSeconds: number | undefined;
};

export type Problem = { readonly kind: 'problem'; readonly message: string };
export type ReadClaims = { readonly kind: 'claims'; readonly claims: SignatureClaims } | Problem;

const problem = (message: string): Problem => ({ kind: 'problem', message });

/** What must be signed when it is there: it decides what is done, and when. */
const mustBeSigned = [
  'x-amz-target',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
] as const;

export const isPresigned = (query: string): boolean => /(^|&)X-Amz-Signature=/.test(query);

/** What the request says of its signature, which proves nothing yet. */
export function readClaims(request: SignedRequest): ReadClaims {
  const authorization = request.header('authorization');
  const presigned = isPresigned(request.query);
  if (presigned && authorization !== undefined) {
    return problem('A request is signed in its query or in its header, not in both.');
  }
  const parts = presigned ? partsOfQuery(request.query) : partsOfHeader(request);
  const missing = Object.entries(parts).find(([, value]) => value === undefined)?.[0];
  if (missing !== undefined) return problem(`The signature has no ${missing}.`);
  const { Credential = '', SignedHeaders = '', Signature = '', 'X-Amz-Date': time = '' } = parts;
  const [keyId = '', date = '', region = '', service = '', end, ...more] = Credential.split('/');
  if (end !== 'aws4_request' || more.length > 0) {
    return problem('Credential must be <key id>/<yyyymmdd>/<region>/<service>/aws4_request.');
  }
  const atMs = instantOf(time);
  if (atMs === undefined) return problem('X-Amz-Date must be yyyymmddThhmmssZ.');
  if (!time.startsWith(date) || date.length !== 8) {
    return problem('The dates of Credential and X-Amz-Date differ.');
  }
  if (!/^[0-9a-f]{64}$/.test(Signature)) return problem('Signature must be 64 hexadecimal digits.');
  const signedHeaders = SignedHeaders.split(';');
  const wrong = headersProblem(request, signedHeaders);
  if (wrong !== undefined) return problem(wrong);
  const expiresSeconds = presigned ? expiryOf(parts['X-Amz-Expires'] ?? '') : undefined;
  if (presigned && expiresSeconds === undefined) {
    return problem(`X-Amz-Expires must be 1 to ${presignedSecondsMax} seconds.`);
  }
  const scope = { date, region, service };
  const claims = { keyId, scope, signedHeaders, signature: Signature, time, atMs, expiresSeconds };
  return { kind: 'claims', claims };
}

type Parts = Readonly<Record<string, string | undefined>>;

function partsOfHeader({ header }: SignedRequest): Parts {
  const text = (header('authorization') ?? '').slice(algorithm.length);
  const fields = text.split(',').map((field) => {
    const equals = field.indexOf('=');
    return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()] as const;
  });
  const { Credential, SignedHeaders, Signature } = Object.fromEntries(fields);
  return { Credential, SignedHeaders, Signature, 'X-Amz-Date': header('x-amz-date') };
}

function partsOfQuery(query: string): Parts {
  const found = new Map<string, string>();
  for (const part of query.split('&')) {
    const [name = '', value = ''] = part.split('=');
    // Of one that is there twice nobody can say which was meant.
    if (name.startsWith('X-Amz-')) found.set(name, found.has(name) ? '' : decoded(value));
  }
  return {
    'X-Amz-Algorithm': found.get('X-Amz-Algorithm') === algorithm ? algorithm : undefined,
    Credential: found.get('X-Amz-Credential'),
    SignedHeaders: found.get('X-Amz-SignedHeaders'),
    Signature: found.get('X-Amz-Signature'),
    'X-Amz-Date': found.get('X-Amz-Date'),
    'X-Amz-Expires': found.get('X-Amz-Expires'),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function headersProblem(request: SignedRequest, names: readonly string[]): string | undefined {
  if (!names.includes('host') && !names.includes(':authority')) {
    return 'SignedHeaders must have host or :authority.';
  }
  const unsigned = mustBeSigned.find(
    (name) => request.header(name) !== undefined && !names.includes(name),
  );
  return unsigned === undefined ? undefined : `The header ${unsigned} must be signed.`;
}

function expiryOf(text: string): number | undefined {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return seconds >= 1 && seconds <= presignedSecondsMax ? seconds : undefined;
}

function instantOf(time: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const value = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(value) ? undefined : value;
}

/** Says what is wrong with when it was signed, or nothing. */
export function timeProblem(claims: SignatureClaims, nowMs: number): string | undefined {
  const { atMs, expiresSeconds } = claims;
  if (atMs > nowMs + skewMsMax) return 'The request was signed in the future; check the clock.';
  if (expiresSeconds === undefined) {
    return atMs < nowMs - skewMsMax
      ? 'The request was signed more than 15 minutes ago; check the clock.'
      : undefined;
  }
  return nowMs > atMs + expiresSeconds * 1_000 ? 'The presigned request has expired.' : undefined;
}

/** Says why the body cannot be verified, or nothing. */
export function payloadProblem({ header }: SignedRequest): string | undefined {
  const declared = header('x-amz-content-sha256');
  if (declared === undefined || /^[0-9a-f]{64}$/.test(declared)) return undefined;
  return `x-amz-content-sha256 must be the hash of the body: ${declared.slice(0, 40)} is not taken.`;
}

/**
 * Whether who has this signing key, that of the claimed scope, signed exactly this. `authorities`: names that
 * this server may have been called by, when something in between calls it by another.
 */
export function isSignatureOf(
  claims: SignatureClaims,
  request: SignedRequest,
  body: Uint8Array,
  key: Uint8Array,
  authorities: readonly string[],
  hashing: Hashing,
): boolean {
  const bodyHash = hexOf(hashing.sha256(body));
  const declared = request.header('x-amz-content-sha256');
  if (declared !== undefined && declared !== bodyHash) return false;
  return [request.authority, ...authorities].some((authority) => {
    const canonical = canonicalRequest({ ...request, authority }, claims.signedHeaders, bodyHash);
    if (canonical === undefined) return false;
    const text = stringToSign(canonical, claims.time, claims.scope, hashing);
    const wanted = hexOf(signature(text, key, hashing));
    return hashing.equal(utf8(claims.signature), utf8(wanted));
  });
}
