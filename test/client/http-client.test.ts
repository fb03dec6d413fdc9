/** lib/client/http-client.js against the real app: every call, and what becomes of failures. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttpClient } from '../../lib/client/http-client.js';
import { LogbrookError } from '../../lib/client/logbrook-error.js';
import type { Fetch } from '../support/fetch.js';
import {
  connectionFailure,
  eagerTiming,
  refusingFetch,
  sleepingTiming,
  startTestServer,
  type TestServer,
  testUrl,
} from './in-process-server.js';

let server: TestServer;

beforeEach(() => {
  server = startTestServer();
});
afterEach(() => server.close());

const failure = (promise: Promise<unknown>): Promise<LogbrookError> =>
  promise.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(LogbrookError);
      return error as LogbrookError;
    },
  );

test('topics: create, list in pages, describe, delete', async () => {
  const { client } = server;
  const made = await client.createTopic('access', 3);
  expect(made).toMatchObject({ name: 'access', partitions: 3 });
  await client.createTopic('other', 1);
  const { topics } = await client.listTopics();
  expect(topics.map(({ name }) => name)).toEqual(['access', 'other']);
  expect((await client.listTopics('access')).topics.map(({ name }) => name)).toEqual(['other']);
  const described = await client.describeTopic('access');
  expect(described.topicId).toBe(made.topicId);
  expect(described.partitions.map(({ highWatermark }) => highWatermark)).toEqual([0, 0, 0]);
  await client.deleteTopic('access');
  const gone = await failure(client.describeTopic('access'));
  expect(gone).toMatchObject({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    status: 404,
    retriable: false,
    sideEffects: 'none',
    details: { topic: 'access' },
  });
});

test('topics: settings, more partitions, trim', async () => {
  const { client } = server;
  await client.createTopic('access', 1, { configs: { 'retention.ms': 5 } });
  const altered = await client.alterTopic('access', {
    'retention.ms': null,
    'segment.bytes': '2000000',
  });
  const set = altered.configs.filter(({ source }) => source === 'topic');
  expect(set).toMatchObject([{ name: 'segment.bytes', value: '2000000' }]);
  expect((await client.describeTopic('access')).configs).toEqual(altered.configs);
  expect(await client.addPartitions('access', 2)).toMatchObject({ partitions: 2 });
  await client.append('access', [
    { value: 'a', partition: 1 },
    { value: 'b', partition: 1 },
  ]);
  const trimmed = { topic: 'access', partition: 1, highWatermark: 2 };
  expect(await client.trim('access', 1, 1)).toEqual({ ...trimmed, logStartOffset: 1 });
  expect(await client.trim('access', 1, 'latest')).toEqual({ ...trimmed, logStartOffset: 2 });
  expect(await failure(client.alterTopic('access', { x: '1' }))).toMatchObject({
    code: 'INVALID_CONFIG',
    details: { setting: 'x' },
  });
  expect(await failure(client.addPartitions('access', 2))).toMatchObject({
    code: 'INVALID_PARTITIONS',
  });
});

test.each(['json', 'ndjson'] as const)('records go out as %s and come back', async (body) => {
  const { client } = server;
  await client.createTopic('access', 1);
  const records = [
    { key: 'a', value: 'one', headers: [['h', 'x']] as [string, unknown][] },
    { value: 'AAE=', format: 'base64' as const },
  ];
  const [appended] = await client.append('access', records, { body });
  expect(appended).toMatchObject({ partition: 0, baseOffset: 0, nextOffset: 2 });
  const page = await client.fetch('access', 0, { offset: 0 });
  expect(page).toMatchObject({ nextOffset: 2, highWatermark: 2 });
  expect(page.records[0]).toMatchObject({ key: 'a', value: 'one', headers: [['h', 'x']] });
  expect(page.records[1]).toMatchObject({ key: null });
  const base64 = await client.fetch('access', 0, { last: 1, format: 'base64' });
  expect(base64.records).toMatchObject([{ offset: 1, value: 'AAE=' }]);
});

test('offsets, also by time', async () => {
  const { client } = server;
  await client.createTopic('access', 1);
  await client.append('access', [
    { value: 'old', timestamp: 1_000 },
    { value: 'new', timestamp: 2_000 },
  ]);
  const offsets = await client.listOffsets('access', 1_500);
  expect(offsets.partitions).toEqual([
    { partition: 0, earliest: 0, latest: 2, offset: 1, timestamp: 2_000 },
  ]);
  const iso = await client.listOffsets('access', '1970-01-01T00:00:03Z');
  expect(iso.partitions).toMatchObject([{ offset: 2, timestamp: null }]);
});

test('a long poll ends with the record it waits for', async () => {
  const { client } = server;
  await client.createTopic('access', 1);
  const waiting = client.fetch('access', 0, { offset: 0, waitMs: 30_000 });
  await client.append('access', [{ value: 'now' }]);
  expect((await waiting).records).toMatchObject([{ value: 'now' }]);
});

test('an abort rejects with its reason', async () => {
  const { client } = server;
  await client.createTopic('access', 1);
  const controller = new AbortController();
  const waiting = client.fetch(
    'access',
    0,
    { offset: 0, waitMs: 30_000 },
    { signal: controller.signal },
  );
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('state that a caller needs to go on is in the details', async () => {
  const { client } = server;
  await client.createTopic('access', 1);
  const error = await failure(client.fetch('access', 0, { offset: 7 }));
  expect(error).toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    details: { earliest: 0, latest: 0 },
  });
});

test.each(['', '.', '..', 'a/b', 'x'.repeat(250)])('a topic cannot be named %j', async (name) => {
  const error = await failure(server.client.deleteTopic(name));
  expect(error).toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION', sideEffects: 'none' });
});

// Fault 23 of docs/faults.md.
test('some partitions failed: that is an error, and never repeated', async () => {
  let calls = 0;
  const partitions = [
    { partition: 0, baseOffset: 0, nextOffset: 1, recordCount: 1 },
    { partition: 1, recordCount: 1, error: { code: 'KAFKA_STORAGE_ERROR', sideEffects: 'none' } },
  ];
  const fetch: Fetch = async () => {
    calls++;
    return Response.json({ topic: 'access', partitions }, { status: 207 });
  };
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const error = await failure(client.append('access', [{ value: 'a' }]));
  expect(error).toMatchObject({
    code: 'KAFKA_STORAGE_ERROR',
    status: 207,
    retriable: false,
    sideEffects: 'unknown',
  });
  expect(error.details.partitions).toEqual(partitions);
  expect(calls).toBe(1);
});

test('nobody listens: the error names the URL and says how to start a server', async () => {
  const timing = sleepingTiming();
  const client = createHttpClient({ url: 'http://127.0.0.1:9642/', fetch: refusingFetch, timing });
  const error = await failure(client.listTopics());
  expect(error.message).toContain('http://127.0.0.1:9642 (connection refused)');
  expect(error.message).toContain('logbrook serve');
  expect(error).toMatchObject({ code: 'NETWORK_EXCEPTION', status: 0, sideEffects: 'none' });
});

type Fault = 'refused' | 'reset' | 'busy';

/** Fails the first calls, before or after the server has acted. */
function faulty(faults: Fault[], calls: string[] = []): Fetch {
  return async (url, init) => {
    calls.push(`${init.method} ${new URL(url).pathname}`);
    const fault = faults.shift();
    if (fault === 'refused') throw connectionFailure('ECONNREFUSED');
    if (fault === 'busy') return new Response('busy', { status: 503 });
    const response = await server.fetch(url, init);
    if (fault === 'reset') throw connectionFailure('ECONNRESET');
    return response;
  };
}

