/**
 * What holds for as long as a key is used: tokens, limits, streams that are cut off, the audit log
 * (lib/broker/audit-log.js), and that no secret is logged.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedToken } from '../../lib/contract/keys.js';
import { rootBearer, rootSecret } from '../support/test-keys.js';
import {
  type Api,
  answerOf,
  append,
  jsonInit,
  newTopic,
  problemFrom,
  recordsPath,
  values,
} from './api-client.js';
import { basic, type GuardedApi, guardedApi, type Scopes, scopeOf } from './guarded-api.js';
import { operations } from './openapi-document.js';

let api: GuardedApi;
beforeAll(() => {
  api = guardedApi();
});
afterAll(() => api.stop());

describe('tokens', () => {
  async function tokenOf(caller: Api, scopes: Scopes, ttlSeconds = 60): Promise<CreatedToken> {
    return answerOf(await caller.fetch('/v1/tokens', jsonInit({ ttlSeconds, scopes })), 201);
  }

  test('can do a part of what the key can, until they end', async () => {
    const local = guardedApi();
    const topic = await newTopic(local.root);
    const key = await local.keyed(scopeOf(['produce', 'consume'], [topic]));
    const { token, expiresAt } = await tokenOf(key, [scopeOf(['consume'], [topic], [])]);
    expect(expiresAt).toBeGreaterThan(local.nowMs());
    const page = local.as(`Bearer ${token}`);
    expect(await values(page, topic)).toEqual([]);
    const records = jsonInit({ records: [{ value: 'x' }] });
    await problemFrom(
      await page.fetch(recordsPath(topic), records),
      403,
      'TOPIC_AUTHORIZATION_FAILED',
    );
    const again = jsonInit({ scopes: [scopeOf(['consume'], [topic], [])] });
    await problemFrom(await page.fetch('/v1/tokens', again), 403, 'CLUSTER_AUTHORIZATION_FAILED');
    local.pass(60_001);
    await problemFrom(await page.fetch('/v1/topics'), 401, 'SASL_AUTHENTICATION_FAILED', /expired/);
    await local.stop();
  });

  test('are not made for more than the key can', async () => {
    const key = await api.keyed(scopeOf(['consume'], ['a-']));
    for (const scopes of [
      [scopeOf(['consume'])],
      [scopeOf(['produce'], ['a-'])],
      [scopeOf(['admin'], ['a-'])],
    ]) {
      const response = await key.fetch('/v1/tokens', jsonInit({ scopes }));
      await problemFrom(response, 403, 'CLUSTER_AUTHORIZATION_FAILED', /part/);
    }
  });

  test('end with their key', async () => {
    const local = guardedApi();
    const made = await local.newKey([scopeOf(['consume'])]);
    const { token } = await tokenOf(
      local.as(`Bearer ${made.bearer}`),
      [scopeOf(['consume'])],
      3_600,
    );
    await local.root.fetch(`/v1/keys/${made.keyId}`, { method: 'DELETE' });
    local.pass(10_000);
    await problemFrom(
      await local.as(`Bearer ${token}`).fetch('/v1/topics'),
      401,
      'SASL_AUTHENTICATION_FAILED',
    );
    await local.stop();
  });
});

describe('limits', () => {
  test('requests beyond them are told to come later', async () => {
    const { bearer } = await api.newKey([scopeOf(['consume'])], {
      limits: { requestsPerSecond: 1 },
    });
    const caller = api.as(`Bearer ${bearer}`);
    await answerOf(await caller.fetch('/v1/topics'));
    const response = await caller.fetch('/v1/topics');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const problem = await problemFrom(response, 429, 'THROTTLING_QUOTA_EXCEEDED', /limit/);
    expect(problem.retriable).toBe(true);
    await answerOf(await api.root.fetch('/v1/topics'));
  });

  test('bytes count when they are written and when they are read', async () => {
    const topic = await newTopic(api.root);
    await append(api.root, topic, [{ value: 'x'.repeat(10_000) }]);
    for (const send of [
      (caller: Api) => caller.fetch(recordsPath(topic)),
      (caller: Api) =>
        caller.fetch(recordsPath(topic), jsonInit({ records: [{ value: 'y'.repeat(10_000) }] })),
    ]) {
      const limits = { bytesPerSecond: 1_000 };
      const { bearer } = await api.newKey([scopeOf(['consume', 'produce'])], { limits });
      const caller = api.as(`Bearer ${bearer}`);
      expect((await send(caller)).status).toBe(200);
      const response = await send(caller);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(5);
      await problemFrom(response, 429, 'THROTTLING_QUOTA_EXCEEDED');
    }
  });
});

// Fault 36 of docs/faults.md.
test('whoever follows or waits with a key that is revoked is cut off', async () => {
  const local = guardedApi();
  const topic = await newTopic(local.root);
  const made = await local.newKey([scopeOf(['consume'])]);
  const caller = local.as(`Bearer ${made.bearer}`);
  const headers = { accept: 'text/event-stream' };
  const followed = await caller.fetch(recordsPath(topic), { headers });
  const waiting = caller.fetch(`${recordsPath(topic)}?waitMs=20000`);
  await local.root.fetch(`/v1/keys/${made.keyId}`, { method: 'DELETE' });
  local.pass(10_000);
  await append(local.root, topic, [{ value: 'not for you' }]);
  const text = await followed.text();
  expect(text).toContain('SASL_AUTHENTICATION_FAILED');
  expect(text).not.toContain('not for you');
  await problemFrom(await waiting, 401, 'SASL_AUTHENTICATION_FAILED');
  await local.stop();
});

describe('the audit log', () => {
  test('has who did what and what came of it, refused attempts too, and no secret', async () => {
    const local = guardedApi();
    const made = await local.newKey([scopeOf(['admin'], ['a-'])], { name: 'operator' });
    const admin = local.as(`Bearer ${made.bearer}`);
    await answerOf(await admin.fetch('/v1/topics', jsonInit({ name: 'a-1' })), 201);
    await admin.fetch('/v1/topics', jsonInit({ name: 'b-1' }));
    await admin.fetch('/v1/topics/a-2', { method: 'DELETE' });
    await admin.fetch('/v1/topics/a-1');
    const lines = (await values(local.root, '__audit')) as string[];
    const entries = lines.map((line) => JSON.parse(line) as object);
    expect(entries).toMatchObject([
      {
        keyId: 'LBROOT',
        action: 'POST /v1/keys',
        resource: 'cluster',
        result: 'ok',
        made: `key ${made.keyId}`,
      },
      {
        keyId: made.keyId,
        keyName: 'operator',
        action: 'POST /v1/topics',
        resource: 'topic a-1',
        result: 'ok',
      },
      { resource: 'topic b-1', result: 'TOPIC_AUTHORIZATION_FAILED' },
      { action: 'DELETE /v1/topics/a-2', result: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ]);
    expect(JSON.stringify(entries)).not.toContain(made.secret);
    await local.stop();
  });

  test('is hidden from lists, and from those who are no admins of the installation', async () => {
    await api.newKey([scopeOf(['consume'])]);
    expect(await (await api.root.fetch('/v1/topics?limit=1000')).text()).not.toContain('__audit');
    expect(await (await api.root.fetch('/v1/topics?limit=1000&internal=true')).text()).toContain(
      '__audit',
    );
    const other = await api.keyed(scopeOf(['produce', 'consume', 'read-only', 'group']));
    expect(await (await other.fetch('/v1/topics?limit=1000&internal=true')).text()).not.toContain(
      '__audit',
    );
    await problemFrom(await other.fetch(recordsPath('__audit')), 403, 'TOPIC_AUTHORIZATION_FAILED');
    const forged = await api.root.fetch(
      recordsPath('__audit'),
      jsonInit({ records: [{ value: 'x' }] }),
    );
    await problemFrom(forged, 403, 'TOPIC_AUTHORIZATION_FAILED');
  });
});

test('no secret is ever logged, whatever is sent and however it fails', async () => {
  const stores = (await import('../../lib/store/memory/memory-store.js')).createMemoryStores();
  const broken = {
    ...stores,
    index: { ...stores.index, readHead: async () => Promise.reject(new Error('lost')) },
  };
  const local = guardedApi({ stores: broken });
  const topic = await newTopic(local.root);
  const { bearer, secret, keyId } = await local.newKey([scopeOf(['produce', 'consume'])]);
  const { token } = await answerOf<CreatedToken>(
    await local
      .as(`Bearer ${bearer}`)
      .fetch('/v1/tokens', jsonInit({ scopes: [scopeOf(['consume'])] })),
    201,
  );
  const forms = [
    `Bearer ${bearer}`,
    basic(`${keyId}:${secret}`),
    `Bearer ${token}`,
    rootBearer,
    `Bearer ${bearer}x`,
    secret,
  ];
  const statuses = new Set<number>();
  for (const authorization of forms) {
    for (const { method, path } of operations) {
      const url = path.replaceAll('{topic}', topic).replaceAll(/\{\w+\}/g, '0');
      const response = await local.as(authorization).fetch(url, jsonInitFor(method));
      statuses.add(response.status);
      await response.body?.cancel();
    }
  }
  expect([...statuses]).toEqual(expect.arrayContaining([401, 500]));
  expect(local.logged()).toContain('a request failed');
  for (const hidden of [secret, rootSecret, token, basic(`${keyId}:${secret}`).slice(6)]) {
    expect(local.logged()).not.toContain(hidden);
  }
  await local.stop();
});

function jsonInitFor(method: string): RequestInit {
  return method === 'get' ? {} : jsonInit({}, method.toUpperCase());
}
