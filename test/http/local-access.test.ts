/** bin/serve-access.ts: who may use a server of one's own, and where it does not listen without keys. */

import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serve } from '../../bin/serve.js';
import type { CreatedKey } from '../../lib/contract/keys.js';
import { rootBearer, rootSecret } from '../support/test-keys.js';
import { answerOf, jsonInit, problemFrom } from './api-client.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'logbrook-access-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const quiet = { LOGBROOK_LOG_LEVEL: 'silent' };
const start = (more: object, environment: Record<string, string> = {}) =>
  serve(
    { port: 0, host: '127.0.0.1', store: 'local', dataDir, takeOver: false, ...more },
    { ...quiet, ...environment },
  );

/** `fetch` does not let a caller choose these headers. */
function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/topics`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}

test('on loopback nobody needs a key, but pages from elsewhere do not come in', async () => {
  const server = await start({});
  const host = new URL(server.url).host;
  expect(await statusOf(server.url, { host })).toBe(200);
  expect(await statusOf(server.url, { host, origin: `http://${host}` })).toBe(200);
  expect(await statusOf(server.url, { host, authorization: 'AWS4-HMAC-SHA256 any' })).toBe(200);
  expect(await statusOf(server.url, { host: 'rebound.example.com' })).toBe(403);
  expect(await statusOf(server.url, { host, origin: 'https://example.com' })).toBe(403);
  expect(await statusOf(server.url, { host, 'sec-fetch-site': 'cross-site' })).toBe(403);
  await server.stop();
});

test('beyond loopback it does not start without a key that can make others', async () => {
  for (const more of [{ host: '0.0.0.0' }, { requireKeys: true }]) {
    await expect(start(more)).rejects.toThrow(/logbrook keys create admin.*LOGBROOK_ROOT_KEY/s);
  }
  const wrong = { LOGBROOK_ROOT_KEY: 'LBROOT.short' };
  await expect(start({ host: '0.0.0.0' }, wrong)).rejects.toThrow(/LOGBROOK_ROOT_KEY must be/);
});

test('a key made on loopback opens it after a restart, and nothing else does', async () => {
  const first = await start({});
  const scopes = [
    { operations: ['produce', 'consume', 'group', 'admin'], topics: [''], groups: [''] },
  ];
  const made = await fetch(`${first.url}/v1/keys`, jsonInit({ name: 'admin', scopes }));
  const { bearer } = await answerOf<CreatedKey>(made, 201);
  await first.stop();
  const server = await start({ requireKeys: true });
  await problemFrom(await fetch(`${server.url}/v1/topics`), 401, 'SASL_AUTHENTICATION_FAILED');
  const headers = { authorization: `Bearer ${bearer}` };
  await answerOf(await fetch(`${server.url}/v1/topics`, { headers }));
  await server.stop();
});

test('a root key out of the environment opens it', async () => {
  const environment = { LOGBROOK_ROOT_KEY: `LBROOT.${rootSecret}` };
  const server = await start({ requireKeys: true, store: 'memory' }, environment);
  const headers = { authorization: rootBearer };
  await answerOf(await fetch(`${server.url}/v1/topics`, { headers }));
  await server.stop();
});
