/** lib/client/follow.js: every record once, in order, over streams that end and break. */

import { afterEach, expect, test } from 'vitest';
import { createHttpClient } from '../../lib/client/http-client.js';
import type { Fetch } from '../support/fetch.js';
import {
  connectionFailure,
  eagerTiming,
  startTestServer,
  type TestServer,
  testUrl,
} from './in-process-server.js';

let server: TestServer;
afterEach(() => server.close());

const values = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ value: `v${from + i}` }));

async function collect(fetch: Fetch, count: number): Promise<string[]> {
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const seen: string[] = [];
  for await (const record of client.follow('access', 0, { offset: 0 })) {
    seen.push(record.value as string);
    if (seen.length === count) break;
  }
  return seen;
}

test('records that are there, and those that come', async () => {
  server = startTestServer({ http: { heartbeatMs: 1 } });
  const { client } = server;
  await client.createTopic('access', 1);
  await client.append('access', values(0, 3));
  const marks: number[] = [];
  const appended: Promise<unknown>[] = [];
  const onCaughtUp = (highWatermark: number) => {
    if (marks.length === 0) appended.push(client.append('access', values(3, 5)));
    marks.push(highWatermark);
  };
  const seen: unknown[] = [];
  for await (const record of client.follow('access', 0, { offset: 1, onCaughtUp })) {
    seen.push(record.value);
    if (seen.length === 4) break;
  }
  await Promise.all(appended);
  expect(seen).toEqual(['v1', 'v2', 'v3', 'v4']);
  expect(marks[0]).toBe(3);
});

test('a stream whose life is over is renewed', async () => {
  server = startTestServer({ http: { streamLifeMs: 1, heartbeatMs: 1 } });
  await server.client.createTopic('access', 1);
  let streams = 0;
  const fetch: Fetch = async (url, init) => {
    await server.client.append('access', values(streams, streams + 1));
    streams++;
    return server.fetch(url, init);
  };
  expect(await collect(fetch, 4)).toEqual(['v0', 'v1', 'v2', 'v3']);
  expect(streams).toBeGreaterThan(1);
});

test('a stream that breaks in the middle goes on where it was', async () => {
  server = startTestServer();
  await server.client.createTopic('access', 1);
  await server.client.append('access', values(0, 20));
  let streams = 0;
  const fetch: Fetch = async (url, init) => {
    streams++;
    if (streams === 2) throw connectionFailure('ECONNREFUSED');
    const response = await server.fetch(url, init);
    return new Response(response.body?.pipeThrough(breakAfter(700)) ?? null, response);
  };
  expect(await collect(fetch, 20)).toEqual(values(0, 20).map(({ value }) => value));
  expect(streams).toBeGreaterThan(3);
});

function breakAfter(bytesMax: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytesMax;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) controller.error(connectionFailure('ECONNRESET'));
    },
  });
}

test('what is wrong for good is thrown', async () => {
  server = startTestServer();
  await server.client.createTopic('access', 1);
  const following = server.client.follow('access', 0, { offset: 9 });
  await expect(following.next()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
});

test('an error event ends it', async () => {
  server = startTestServer();
  await server.client.createTopic('access', 1);
  await server.client.append('access', values(0, 1));
  const following = server.client.follow('access', 0, { offset: 0 });
  expect((await following.next()).value).toMatchObject({ value: 'v0' });
  const waiting = following.next();
  await server.client.deleteTopic('access');
  // A waiting reader looks again when its wait ends, which closing the broker brings about.
  await server.close();
  await expect(waiting).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
});

test('an abort ends it', async () => {
  server = startTestServer();
  await server.client.createTopic('access', 1);
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = server.client.follow('access', 0, { offset: 0 }, { signal }).next();
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
