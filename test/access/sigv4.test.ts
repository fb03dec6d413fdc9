/**
 * lib/access/sigv4.js and sigv4-canonical.js: signatures of AWS's own published examples and of the SDK's
 * own signer hold; whatever was changed after signing does not.
 */

import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCredentials } from '../../lib/access/credentials.js';
import { hexOf, utf8 } from '../../lib/access/hashing.js';
import {
  isSignatureOf,
  payloadProblem,
  readClaims,
  skewMsMax,
  timeProblem,
} from '../../lib/access/sigv4.js';
import {
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  type SignedRequest,
  signature,
  signingKey,
  stringToSign,
} from '../../lib/access/sigv4-canonical.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';
import { NodeSha256 } from '../support/node-sha256.js';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const keyId = 'LBABCDEFGHIJKLMNOPQR';
const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00';
const host = 'logbrook.example.com';

/** AWS's test suite of Signature Version 4: its key, its time, and signatures it publishes. */
describe("AWS's published examples", () => {
  const time = '20150830T123600Z';
  const scope = { date: '20150830', region: 'us-east-1', service: 'service' };
  const awsSecret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const sign = (
    method: string,
    path: string,
    query: string,
    headers: Record<string, string> = {},
    body = '',
  ) => {
    const all: Record<string, string> = { ...headers, 'x-amz-date': time };
    const request: SignedRequest = {
      ...{ method, path, query, authority: 'example.amazonaws.com' },
      header: (name) => all[name],
    };
    const signed = ['host', ...Object.keys(all)].sort();
    const canonical = canonicalRequest(request, signed, hexOf(nodeHashing.sha256(utf8(body))));
    const text = stringToSign(canonical ?? '', time, scope, nodeHashing);
    return hexOf(signature(text, signingKey(awsSecret, scope, nodeHashing), nodeHashing));
  };

  test('get-vanilla', () => {
    expect(sign('GET', '/', '')).toBe(
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    );
  });
  test('post-vanilla', () => {
    expect(sign('POST', '/', '')).toBe(
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    );
  });
  test('get-vanilla-query-order-key-case', () => {
    expect(sign('GET', '/', 'Param2=value2&Param1=value1')).toBe(
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    );
  });
  test('get-header-value-order', () => {
    expect(sign('GET', '/', '', { 'my-header1': 'value4,value1,value3,value2' })).toBe(
      '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
    );
  });
  test('get-header-key-duplicate', () => {
    expect(sign('GET', '/', '', { 'my-header1': 'value2,value2,value1' })).toBe(
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    );
  });
  test('post-x-www-form-urlencoded', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(sign('POST', '/', '', headers, 'Param1=value1')).toBe(
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    );
  });
});

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

const signer = new SignatureV4({
  credentials: { accessKeyId: keyId, secretAccessKey: secret },
  region: 'eu-central-1',
  service: 'kinesis',
  sha256: NodeSha256,
});

const percentEncoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function httpRequest(
  path: string,
  query: Record<string, string>,
  headers: Record<string, string>,
  body: Uint8Array,
) {
  return {
    ...{ method: 'POST', protocol: 'https:', hostname: host, path, query, body },
    headers: { ...('host' in headers || ':authority' in headers ? {} : { host }), ...headers },
  };
}

