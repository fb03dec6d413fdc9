/**
 * What AWS Signature Version 4 signs, from a request as it arrived
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 *
 *   canonical request  method \n path \n query \n (name:value \n)* \n signed names \n hash of the body
 *   string to sign     AWS4-HMAC-SHA256 \n time \n date/region/service/aws4_request \n hash of the above
 *
 * Paths are escaped once more than they arrive, as every service but S3 has it.
 */

import { type Hashing, hexOf, utf8 } from './hashing.js';

export const algorithm = 'AWS4-HMAC-SHA256';

export type SignedRequest = {
  readonly method: string;
  /** As they arrived: percent-encoded, the query without its question mark. */
  readonly path: string;
  readonly query: string;
  /** The value of a header; several of one name are joined by commas. */
  readonly header: (name: string) => string | undefined;
  /** The host it was sent to, with a port other than the usual one. */
  readonly authority: string;
};

export type CredentialScope = {
  /** yyyymmdd */
  readonly date: string;
  readonly region: string;
  readonly service: string;
};

/** Undefined: a header is said to be signed that is not there. */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  bodyHash: string,
): string | undefined {
  const lines: string[] = [];
  for (const name of signedHeaders) {
    const isHost = name === 'host' || name === ':authority';
    const value = isHost ? request.authority : request.header(name);
    if (value === undefined) return undefined;
    lines.push(`${name}:${value.trim().replaceAll(/\s+/g, ' ')}`);
  }
  const { method, path, query } = request;
  const names = signedHeaders.join(';');
  const facts = [method, canonicalPath(path), canonicalQuery(query), ...lines, '', names, bodyHash];
  return facts.join('\n');
}

export function canonicalPath(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else kept.push(escapeAll(segment));
  }
  const end = kept.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${kept.join('/')}${end}`;
}

/** In order of names, then values; without the signature itself. */
export function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const [name, value] =
        equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return [escapeOnce(name), escapeOnce(value)] as const;
    })
    .filter(([name]) => name !== 'X-Amz-Signature');
  const byCode = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort(([a, x], [b, y]) => byCode(a, b) || byCode(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** RFC 3986: everything but letters, digits and -._~ */
function escapeAll(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Escapes what is not escaped yet, and in the one way there is. */
function escapeOnce(text: string): string {
  return text.replaceAll(/%[0-9A-Fa-f]{2}|[^%]+|%/g, (part) => {
    if (part.length !== 3 || part[0] !== '%') return escapeAll(part);
    const code = Number.parseInt(part.slice(1), 16);
    const letter = String.fromCharCode(code);
    return code < 128 && /[A-Za-z0-9\-._~]/.test(letter) ? letter : part.toUpperCase();
  });
}

export function stringToSign(
  canonical: string,
  time: string,
  scope: CredentialScope,
  hashing: Hashing,
): string {
  const place = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  return [algorithm, time, place, hexOf(hashing.sha256(utf8(canonical)))].join('\n');
}

/** What a secret signs with for a day, in one place: worth keeping while requests come. */
export function signingKey(
  secret: string,
  { date, region, service }: CredentialScope,
  hashing: Hashing,
): Uint8Array {
  const derive = (key: Uint8Array, step: string) => hashing.hmacSha256(key, utf8(step));
  const byDate = derive(utf8(`AWS4${secret}`), date);
  return derive(derive(derive(byDate, region), service), 'aws4_request');
}

export function signature(text: string, key: Uint8Array, hashing: Hashing): Uint8Array {
  return hashing.hmacSha256(key, utf8(text));
}