test('reads are repeated, whatever the failure was', async () => {
  const fetch = faulty(['refused', 'reset', 'busy']);
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  expect(await client.listTopics()).toEqual({ topics: [] });
});

test('a read that fails has changed nothing', async () => {
  const fetch = faulty(['reset', 'reset', 'reset', 'reset']);
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const error = await failure(client.listTopics());
  expect(error).toMatchObject({ retriable: true, sideEffects: 'none' });
});

test('an append is repeated when it certainly did nothing, and only then', async () => {
  await server.client.createTopic('access', 1);
  const calls: string[] = [];
  const fetch = faulty(['refused', 'reset'], calls);
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const error = await failure(client.append('access', [{ value: 'once' }]));
  expect(error).toMatchObject({ code: 'NETWORK_EXCEPTION', sideEffects: 'unknown' });
  expect(calls).toHaveLength(2);
  const { partitions } = await server.client.listOffsets('access');
  expect(partitions).toMatchObject([{ latest: 1 }]);
});

test('another server at that URL is told apart', async () => {
  const fetch: Fetch = async () =>
    new Response('<html>', { status: 200, headers: { 'content-type': 'text/html' } });
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const error = await failure(client.listTopics());
  expect(error.message).toMatch(/answered 200 \(text\/html\).*Is this the URL of a Logbrook/);
});