const queryText = (query: Readonly<Record<string, unknown>>) =>
  Object.entries(query)
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(String(value))}`)
    .join('&');

async function signed(
  path = '/v1/topics/a/records',
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
  body: Uint8Array = utf8('{"records":[]}'),
): Promise<Sent> {
  const request = httpRequest(path, query, headers, body);
  const { headers: out } = await signer.sign(request, { signingDate: new Date(nowMs) });
  return { method: 'POST', path, query: queryText(query), headers: out, body };
}

async function presigned(expiresIn = 60, body: Uint8Array = new Uint8Array(0)): Promise<Sent> {
  const request = httpRequest('/v1/topics', { limit: '5' }, {}, body);
  const options = { signingDate: new Date(nowMs), expiresIn };
  const { query = {}, headers } = await signer.presign(request, options);
  return { method: 'POST', path: '/v1/topics', query: queryText(query), headers, body };
}

function verify(sent: Sent, atMs = nowMs, given = secret, authorities: string[] = []): string {
  const lower = Object.fromEntries(
    Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const request: SignedRequest = {
    ...sent,
    authority: lower.host ?? lower[':authority'] ?? '',
    header: (name) => lower[name],
  };
  const { kind } = readCredentials(lower.authorization ?? null, request.query);
  if (kind !== 'signature') return 'unsigned';
  const read = readClaims(request);
  if (read.kind === 'problem') return read.message;
  const problem = payloadProblem(request) ?? timeProblem(read.claims, atMs);
  if (problem !== undefined) return problem;
  expect(read.claims.keyId).toBe(keyId);
  const key = signingKey(given, read.claims.scope, nodeHashing);
  const holds = isSignatureOf(read.claims, request, sent.body, key, authorities, nodeHashing);
  return holds ? 'holds' : 'does not hold';
}

describe("the SDK's own signer", () => {
  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['a plain request', '/', {}, { 'x-amz-target': 'Kinesis_20131202.PutRecord' }],
    ['an escaped path', '/v1/groups/a%2Fb%20c/offsets', {}, {}],
    ['a query', '/v1/topics', { after: 'a b+c/ü', limit: '5', A: '' }, {}],
    ['headers with spaces', '/', {}, { 'x-note': '  a   b ' }],
    [':authority, as over HTTP/2', '/', {}, { ':authority': host, 'content-length': '14' }],
  ])('%s', async (_name, path, query, headers) => {
    expect(verify(await signed(path, query, headers))).toBe('holds');
  });

  test('presigned', async () => {
    expect(verify(await presigned())).toBe('holds');
  });

  test('any path, query and body', async () => {
    const segment = fc
      .string({ unit: 'binary', maxLength: 8 })
      .filter((text) => text.isWellFormed() && !/^\.{0,2}$/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { maxLength: 4 }),
        fc.dictionary(segment, segment, { maxKeys: 4 }),
        fc.uint8Array(),
        async (segments, query, body) => {
          const sent = await signed(`/${segments.map(percentEncoded).join('/')}`, query, {}, body);
          expect(verify(sent)).toBe('holds');
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what was changed after signing does not hold', () => {
  test.each<[string, (sent: Sent) => Sent]>([
    ['the method', (sent) => ({ ...sent, method: 'PUT' })],
    ['the path', (sent) => ({ ...sent, path: '/v1/topics/b/records' })],
    ['the query', (sent) => ({ ...sent, query: 'acks=0' })],
    ['the body', (sent) => ({ ...sent, body: utf8('{"records":[1]}') })],
    ['a header', (sent) => ({ ...sent, headers: { ...sent.headers, 'x-amz-target': 'X.Y' } })],
    ['the host', (sent) => ({ ...sent, headers: { ...sent.headers, host: 'else.example.com' } })],
    [
      'the region',
      (sent) => {
        const authorization = (sent.headers.authorization ?? '').replace(
          'eu-central-1',
          'eu-west-1',
        );
        return { ...sent, headers: { ...sent.headers, authorization } };
      },
    ],
  ])('%s', async (_name, change) => {
    const sent = await signed('/v1/topics/a/records', {}, { 'x-amz-target': 'X.Z' });
    expect(verify(sent)).toBe('holds');
    expect(verify(change(sent))).toBe('does not hold');
  });

  test('another secret', async () => {
    expect(verify(await signed(), nowMs, `${secret}x`)).toBe('does not hold');
  });

  test('a presigned body', async () => {
    const sent = await presigned();
    expect(verify({ ...sent, body: utf8('x') })).toBe('does not hold');
  });
});

test('another name of the server holds where it is known', async () => {
  const sent = await signed();
  const inner = { ...sent, headers: { ...sent.headers, host: 'inner.on.aws' } };
  expect(verify(inner)).toBe('does not hold');
  expect(verify(inner, nowMs, secret, ['else', host])).toBe('holds');
});

describe('time', () => {
  test('15 minutes of skew, both ways', async () => {
    const sent = await signed();
    expect(verify(sent, nowMs + skewMsMax)).toBe('holds');
    expect(verify(sent, nowMs - skewMsMax)).toBe('holds');
    expect(verify(sent, nowMs + skewMsMax + 1)).toMatch(/more than 15 minutes ago/);
    expect(verify(sent, nowMs - skewMsMax - 1)).toMatch(/in the future/);
  });

  test('a presigned request lives as long as it says', async () => {
    const sent = await presigned(3_600);
    expect(verify(sent, nowMs + 3_600_000)).toBe('holds');
    expect(verify(sent, nowMs + 3_600_001)).toMatch(/expired/);
  });
});

describe('refused by what they say', () => {
  const withHeaders = async (change: Record<string, string>) => {
    const sent = await signed();
    return verify({ ...sent, headers: { ...sent.headers, ...change } });
  };
  const authorization = async (from: string | RegExp, to: string) => {
    const sent = await signed();
    const changed = (sent.headers.authorization ?? '').replace(from, to);
    return verify({ ...sent, headers: { ...sent.headers, authorization: changed } });
  };

  test.each([
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'UNSIGNED-PAYLOAD',
  ])('a body that is not signed as a whole: %s', async (value) => {
    const sent = await signed('/', {}, { 'x-amz-content-sha256': value });
    expect(verify(sent)).toMatch(/must be the hash of the body/);
  });

  test('headers that decide something and are not signed', async () => {
    expect(await withHeaders({ 'x-amz-target': 'X.Y' })).toMatch(/x-amz-target must be signed/);
    expect(await withHeaders({ 'x-amz-security-token': 'x' })).toMatch(/must be signed/);
  });

  test('parts that are missing or malformed', async () => {
    expect(await authorization(/Credential=[^,]*,/, '')).toMatch(/no Credential/);
    expect(await authorization(/SignedHeaders=[^,]*,/, '')).toMatch(/no SignedHeaders/);
    expect(await authorization(/, Signature=.*/, '')).toMatch(/no Signature/);
    expect(await authorization(/Signature=.{10}/, 'Signature=XXXXXXXXXX')).toMatch(
      /64 hexadecimal/,
    );
    expect(await authorization('aws4_request', 'aws5_request')).toMatch(/Credential must be/);
    expect(await authorization('20261123', '20261122')).toMatch(/dates/);
    expect(await authorization('host;', '')).toMatch(/host or :authority/);
    expect(await authorization('SignedHeaders=', 'SignedHeaders=aa;')).toBe('does not hold');
    expect(await withHeaders({ 'x-amz-date': 'now' })).toMatch(/X-Amz-Date/);
  });

  test('signed twice', async () => {
    const sent = await presigned();
    const headers = { ...sent.headers, authorization: 'Bearer x' };
    expect(verify({ ...sent, headers })).toMatch(/not in both/);
  });

  test('presigned for longer than a week, or twice of something', async () => {
    const sent = await presigned();
    const longer = sent.query.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
    expect(verify({ ...sent, query: longer })).toMatch(/X-Amz-Expires/);
    expect(verify({ ...sent, query: `${sent.query}&X-Amz-Expires=5` })).toMatch(/X-Amz-Expires/);
  });
});

describe('canonical forms', () => {
  test.each([
    ['/', '/'],
    ['', '/'],
    ['//a//b/', '/a/b/'],
    ['/a/./b/../c', '/a/c'],
    ['/../..', '/'],
    ['/a%2Fb', '/a%252Fb'],
  ])('the path %j is %j', (path, canonical) => expect(canonicalPath(path)).toBe(canonical));

  test.each([
    ['', ''],
    ['b=2&a=1', 'a=1&b=2'],
    ['a=2&a=1&a', 'a=&a=1&a=2'],
    ['a=%7e%2f%c3%bc*', 'a=~%2F%C3%BC%2A'],
    ['a=x&X-Amz-Signature=y', 'a=x'],
    ['a=%', 'a=%25'],
  ])('the query %j is %j', (query, canonical) => expect(canonicalQuery(query)).toBe(canonical));
});
