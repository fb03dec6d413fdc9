/**
 * What checking a caller costs in CPU: a bearer key, and a signature over a body of 1 MiB, whose floor is
 * the hash of that body, measured in turns with it. The check alone, in this process, with the key
 * remembered as on a server that is in use.
 */

import { SignatureV4 } from '@smithy/signature-v4';
import { createAccess } from '../lib/access/access.js';
import { utf8 } from '../lib/access/hashing.js';
import { everything } from '../lib/access/scopes.js';
import { nodeHashing } from '../lib/runtime/node-hashing.js';
import { NodeSha256 } from '../test/support/node-sha256.js';

const keyId = 'LBABCDEFGHIJKLMNOPQR';
const secret = 'a'.repeat(40);
const MiB = 1024 * 1024;
const url = 'http://localhost:9642/v1/topics/access/records';

async function signedHeaders(body: Uint8Array): Promise<Record<string, string>> {
  const credentials = { accessKeyId: keyId, secretAccessKey: secret };
  const signer = new SignatureV4({
    ...{ credentials, region: 'eu-central-1', service: 'kinesis', sha256: NodeSha256 },
  });
  const { pathname: path } = new URL(url);
  const headers = { host: 'localhost:9642', 'content-type': 'application/octet-stream' };
  const request = { method: 'POST', protocol: 'http:', hostname: 'localhost', path, headers, body };
  return (await signer.sign(request)).headers;
}

export async function measureAccess(): Promise<string> {
  const facts = { keyId, name: '', scopes: everything, limits: {}, createdAtMs: 0 };
  const key = { ...facts, expiresAtMs: null, revokedAtMs: null };
  const secretHash = nodeHashing.sha256(utf8(secret));
  const access = createAccess({
    find: async () => ({ ...key, secret, secretHash }),
    hashing: nodeHashing,
    nowMs: Date.now,
  });
  const body = new Uint8Array(MiB).fill(7);
  const check = async (headers: Record<string, string>, bytes = body) => {
    const request = new Request(url, { method: 'POST', headers });
    const answer = await access.authenticate(request, async () => bytes);
    if (answer.kind === 'refused') throw new Error(answer.message);
  };
  const bearer = { authorization: `Bearer ${keyId}.${secret}` };
  const signed = await signedHeaders(body);
  const small = new Uint8Array(10);
  const signedSmall = await signedHeaders(small);
  const nothing = async () => void new Request(url, { method: 'POST', headers: bearer });
  const [whole, hash] = await inTurns(
    () => check(signed),
    async () => nodeHashing.sha256(body),
  );
  const rows = [
    ['a Request alone, which Node makes anyway', await cpuMs(nothing, 20_000), ''],
    ['bearer', await cpuMs(() => check(bearer), 20_000), ' (wanted: at most 0.15)'],
    ['SigV4 over 1 MiB', whole, ' (wanted: at most 0.4, hashing included)'],
    [
      '  SHA-256 of that body alone, the floor',
      hash,
      `: the check is ${(whole / hash).toFixed(2)} of it`,
    ],
    [
      '  SigV4 over 10 bytes, all but that hash',
      await cpuMs(() => check(signedSmall, small), 20_000),
      '',
    ],
  ] as const;
  const lines = rows.map(([what, ms, note]) => `  ${what}: ${ms.toFixed(4)} ms of CPU${note}`);
  return `\naccess check\n${lines.join('\n')}`;
}

const rounds = 20;

/** So that both meet the same machine: each round some of the one, then some of the other. */
async function inTurns(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<[number, number]> {
  const sums: [number, number] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    sums[0] += (await cpuMs(one, 100)) / rounds;
    sums[1] += (await cpuMs(other, 100)) / rounds;
  }
  return sums;
}

async function cpuMs(work: () => Promise<unknown>, times: number): Promise<number> {
  for (let i = 0; i < times / 10; i++) await work();
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / times;
}
