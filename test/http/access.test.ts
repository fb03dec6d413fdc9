/**
 * The check in front of the API, and what each key may do: lib/access/access.js, lib/http/guard.js,
 * lib/http/caller.js, lib/http/key-routes.js, lib/http/permitted-page.js, lib/broker/access-keys.js,
 * lib/contract/keys.js; described by lib/http/openapi-keys.js and lib/http/openapi-operation.js.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyFacts, KeyListAnswer } from '../../lib/contract/keys.js';
import {
  answerOf,
  append,
  jsonInit,
  newTopic,
  problemFrom,
  recordsPath,
  values,
} from './api-client.js';
import { basic, type GuardedApi, guardedApi, scopeOf } from './guarded-api.js';
import { operations } from './openapi-document.js';

let api: GuardedApi;
beforeAll(() => {
  api = guardedApi();
});
afterAll(() => api.stop());

describe('without a key', () => {
  const routes = operations
    .filter(({ path }) => path !== '/healthz')
    .map(({ method, path }) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, '0')] as const);
  const others = [
    '/docs',
    '/openapi.json',
    '/',
    '/nothing',
    '/healthz/',
    '/healthz/..',
    '//healthz',
  ];

  test.each([
    ...routes,
    ...others.map((path) => ['GET', path] as const),
    ['POST', '/healthz'] as const,
  ])('%s %s is refused', async (method, path) => {
    const response = await api.fetch(path, { method });
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const problem = await problemFrom(response, 401, 'SASL_AUTHENTICATION_FAILED', /access key/);
    expect(problem).toMatchObject({ retriable: false, sideEffects: 'none' });
  });

  // Fault 35 of docs/faults.md.
  test('only /healthz answers', async () => {
    expect(await answerOf(await api.fetch('/healthz'))).toEqual({ status: 'ok' });
  });

  test('nobody learns which keys there are, and what they are', async () => {
    const { keyId } = await api.newKey([scopeOf(['consume'])]);
    const answers = await Promise.all(
      [`Bearer ${keyId}.wrong`, 'Bearer LBAAAAAAAAAAAAAAAAAA.wrong', 'Bearer LBROOT.wrong'].map(
        async (authorization) => (await api.as(authorization).fetch('/v1/topics')).text(),
      ),
    );
    expect(new Set(answers).size).toBe(1);
  });
});

describe('a key', () => {
  test('is shown once, and never again', async () => {
    const made = await api.newKey([scopeOf(['produce'])], { name: 'shown' });
    expect(made.bearer).toBe(`${made.keyId}.${made.secret}`);
    const list = await (await api.root.fetch('/v1/keys?limit=1000')).text();
    expect(list).toContain(made.keyId);
    expect(list).not.toContain(made.secret);
    const stored = await api.stores.keys.find(made.keyId);
    expect(JSON.stringify(stored)).not.toContain(made.secret);
  });

  test('works as a bearer and as HTTP Basic', async () => {
    const { keyId, secret } = await api.newKey([scopeOf(['consume'])]);
    for (const authorization of [`Bearer ${keyId}.${secret}`, basic(`${keyId}:${secret}`)]) {
      await answerOf(await api.as(authorization).fetch('/v1/topics'));
    }
  });

  test('as HTTP Basic it does not work for pages of other origins', async () => {
    const { keyId, secret, bearer } = await api.newKey([scopeOf(['consume'])]);
    const headers = { origin: 'https://example.com', 'sec-fetch-site': 'cross-site' };
    const crossed = await api.as(basic(`${keyId}:${secret}`)).fetch('/v1/topics', { headers });
    await problemFrom(crossed, 403, 'CLUSTER_AUTHORIZATION_FAILED', /origin/);
    await answerOf(await api.as(`Bearer ${bearer}`).fetch('/v1/topics', { headers }));
  });

  test('opens nothing once it has expired', async () => {
    const local = guardedApi();
    const { bearer } = await local.newKey([scopeOf(['consume'])], {
      expiresAt: local.nowMs() + 60_000,
    });
    const caller = local.as(`Bearer ${bearer}`);
    await answerOf(await caller.fetch('/v1/topics'));
    local.pass(60_001);
    await problemFrom(await caller.fetch('/v1/topics'), 401, 'SASL_AUTHENTICATION_FAILED');
    await local.stop();
  });

  test('opens nothing 10 s after it was revoked, on an instance that just used it too', async () => {
    const [one, other] = [guardedApi(), undefined as GuardedApi | undefined];
    const second = other ?? guardedApi({ stores: one.stores });
    const made = await one.newKey([scopeOf(['consume'])]);
    const there = second.as(`Bearer ${made.bearer}`);
    await answerOf(await there.fetch('/v1/topics'));
    const revoked = await one.root.fetch(`/v1/keys/${made.keyId}`, { method: 'DELETE' });
    expect((await answerOf<KeyFacts>(revoked)).revokedAt).toBeGreaterThan(0);
    second.pass(10_000);
    await problemFrom(await there.fetch('/v1/topics'), 401, 'SASL_AUTHENTICATION_FAILED');
    await one.stop();
  });

  test('is made and revoked by admins of the installation alone', async () => {
    const admin = await api.keyed(scopeOf(['admin'], ['a-']));
    const init = jsonInit({ name: 'mine', scopes: [scopeOf(['admin'])] });
    for (const [path, request] of [
      ['/v1/keys', init],
      ['/v1/keys', {}],
      ['/v1/keys/LBROOT', { method: 'DELETE' }],
    ] as const) {
      await problemFrom(await admin.fetch(path, request), 403, 'CLUSTER_AUTHORIZATION_FAILED');
    }
    const missing = await api.root.fetch('/v1/keys/LBNONE', { method: 'DELETE' });
    await problemFrom(missing, 404, 'RESOURCE_NOT_FOUND');
    await problemFrom(
      await api.root.fetch('/v1/keys/LBROOT', { method: 'DELETE' }),
      400,
      'INVALID_REQUEST',
      /root/,
    );
  });

  test('is not made out of nonsense', async () => {
    for (const wrong of [
      {},
      { name: 'x', scopes: [] },
      { name: 'x', scopes: [{ operations: ['fly'] }] },
      { name: 'x', scopes: [scopeOf(['consume'])], expiresAt: 1 },
      { name: 'x', scopes: [scopeOf(['consume'])], limits: { requestsPerSecond: 0 } },
      { name: '', scopes: [scopeOf(['consume'])] },
    ]) {
      await problemFrom(await api.root.fetch('/v1/keys', jsonInit(wrong)), 400, 'INVALID_REQUEST');
    }
  });

  test('keys are listed in pages', async () => {
    const first = await answerOf<KeyListAnswer>(await api.root.fetch('/v1/keys?limit=1'));
    expect(first.keys).toHaveLength(1);
    const rest = await answerOf<KeyListAnswer>(
      await api.root.fetch(`/v1/keys?after=${first.after}`),
    );
    expect(rest.keys.map(({ keyId }) => keyId)).not.toContain(first.after);
  });
});

describe('what a key may do', () => {
  test('produce and consume, each on its own topics', async () => {
    const [mine, other] = [await newTopic(api.root), await newTopic(api.root)];
    const producer = await api.keyed(scopeOf(['produce'], [mine]));
    const consumer = await api.keyed(scopeOf(['consume'], [mine]));
    await append(producer, mine, [{ value: 'a' }]);
    expect(await values(consumer, mine)).toEqual(['a']);
    const records = jsonInit({ records: [{ value: 'x' }] });
    const denied = 'TOPIC_AUTHORIZATION_FAILED';
    await problemFrom(await consumer.fetch(recordsPath(mine), records), 403, denied, /produce/);
    await problemFrom(await producer.fetch(recordsPath(mine)), 403, denied, /consume/);
    await problemFrom(await producer.fetch(recordsPath(other), records), 403, denied);
    await problemFrom(await producer.fetch(`/v1/topics/${other}/records`, records), 403, denied);
    await problemFrom(await consumer.fetch(recordsPath(other)), 403, denied);
    expect(await values(api.root, mine)).toEqual(['a']);
  });

  // Fault 35 of docs/faults.md.
  test('a topic that is forbidden answers the same whether it is there or not', async () => {
    const there = await newTopic(api.root);
    const missing = `${there}-missing`;
    const stranger = await api.keyed(
      scopeOf(['produce', 'consume', 'group', 'admin'], ['zz'], ['zz']),
    );
    const asked = operations.filter(({ path }) => path.startsWith('/v1/topics/{topic}'));
    expect(asked.length).toBeGreaterThan(8);
    const bodies = [
      undefined,
      { configs: {} },
      { count: 2 },
      { offset: 0 },
      { token: 'a' },
      { records: [] },
    ];
    for (const { method, path } of asked) {
      for (const body of method === 'get' || method === 'delete' ? [undefined] : bodies) {
        const answers = [there, missing].map(async (topic) => {
          const url = path.replace('{topic}', topic).replace('{partition}', '0');
          const init = body
            ? jsonInit(body, method.toUpperCase())
            : { method: method.toUpperCase() };
          const response = await stranger.fetch(url, init);
          expect(response.status).toBe(403);
          return (await response.text()).replaceAll(topic, 'T');
        });
        const [first, second] = await Promise.all(answers);
        expect(first).toBe(second);
      }
    }
  });

  test('lists show what may be seen, in whole pages, and end with nothing else', async () => {
    const local = guardedApi();
    const all = ['a-1', 'b-1', 'a-2', 'b-2', 'a-3', 'b-3'];
    for (const name of all)
      await answerOf(await local.root.fetch('/v1/topics', jsonInit({ name })), 201);
    const caller = await local.keyed(scopeOf(['consume'], ['a-'], []));
    const first = await answerOf<{ topics: { name: string }[]; after?: string }>(
      await caller.fetch('/v1/topics?limit=2'),
    );
    expect(first.topics.map(({ name }) => name)).toEqual(['a-1', 'a-2']);
    expect(first.after).toBe('a-2');
    const rest = await caller.fetch('/v1/topics?limit=2&after=a-2');
    expect(await rest.json()).toMatchObject({ topics: [{ name: 'a-3' }] });
    expect(JSON.stringify(await (await caller.fetch('/v1/topics?limit=3')).json())).not.toContain(
      '"b-',
    );
    expect(await (await caller.fetch('/v1/groups')).json()).toEqual({ groups: [] });
    await local.stop();
  });

  test('read-only reads, and changes nothing', async () => {
    const topic = await newTopic(api.root);
    const reader = await api.keyed(scopeOf(['read-only']));
    await answerOf(await reader.fetch(`/v1/topics/${topic}`));
    await answerOf(await reader.fetch(recordsPath(topic)));
    const changes: [string, RequestInit][] = [
      ['/v1/topics', jsonInit({ name: 'read-only-made' })],
      [`/v1/topics/${topic}`, { method: 'DELETE' }],
      [recordsPath(topic), jsonInit({ records: [{ value: 'x' }] })],
      ['/v1/producers', { method: 'POST' }],
      ['/v1/groups/g/heartbeat', jsonInit({ memberId: 'm', memberEpoch: 0 })],
      ['/v1/groups/g/offsets', jsonInit({ offsets: [{ topic, partition: 0, offset: 0 }] })],
      ['/v1/groups/g/reset', jsonInit({ to: 'earliest' })],
      ['/v1/groups/g', { method: 'DELETE' }],
      ['/v1/keys', jsonInit({ name: 'x', scopes: [scopeOf(['admin'])] })],
    ];
    for (const [path, init] of changes) {
      const response = await reader.fetch(path, init);
      expect(response.status, path).toBe(403);
      expect(((await response.json()) as { code: string }).code).toMatch(/_AUTHORIZATION_FAILED$/);
    }
  });
});

describe('groups', () => {
  test('need the group, and the topics that are read in it', async () => {
    const [mine, other] = [await newTopic(api.root), await newTopic(api.root)];
    const member = await api.keyed(scopeOf(['group', 'consume'], [mine], ['billing']));
    const beat = (topics: string[], more: object = {}) =>
      jsonInit({ memberId: 'm', memberEpoch: 0, subscribedTopics: topics, ...more });
    await answerOf(await member.fetch('/v1/groups/billing/heartbeat', beat([mine])));
    const denied = 'TOPIC_AUTHORIZATION_FAILED';
    const wrongTopic = await member.fetch('/v1/groups/billing/heartbeat', beat([mine, other]));
    await problemFrom(wrongTopic, 403, denied);
    const pattern = beat([], { subscribedPattern: '.*' });
    await problemFrom(
      await member.fetch('/v1/groups/billing/heartbeat', pattern),
      403,
      denied,
      /pattern/,
    );
    const wrongGroup = await member.fetch('/v1/groups/else/heartbeat', beat([mine]));
    await problemFrom(wrongGroup, 403, 'GROUP_AUTHORIZATION_FAILED');
    const commit = jsonInit({ offsets: [{ topic: other, partition: 0, offset: 0 }] });
    await problemFrom(await member.fetch('/v1/groups/billing2/offsets', commit), 403, denied);
  });

  test('show nothing of topics that may not be seen', async () => {
    const [mine, other] = [await newTopic(api.root), await newTopic(api.root)];
    const commit = { offsets: [mine, other].map((topic) => ({ topic, partition: 0, offset: 0 })) };
    await answerOf(await api.root.fetch('/v1/groups/shared/offsets', jsonInit(commit)));
    const reader = await api.keyed(scopeOf(['group', 'consume'], [mine], ['shared']));
    for (const path of ['/v1/groups/shared', '/v1/groups/shared/offsets']) {
      const text = await (await reader.fetch(path)).text();
      expect(text).toContain(mine);
      expect(text).not.toContain(other);
    }
    const reset = await reader.fetch('/v1/groups/shared/reset', jsonInit({ to: 'earliest' }));
    await problemFrom(reset, 403, 'TOPIC_AUTHORIZATION_FAILED');
  });
});
