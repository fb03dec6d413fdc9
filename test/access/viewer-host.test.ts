/** lib/access/viewer-host.js: whose word counts for the name that a caller used. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgeSecretHeader, viewerHostHeader, viewerHosts } from '../../lib/access/viewer-host.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';

const secret = 'e'.repeat(48);
const told = (proof: string | undefined, host: string | undefined, known?: string) => {
  const headers = new Headers();
  if (proof !== undefined) headers.set(edgeSecretHeader, proof);
  if (host !== undefined) headers.set(viewerHostHeader, host);
  return viewerHosts(known, nodeHashing)(headers);
};

test.each(['d111.cloudfront.net', 'logbrook.example.com:8443', '[::1]:4500', '127.0.0.1'])(
  '%s is believed with the proof, and with nothing else',
  (host) => {
    expect(told(secret, host, secret)).toBe(host);
    for (const proof of [undefined, '', 'e', `${secret}e`, secret.slice(1), secret.toUpperCase()]) {
      expect(told(proof, host, secret)).toBeUndefined();
    }
  },
);

test('a server that knows no secret believes nobody', () => {
  for (const proof of [undefined, '', 'undefined', secret]) {
    expect(told(proof, 'd111.cloudfront.net')).toBeUndefined();
  }
});

test.each(['', 'a b', 'a/b', 'a,b', 'a\tb', 'user@host', 'host:', 'host:123456', 'x'.repeat(254)])(
  '%j is no name, proof or not',
  (host) => {
    expect(told(secret, host, secret)).toBeUndefined();
  },
);

test('two names are none: headers that are sent twice are joined by a comma', () => {
  const headers = new Headers({ [edgeSecretHeader]: secret });
  headers.append(viewerHostHeader, 'evil.example.com');
  headers.append(viewerHostHeader, 'd111.cloudfront.net');
  expect(viewerHosts(secret, nodeHashing)(headers)).toBeUndefined();
});

test('no other proof opens it', () => {
  const text = fc.string({ unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(text, (proof) => {
      fc.pre(proof.trim() !== secret);
      expect(told(proof, 'd111.cloudfront.net', secret)).toBeUndefined();
    }),
  );
});
