/**
 * Plain appends (bin/append-lane.js, lib/http/plain-append.js): which requests are one, and that they are answered as the
 * route does, by lib/http/append-records.js and lib/http/failed-request.js.
 */

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendLane } from '../../bin/append-lane.js';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { createApp } from '../../lib/http/app.js';
import { httpDefaults } from '../../lib/http/http-deps.js';
import { createPlainAppend } from '../../lib/http/plain-append.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { requestBytesMax } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { StoreError } from '../../lib/store/store-error.js';
import { jsonInit } from './api-client.js';
import { openToAll, quietWorld } from './apis.js';

describe('what is a plain append', () => {
  const lane = appendLane(async (topic, body) => {
    const said = `${topic} ${Buffer.concat(body)}`;
    return { status: 207, headers: { 'content-type': 'text/plain' }, text: said };
  });
  const server = createServer(lane((_incoming, outgoing) => outgoing.end('the route')));
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => server.close());

  type Asked = { method?: string; path?: string; headers?: Record<string, string | string[]> };

  async function ask({ method = 'POST', path, headers }: Asked, parts = ['é', '{}']) {
    const { port } = server.address() as AddressInfo;
    const plain = { 'content-type': 'application/json', 'content-length': '4' };
    const sent = request({
      port,
      method,
      path: path ?? '/v1/topics/a.B_1-/records',
      headers: { host: `localhost:${port}`, ...plain, ...headers },
    });
    for (const part of parts) sent.write(part);
    sent.end();
    const [response] = await once(sent, 'response');
    return { status: response.statusCode, text: await text(response), headers: response.headers };
  }

  test('JSON for a topic, in as many parts as it comes', async () => {
    const taken = await ask({});
    expect(taken).toMatchObject({ status: 207, text: 'a.B_1- é{}' });
    expect(taken.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '11' });
  });

  const alsoPlain: [why: string, asked: Asked][] = [
    ['a charset', { headers: { 'content-type': 'Application/JSON; charset=utf-8' } }],
    ['a page of its own', { headers: { 'sec-fetch-site': 'same-origin' } }],
    ['credentials that nobody asked for', { headers: { authorization: 'Bearer x' } }],
  ];
  test.each(alsoPlain)('%s is plain too', async (_why, asked) => {
    expect((await ask(asked)).text).toBe('a.B_1- é{}');
  });

  const others: [why: string, asked: Asked][] = [
    ['another method', { method: 'PUT' }],
    ['a query', { path: '/v1/topics/a/records?acks=0' }],
    ['a partition', { path: '/v1/topics/a/partitions/0/records' }],
    ['an escaped name', { path: '/v1/topics/%61/records' }],
    ['a name that is a way', { path: '/v1/topics/../records' }],
    ['a name that is none', { path: '/v1/topics/a+b/records' }],
    ['a whole URL', { path: 'http://localhost/v1/topics/a/records' }],
    ['another type', { headers: { 'content-type': 'application/x-ndjson' } }],
    ['a compressed body', { headers: { 'content-encoding': 'gzip' } }],
    ['a Kinesis action', { headers: { 'x-amz-target': 'Kinesis_20131202.PutRecord' } }],
    ['a name of another machine', { headers: { host: 'rebound.example.com' } }],
    ['a page from elsewhere', { headers: { origin: 'https://example.com' } }],
    ['a page of another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
  ];
  test.each(others)('%s is none', async (_why, asked) => {
    expect(await ask(asked)).toMatchObject({ status: 200, text: 'the route' });
  });

  test('nor is what says no length, or too great a one', async () => {
    const chunked = { 'content-length': [], 'transfer-encoding': 'chunked' };
    expect((await ask({ headers: chunked })).text).toBe('the route');
    const tooLong = { 'content-length': String(requestBytesMax + 1) };
    expect((await ask({ headers: tooLong }, ['x'.repeat(requestBytesMax + 1)])).text).toBe(
      'the route',
    );
  });
});

describe('its answers', () => {
  /** Commits to partition 1 are denied, where they are. */
  function setUp(denied: boolean) {
    const stores = createMemoryStores();
    const { commit } = stores.index;
    const index: typeof stores.index = {
      ...stores.index,
      async commit(ref, asked) {
        if (!denied || ref.partition !== 1) return commit(ref, asked);
        throw new StoreError('not for you', { reason: 'denied', effect: 'none' });
      },
    };
    const { clock, ...rest } = quietWorld();
    const nowMs = clock.nowMs();
    const world = { ...rest, clock: { ...clock, nowMs: () => nowMs }, random: () => 0 };
    const broker = createBroker({ ...stores, index }, nodeCodecs, world, brokerDefaults);
    const deps = { broker, codecs: nodeCodecs, world };
    const app = createApp({
      ...deps,
      ...openToAll(stores, world.clock),
      settings: httpDefaults,
      readBody: readWebBody,
      docsScript: async () => undefined,
    });
    return { broker, app, append: createPlainAppend(deps) };
  }

  const record = (partition: number) => ({ value: 'a', partition });
  const many = [
    { key: 'k', value: 'a', timestamp: 5 },
    { value: 'b' },
    { value: null, headers: [['h', 'x']] },
  ];
  const bodies: [name: string, body: unknown, status: number, denied?: boolean][] = [
    ['records of several partitions', { records: many }, 200],
    ['a partition asked for', { records: [record(2)] }, 200],
    ['a partition that there is not', { records: [record(3)] }, 404],
    ['no records', { records: [] }, 400],
    ['a wrong field', { records: [{ value: 1 }, {}] }, 400],
    ['no JSON', '{"records":', 400],
    ['an integer that would be rounded', '{"records":[{"value":12345678901234567890}]}', 400],
    ['a time far ahead', { records: [{ value: 'a', timestamp: 9e15 }] }, 400],
    ['a partition that fails', { records: [record(0), record(1)] }, 207, true],
    ['nothing but failures', { records: [record(1)] }, 503, true],
  ];
  test.each(bodies)('%s: as the route has it', async (_name, body, status, denied = false) => {
    const { broker, app, append } = setUp(denied);
    const init = jsonInit(body);
    for (const name of ['one', 'two']) await broker.topics.create(name, 3);
    const bytes = Buffer.from(init.body as string);
    const plain = await append('one', [bytes.subarray(0, 9), bytes.subarray(9)]);
    const plainBody = JSON.parse(plain.text.replaceAll('"one"', '"two"'));
    const response = await app.request('/v1/topics/two/records', init);
    expect(response.status).toBe(status);
    expect({ status: plain.status, headers: plain.headers, body: plainBody }).toEqual({
      status,
      headers: Object.fromEntries(response.headers),
      body: await response.json(),
    });
    await broker.close();
  });

  test('a topic that there is not', async () => {
    const { broker, app, append } = setUp(false);
    const body = { records: [{ value: 'a' }] };
    const plain = await append('none', [Buffer.from(JSON.stringify(body))]);
    const response = await app.request('/v1/topics/none/records', jsonInit(body));
    expect(plain.status).toBe(404);
    expect(plain.text).toBe(await response.text());
    await broker.close();
  });

  test('a partition that was added since the topic was remembered', async () => {
    const { broker, append } = setUp(false);
    await broker.topics.create('grown', 1);
    await broker.topics.find('grown');
    await broker.topics.addPartitions('grown', 3);
    const plain = await append('grown', [Buffer.from(JSON.stringify({ records: [record(2)] }))]);
    expect(JSON.parse(plain.text)).toMatchObject({ partitions: [{ partition: 2, baseOffset: 0 }] });
    await broker.close();
  });
});
