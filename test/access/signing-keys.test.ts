/** lib/access/signing-keys.js: the right key for each scope, derived once while nothing changes. */

import { expect, test } from 'vitest';
import type { Hashing } from '../../lib/access/hashing.js';
import type { KnownKey } from '../../lib/access/key-memory.js';
import { everything } from '../../lib/access/scopes.js';
import { rememberSigningKeys } from '../../lib/access/signing-keys.js';
import { signingKey } from '../../lib/access/sigv4-canonical.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';

let derivations = 0;
const counting: Hashing = {
  ...nodeHashing,
  hmacSha256(key, data) {
    derivations++;
    return nodeHashing.hmacSha256(key, data);
  },
};

const known = (secret: string): KnownKey => ({
  ...{ keyId: 'LBABCDEFGHIJKLMNOPQR', name: '', scopes: everything, limits: {}, secret },
  ...{ createdAtMs: 0, expiresAtMs: null, revokedAtMs: null, secretHash: new Uint8Array(32) },
});
const scope = { date: '20261123', region: 'eu-central-1', service: 'kinesis' };

test('is derived once for one place, and again for another', () => {
  const signingKeyOf = rememberSigningKeys(counting);
  const key = known('one');
  const places = [
    ...[scope, scope, { ...scope, date: '20261124' }, { ...scope, region: 'us-east-1' }],
    ...[{ ...scope, service: 'lambda' }, { ...scope, region: 'a","b' }, scope],
  ];
  for (const place of places) {
    expect(signingKeyOf(key, place)).toEqual(signingKey('one', place, nodeHashing));
  }
  expect(derivations).toBe(6 * 4);
});

test('another secret under the same id has a key of its own', () => {
  const signingKeyOf = rememberSigningKeys(nodeHashing);
  const before = signingKeyOf(known('before'), scope);
  expect(signingKeyOf(known('after'), scope)).not.toEqual(before);
});