test('an answer that is cut off is a failure of the connection', async () => {
  const fetch: Fetch = async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"topics":'));
        controller.error(connectionFailure('ECONNRESET'));
      },
    });
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  };
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const error = await failure(client.listTopics());
  expect(error).toMatchObject({ code: 'NETWORK_EXCEPTION', details: { reason: 'ECONNRESET' } });
});

test('a path in the URL stays in front', async () => {
  const urls: string[] = [];
  const fetch: Fetch = async (url) => {
    urls.push(url);
    return Response.json({ topics: [] });
  };
  const client = createHttpClient({ url: 'https://example.test/log/', fetch });
  await client.listTopics('a b');
  expect(urls).toEqual(['https://example.test/log/v1/topics?after=a+b']);
});

test.each(['nonsense', 'ftp://example.test', ''])('%j is not the URL of a server', (url) => {
  expect(() => createHttpClient({ url })).toThrow(TypeError);
});

test.each([
  [connectionFailure('ECONNRESET'), 'failed (ECONNRESET).'],
  [connectionFailure('EPROTO'), 'does not answer as HTTPS does (EPROTO). Is it http?'],
  [connectionFailure('ENOTFOUND'), 'cannot be resolved (ENOTFOUND).'],
  [new TypeError('fetch failed', { cause: new Error('other side closed') }), 'other side closed.'],
  [new TypeError('Load failed'), 'failed: Load failed.'],
])('a connection that fails with %s', async (cause, said) => {
  const fetch: Fetch = () => Promise.reject(cause);
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  expect((await failure(client.listTopics())).message).toContain(said);
});

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 1, false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 1, false],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 1, false],
  ['ECONNREFUSED', 4, true],
])('%s is tried %i times, and nothing was done', async (code, tries, retriable) => {
  let requests = 0;
  const fetch: Fetch = () => {
    requests++;
    return Promise.reject(connectionFailure(code));
  };
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const facts = { code: 'NETWORK_EXCEPTION', retriable, sideEffects: 'none' };
  expect(await failure(client.listTopics())).toMatchObject(facts);
  expect(requests).toBe(tries);
});

test('a redirect is not followed, and not tried again', async () => {
  let requests = 0;
  const elsewhere = createServer((_request, response) => {
    requests++;
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = elsewhere.address() as AddressInfo;
    const client = createHttpClient({ url: `http://127.0.0.1:${port}`, key: 'LBA.secret' });
    const error = await failure(client.describeTopic('access'));
    expect(error).toMatchObject({ code: 'NETWORK_EXCEPTION', retriable: false });
    expect(error.message).toMatch(/redirects elsewhere.*https/);
    expect(requests).toBe(1);
  } finally {
    elsewhere.close();
  }
});
