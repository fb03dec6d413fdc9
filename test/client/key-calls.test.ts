/** lib/client/key-calls.js against the app behind its check: every call, and what becomes of failures. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootKeyId } from '../../lib/access/access-key.js';
import type { Fetch } from '../support/fetch.js';
import { rootSecret } from '../support/test-keys.js';
import { type GuardedServer, startGuardedServer } from './guarded-server.js';

const rootBearer = `${rootKeyId}.${rootSecret}`;
const scope = { operations: ['produce', 'consume'], topics: ['a-'], groups: [] } as const;
const scopes = [{ operations: [...scope.operations], topics: [...scope.topics], groups: [] }];

let server: GuardedServer;
beforeEach(() => {
  server = startGuardedServer();
});
afterEach(() => server.api.stop());

const root = () => server.clientOf(rootBearer);

test('a key is made, opens what it may, is listed without its secret, and revoked', async () => {
  const { keys, ...client } = root();
  await client.createTopic('a-1', 1);
  const made = await keys.create({ name: 'billing', scopes, limits: { requestsPerSecond: 100 } });
  expect(made).toMatchObject({ name: 'billing', scopes, expiresAt: null });
  expect(made.bearer).toBe(`${made.keyId}.${made.secret}`);
  const mine = server.clientOf(made.bearer);
  expect((await mine.listTopics()).topics).toHaveLength(1);
  await expect(mine.createTopic('a-2', 1)).rejects.toMatchObject({
    ...{ code: 'TOPIC_AUTHORIZATION_FAILED', sideEffects: 'none', retriable: false },
  });
  const { keys: listed } = await keys.list();
  expect(listed).toMatchObject([{ keyId: made.keyId, revokedAt: null }]);
  expect(JSON.stringify(listed)).not.toContain(made.secret);
  const { revokedAt } = await keys.revoke(made.keyId);
  expect(revokedAt).toBeGreaterThanOrEqual(made.createdAt);
  server.api.pass(10_000);
  await expect(mine.listTopics()).rejects.toMatchObject({ code: 'SASL_AUTHENTICATION_FAILED' });
});

test('many keys are listed page by page', async () => {
  const { keys } = root();
  const ids: string[] = [];
  for (let i = 0; i < 103; i++) ids.push((await keys.create({ name: `k${i}`, scopes })).keyId);
  const first = await keys.list();
  expect(first.keys).toHaveLength(100);
  const second = await keys.list(first.after);
  expect(second.after).toBeUndefined();
  expect([...first.keys, ...second.keys].map(({ keyId }) => keyId)).toEqual(ids.sort());
});

test('a token narrows the key that asks for it, and makes no other', async () => {
  const made = await root().keys.create({ name: 'page', scopes });
  const { keys } = server.clientOf(made.bearer);
  const narrow = [{ operations: ['consume' as const], topics: ['a-'], groups: [] }];
  const { token, expiresAt } = await keys.token({ scopes: narrow, ttlSeconds: 60 });
  expect(expiresAt).toBeLessThanOrEqual(server.api.nowMs() + 60_000);
  const page = server.clientOf(token);
  expect((await page.listTopics()).topics).toEqual([]);
  const refused = { code: 'CLUSTER_AUTHORIZATION_FAILED' };
  await expect(page.keys.token({ scopes: narrow })).rejects.toMatchObject(refused);
  await expect(keys.create({ name: 'x', scopes })).rejects.toMatchObject(refused);
  await expect(
    keys.token({ scopes: [{ operations: ['admin'], topics: [''], groups: [''] }] }),
  ).rejects.toMatchObject(refused);
});

test('what is wrong is told by its field', async () => {
  const { keys } = root();
  await expect(keys.create({ name: '', scopes })).rejects.toMatchObject({
    ...{ code: 'INVALID_REQUEST', message: expect.stringContaining('name') },
  });
  const past = keys.create({ name: 'x', scopes, expiresAt: 1 });
  await expect(past).rejects.toThrow(/expiresAt.*past/);
  await expect(keys.revoke('LBAAAAAAAAAAAAAAAAAA')).rejects.toMatchObject({
    code: 'RESOURCE_NOT_FOUND',
  });
  await expect(keys.revoke(rootKeyId)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

/** Loses the first answer, after the server has acted. */
function losing(counts: { asked: number }): Fetch {
  return async (url, init) => {
    const response = await server.fetch(url, init);
    if (counts.asked++ === 0) throw new TypeError('fetch failed');
    return response;
  };
}

test('a key that was made though its answer was lost is not made again', async () => {
  const counts = { asked: 0 };
  const { keys } = server.clientOf(rootBearer, losing(counts));
  await expect(keys.create({ name: 'x', scopes })).rejects.toMatchObject({
    ...{ code: 'NETWORK_EXCEPTION', sideEffects: 'unknown' },
  });
  expect(counts.asked).toBe(1);
  expect((await root().keys.list()).keys).toHaveLength(1);
});

test('a revocation whose answer was lost is asked for again', async () => {
  const made = await root().keys.create({ name: 'x', scopes });
  const counts = { asked: 0 };
  const { keys } = server.clientOf(rootBearer, losing(counts));
  expect(await keys.revoke(made.keyId)).toMatchObject({ keyId: made.keyId });
  expect(counts.asked).toBe(2);
});
