/**
 * What checking a caller costs in CPU: a bearer key, and a signature over a body of 1 MiB. The check
 * alone, in this process, with the key remembered as on a server that is in use.
 */

import { SignatureV4 } from '@smithy/signature-v4';
import { createAccess } from '../lib/access/access.js';
import { utf8 } from '../lib/access/hashing.js';
import { everything } from '../lib/access/scopes.js';
import { nodeHashing } from '../lib/runtime/node-hashing.js';

const keyId = 'LBABCDEFGHIJKLMNOPQR';
const secret = 'a'.repeat(40);
const MiB = 1024 * 1024;
const url = 'http://localhost:9642/v1/topics/access/records';

class Sha256 {
  private readonly parts: Uint8Array[] = [];
  private readonly key: Uint8Array | undefined;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    if (key) this.key = typeof key === 'string' ? utf8(key) : new Uint8Array(key as ArrayBuffer);
  }

  update(data: Uint8Array | string): void {
    this.parts.push(Buffer.from(data as string));
  }

  async digest(): Promise<Uint8Array> {
    const data = Buffer.concat(this.parts);
    return this.key ? nodeHashing.hmacSha256(this.key, data) : nodeHashing.sha256(data);
  }

  reset(): void {
    this.parts.length = 0;
  }
}

async function signedHeaders(body: Uint8Array): Promise<Record<string, string>> {
  const credentials = { accessKeyId: keyId, secretAccessKey: secret };
  const signer = new SignatureV4({
    ...{ credentials, region: 'eu-central-1', service: 'kinesis', sha256: Sha256 },
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
  const check = async (headers: Record<string, string>) => {
    const request = new Request(url, { method: 'POST', headers });
    const answer = await access.authenticate(request, async () => body);
    if (answer.kind === 'refused') throw new Error(answer.message);
  };
  const bearer = { authorization: `Bearer ${keyId}.${secret}` };
  const signed = await signedHeaders(body);
  const nothing = async () => void new Request(url, { method: 'POST', headers: bearer });
  const rows = [
    ['a Request alone, which Node makes anyway', await cpuMs(nothing, 20_000), undefined],
    ['bearer', await cpuMs(() => check(bearer), 20_000), 0.15],
    ['SigV4 over 1 MiB', await cpuMs(() => check(signed), 500), 0.4],
    ['SHA-256 of 1 MiB alone', await cpuMs(async () => nodeHashing.sha256(body), 500), undefined],
  ] as const;
  const lines = rows.map(([what, ms, target]) => {
    const wanted = target === undefined ? '' : ` (wanted: at most ${target})`;
    return `  ${what}: ${ms.toFixed(4)} ms of CPU${wanted}`;
  });
  return `\naccess check\n${lines.join('\n')}`;
}

async function cpuMs(work: () => Promise<unknown>, times: number): Promise<number> {
  for (let i = 0; i < times / 10; i++) await work();
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / times;
}
