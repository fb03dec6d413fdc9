/**
 * What a caller brings, and what is remembered and counted of it: lib/access/credentials.js,
 * access-key.js, token.js, token-bucket.js, limiter.js, key-memory.js, local-origin.js, hashing.js.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isKeyId,
  isSecret,
  newKeyId,
  newSecret,
  parseKeyPair,
  validityOf,
} from '../../lib/access/access-key.js';
import { readCredentials } from '../../lib/access/credentials.js';
import { hexOf, utf8 } from '../../lib/access/hashing.js';
import { type KnownKey, keyMemoryMs, rememberKeys } from '../../lib/access/key-memory.js';
import { createLimiter } from '../../lib/access/limiter.js';
import { crossOriginProblem, foreignProblem } from '../../lib/access/local-origin.js';
import { localPrincipal, type Principal } from '../../lib/access/principal.js';
import { everything } from '../../lib/access/scopes.js';
import { isSignedBy, isToken, readToken, signToken } from '../../lib/access/token.js';
import { fullBucket, take } from '../../lib/access/token-bucket.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';

describe('keys', () => {
  test('ids and secrets are drawn anew, of letters and digits alone', () => {
    const ids = Array.from({ length: 50 }, () => newKeyId(nodeHashing));
    const secrets = Array.from({ length: 50 }, () => newSecret(nodeHashing));
    expect(new Set([...ids, ...secrets]).size).toBe(100);
    for (const id of ids) expect(isKeyId(id)).toBe(true);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9]{40}$/);
  });

  test('a pair is read in either form', () => {
    const [keyId, secret] = [newKeyId(nodeHashing), newSecret(nodeHashing)];
    expect(parseKeyPair(`${keyId}.${secret}`)).toEqual({ keyId, secret });
    expect(parseKeyPair(`${keyId}:${secret}`)).toEqual({ keyId, secret });
    expect(parseKeyPair(keyId)).toBeUndefined();
    expect(parseKeyPair(`AKIA.${secret}`)).toBeUndefined();
  });

  test('a secret is its own alone', () => {
    const hash = nodeHashing.sha256(utf8('secret'));
    expect(isSecret('secret', hash, nodeHashing)).toBe(true);
    for (const other of ['', 'Secret', 'secret ', 'secre']) {
      expect(isSecret(other, hash, nodeHashing)).toBe(false);
    }
  });

  test('it is valid until it expires or is revoked', () => {
    expect(validityOf({ expiresAtMs: null, revokedAtMs: null }, 9)).toBe('valid');
    expect(validityOf({ expiresAtMs: 10, revokedAtMs: null }, 9)).toBe('valid');
    expect(validityOf({ expiresAtMs: 10, revokedAtMs: null }, 10)).toBe('expired');
    expect(validityOf({ expiresAtMs: null, revokedAtMs: 50 }, 9)).toBe('revoked');
  });

  test('hexadecimal is two digits for each byte', () => {
    expect(hexOf(Uint8Array.of(0, 10, 255))).toBe('000aff');
  });
});

describe('credentials', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  test.each<[string | null, object]>([
    [null, { kind: 'none' }],
    ['Bearer id.secret', { kind: 'key', keyId: 'id', secret: 'secret', basic: false }],
    ['bearer  id.a.b', { kind: 'key', keyId: 'id', secret: 'a.b', basic: false }],
    [basic('id:secret'), { kind: 'key', keyId: 'id', secret: 'secret', basic: true }],
    ['Bearer lbt1.x.y', { kind: 'token', token: 'lbt1.x.y' }],
    ['AWS4-HMAC-SHA256 Credential=x', { kind: 'signature' }],
    ['', { kind: 'malformed' }],
    ['Bearer', { kind: 'malformed' }],
    ['Bearer id', { kind: 'malformed' }],
    ['Bearer .secret', { kind: 'malformed' }],
    ['Basic %%%', { kind: 'malformed' }],
    [basic('id:'), { kind: 'malformed' }],
    ['Digest x', { kind: 'malformed' }],
  ])('%j', (authorization, expected) => {
    expect(readCredentials(authorization, '')).toMatchObject(expected);
  });

  test('a presigned query is a signature, whatever the header says', () => {
    expect(readCredentials('Bearer a.b', 'x=1&X-Amz-Signature=00').kind).toBe('signature');
    expect(readCredentials(null, 'y=X-Amz-Signature=00').kind).toBe('none');
  });
});

describe('tokens', () => {
  const claims = { keyId: 'LBX', expiresAtMs: 1_000, scopes: everything };
  const token = signToken(claims, 'secret', nodeHashing);

  test('say what they were made for, signed by the secret', () => {
    expect(isToken(token)).toBe(true);
    expect(readToken(token)).toEqual(claims);
    expect(isSignedBy(token, 'secret', nodeHashing)).toBe(true);
    expect(isSignedBy(token, 'other', nodeHashing)).toBe(false);
  });

  test('every changed letter is noticed', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'Aa0-_.'), (at, letter) => {
        const changed = token.slice(0, at) + letter + token.slice(at + 1);
        if (changed !== token) expect(isSignedBy(changed, 'secret', nodeHashing)).toBe(false);
      }),
    );
  });

  test('nonsense is no token', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readToken(text)).toBeUndefined();
        expect(
          readToken(`lbt1.${Buffer.from(text).toString('base64url')}.${'A'.repeat(43)}`),
        ).toBeUndefined();
      }),
    );
    const bodyOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const body of [
      { k: 1, e: 1, s: [] },
      { k: 'a', e: '1', s: [] },
      { k: 'a', e: 1, s: [[['fly'], [], []]] },
    ]) {
      expect(readToken(`lbt1.${bodyOf(body)}.${'A'.repeat(43)}`)).toBeUndefined();
    }
  });
});

describe('limits', () => {
  test('a bucket gives a second at once, then what each moment brings', () => {
    let bucket = fullBucket(2, 0);
    for (let i = 0; i < 2; i++) bucket = take(bucket, 2, 1, 0).bucket;
    expect(take(bucket, 2, 1, 0)).toMatchObject({ kind: 'empty', retryAfterMs: 500 });
    expect(take(bucket, 2, 1, 500).kind).toBe('taken');
  });

  test('over any time no more is let through than the rate, one second and one cost', () => {
    const steps = fc.array(
      fc.record({ waitMs: fc.nat(700), cost: fc.integer({ min: 1, max: 30 }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), steps, (perSecond, all) => {
        let [bucket, nowMs, passed] = [fullBucket(perSecond, 0), 0, 0];
        for (const { waitMs, cost } of all) {
          nowMs += waitMs;
          const taken = take(bucket, perSecond, cost, nowMs);
          bucket = taken.bucket;
          if (taken.kind === 'taken') passed += cost;
          else expect(take(bucket, perSecond, cost, nowMs + taken.retryAfterMs).kind).toBe('taken');
        }
        expect(passed).toBeLessThanOrEqual(perSecond * (1 + nowMs / 1_000) + 30);
      }),
    );
  });

  const principal = (keyId: string, limits: Principal['limits']) => ({
    ...localPrincipal,
    keyId,
    limits,
  });

  test('each key has its own, and who has none is never held up', () => {
    const limiter = createLimiter(() => 0);
    const one = principal('a', { requestsPerSecond: 1 });
    expect(limiter.admit(one, 0)).toBeUndefined();
    expect(limiter.admit(one, 0)).toBe(1_000);
    expect(limiter.admit(principal('b', { requestsPerSecond: 1 }), 0)).toBeUndefined();
    const free = principal('c', {});
    for (let i = 0; i < 100; i++) expect(limiter.admit(free, 1e9)).toBeUndefined();
  });

  test('bytes that are only known later are owed', () => {
    let nowMs = 0;
    const limiter = createLimiter(() => nowMs);
    const one = principal('a', { bytesPerSecond: 100 });
    expect(limiter.admit(one, 0)).toBeUndefined();
    limiter.charge(one, 300);
    expect(limiter.admit(one, 0)).toBe(2_010);
    nowMs = 2_010;
    expect(limiter.admit(one, 0)).toBeUndefined();
  });
});

describe('remembered keys', () => {
  const key = { keyId: 'k' } as KnownKey;

  test('are looked up once within some seconds, those that are missing too', async () => {
    let [nowMs, asked] = [0, 0];
    const find = rememberKeys(
      async (keyId) => {
        asked++;
        return keyId === 'k' ? key : undefined;
      },
      () => nowMs,
    );
    expect(await Promise.all([find('k'), find('k'), find('x'), find('x')])).toEqual([
      key,
      key,
      undefined,
      undefined,
    ]);
    nowMs = keyMemoryMs - 1;
    await find('k');
    expect(asked).toBe(2);
    nowMs = keyMemoryMs;
    await find('k');
    expect(asked).toBe(3);
    expect(keyMemoryMs).toBeLessThan(5_000);
  });

  test('a failure is not remembered, and is told', async () => {
    let fail = true;
    const find = rememberKeys(
      async () => {
        if (fail) throw new Error('down');
        return key;
      },
      () => 0,
    );
    await expect(find('k')).rejects.toThrow('down');
    fail = false;
    expect(await find('k')).toBe(key);
  });
});

describe('where a request comes from', () => {
  const from = (
    host: string | null,
    origin: string | null = null,
    fetchSite: string | null = null,
  ) => foreignProblem({ host, origin, fetchSite }) === undefined;

  test.each([
    'localhost',
    'localhost:9642',
    '127.0.0.1:1',
    '[::1]:9642',
    'a.localhost',
    'LOCALHOST',
  ])('%s is this machine', (host) => expect(from(host)).toBe(true));
  test.each([
    null,
    '',
    'example.com',
    'localhost.example.com',
    '127.0.0.1.nip.io',
    '10.0.0.1',
    'xlocalhost',
    '[::2]',
  ])('%j is not', (host) => expect(from(host)).toBe(false));
  // Fault 37 of docs/faults.md.
  test('pages of other origins are refused, its own and other programs are not', () => {
    expect(from('localhost:1', 'http://localhost:1')).toBe(true);
    expect(from('localhost:1', 'http://localhost:2')).toBe(false);
    expect(from('localhost:1', 'null')).toBe(false);
    expect(from('localhost:1', 'https://example.com')).toBe(false);
    expect(from('localhost:1', null, 'cross-site')).toBe(false);
    expect(from('localhost:1', null, 'same-site')).toBe(false);
    expect(from('localhost:1', null, 'none')).toBe(true);
    expect(
      crossOriginProblem({ host: 'a.b', origin: 'https://a.b', fetchSite: 'same-origin' }),
    ).toBeUndefined();
  });
});
