/** The function as its URL calls it: real event shapes in, a response stream out, memory stores below. */

import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { compose } from '../../lambda/compose.js';
import { type Api, handleEvent } from '../../lambda/function-url.js';
import { batchContentType, ndjsonContentType } from '../../lib/contract/media-types.js';
import { encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { jsonEvent, urlEvent } from './events.js';
import { fakeLambda, Invocation, invoke, type StreamingHandler } from './fake-lambda.js';

const environment = {
  LOGBROOK_TABLE: 'table',
  LOGBROOK_BUCKET: 'bucket',
  LOGBROOK_LOG_LEVEL: 'silent',
  LOGBROOK_STREAM_LIFE_MS: '2000',
};

let stores: Stores;
let handler: StreamingHandler;

const handlerOf = (api: Api): StreamingHandler =>
  fakeLambda.streamifyResponse((event, stream, context) =>
    handleEvent(api, event, stream, context),
  );

/** A handler over stores of which some calls take their time. */
async function slowHandler(slow: Partial<Stores>): Promise<StreamingHandler> {
  return handlerOf(compose(environment, { stores: { ...stores, ...slow } }));
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const recordsPath = '/v1/topics/access/partitions/0/records';

async function headOfAccess() {
  const topic = await stores.topics.find('access');
  return stores.index.readHead({ topicId: topic?.topicId ?? '', partition: 0 });
}

beforeAll(() => {
  vi.stubGlobal('awslambda', fakeLambda);
});

beforeEach(async () => {
  stores = createMemoryStores();
  handler = handlerOf(compose(environment, { stores }));
  const created = await invoke(
    handler,
    jsonEvent('POST', '/v1/topics', { name: 'access', partitions: 1 }),
  );
  expect(created.status).toBe(201);
});

describe('requests and responses', () => {
  test('JSON records come back as they were sent', async () => {
    const records = [{ key: 'k', value: 'Grüße 🚀', headers: { trace: 'a' } }, { value: null }];
    const appended = await invoke(handler, jsonEvent('POST', recordsPath, { records }));
    expect(appended.status).toBe(200);
    expect(appended.json).toMatchObject({ baseOffset: 0, nextOffset: 2, recordCount: 2 });

    const fetched = await invoke(handler, urlEvent('GET', `${recordsPath}?offset=0`));
    expect(fetched.headers['content-type']).toMatch(/^application\/json/);
    expect(fetched.json.records).toMatchObject([
      { offset: 0, key: 'k', value: 'Grüße 🚀', headers: [['trace', 'a']] },
      { offset: 1, key: null, value: null },
    ]);
  });

  test('a record batch comes in base64 and goes out as bytes', async () => {
    const value = Uint8Array.from({ length: 256 }, (_, i) => i);
    const record = { key: null, value, headers: [], timestampMs: Date.now() };
    const batch = encodeRecordBatch({ records: [record], compression: 'gzip' }, nodeCodecs);
    const event = urlEvent('POST', recordsPath, {
      headers: { 'content-type': batchContentType },
      body: batch,
    });
    expect(event.isBase64Encoded).toBe(true);
    expect((await invoke(handler, event)).json).toMatchObject({ baseOffset: 0, nextOffset: 1 });

    const fetched = await invoke(
      handler,
      urlEvent('GET', `${recordsPath}?offset=0`, { headers: { accept: batchContentType } }),
    );
    expect(fetched.headers['content-type']).toBe(batchContentType);
    // All but the base offset and the leader epoch is what the producer sent.
    expect(fetched.body.subarray(16)).toEqual(Buffer.from(batch.subarray(16)));
  });

  test('NDJSON, which is no text to Lambda, comes in base64', async () => {
    const body = '{"value":"a"}\n{"value":"b"}\n';
    const event = urlEvent('POST', recordsPath, {
      headers: { 'content-type': ndjsonContentType },
      body,
    });
    expect(event.isBase64Encoded).toBe(true);
    expect((await invoke(handler, event)).json).toMatchObject({ recordCount: 2 });
  });

  test('the path stays percent-encoded until the route decodes it', async () => {
    const answer = await invoke(handler, urlEvent('GET', '/v1/topics/a%2Fb%3Fc%25'));
    expect(answer.status).toBe(404);
    expect(answer.json.detail).toContain('a/b?c%');
  });

  test('the query reaches the app undecoded and repeated fields are noticed', async () => {
    const answer = await invoke(handler, urlEvent('GET', `${recordsPath}?offset=0&offset=1`));
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toContain('more than once');
  });

  test('errors are problems', async () => {
    const answer = await invoke(handler, urlEvent('GET', `${recordsPath}?offset=7`));
    expect(answer.status).toBe(416);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      earliest: 0,
      latest: 0,
      sideEffects: 'none',
    });
  });

  // Fault 24 of docs/faults.md.
  test('a body over the limit is refused with the limit', async () => {
    const headers = { 'content-type': 'text/plain' };
    const body = 'x'.repeat(6 * 1024 * 1024 + 1);
    const answer = await invoke(handler, urlEvent('POST', recordsPath, { headers, body }));
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: 'MESSAGE_TOO_LARGE', limitBytes: 6_291_456 });
  });

  test.each([
    ['a method that fetch knows not', 'TRACE', {}],
    ['a header that is no byte string', 'GET', { 'x-odd': 'snow ☃' }],
  ])('%s is a bad request', async (_why, method, headers) => {
    const answer = await invoke(handler, urlEvent(method, '/healthz', { headers }));
    expect(answer.status).toBe(400);
    expect(answer.json.code).toBe('INVALID_REQUEST');
  });

  test('an answer without a body has its status and ends', async () => {
    const answer = await invoke(handler, urlEvent('DELETE', '/v1/topics/access'));
    expect(answer.status).toBe(204);
    expect(answer.body).toHaveLength(0);
  });

  test('cookies travel beside the headers, both ways', async () => {
    const api: Api = {
      idle: async () => {},
      fetch: (request) => {
        const headers = new Headers({ 'x-saw': request.headers.get('cookie') ?? '' });
        headers.append('set-cookie', 'a=1');
        headers.append('set-cookie', 'b=2');
        return new Response('', { headers });
      },
    };
    const event = urlEvent('GET', '/', { cookies: ['one=1', 'two=2'] });
    const answer = await invoke(handlerOf(api), event);
    expect(answer.headers['x-saw']).toBe('one=1; two=2');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.cookies).toEqual(['a=1', 'b=2']);
  });

  // Fault 26 of docs/faults.md.
  test('a slow client gets every byte', async () => {
    const records = Array.from({ length: 40 }, () => ({ value: 'v'.repeat(50_000) }));
    await invoke(handler, jsonEvent('POST', recordsPath, { records }));
    const target = `${recordsPath}?offset=0&maxBytes=4000000`;
    const answer = await invoke(handler, urlEvent('GET', target), 2);
    expect(answer.json.records).toHaveLength(40);
  });
});

describe('streams', () => {
  const followEvent = () =>
    urlEvent('GET', `${recordsPath}?offset=0`, { headers: { accept: 'text/event-stream' } });

  test('headers arrive before there is any event, and events as they happen', async () => {
    const following = new Invocation(handler, followEvent());
    const { prelude, body } = await following.until(() => following.received);
    expect(prelude.statusCode).toBe(200);
    expect(prelude.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(body).toHaveLength(0);

    const text = () => following.received?.body.toString() ?? '';
    for (const value of ['first', 'second']) {
      await invoke(handler, jsonEvent('POST', recordsPath, { records: [{ value }] }));
      await following.until(() => text().includes(`"value":"${value}"`));
      expect(following.resolved).toBe(false);
    }
    expect(text()).not.toContain('event: end');

    await following.done;
    expect(text()).toMatch(/event: end\ndata: \{"nextOffset":2\}\n\n$/);
    expect(following.stream.pieces.length).toBeGreaterThanOrEqual(5);
  });

  test('when Lambda closes the stream, the follower behind it ends', async () => {
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
    };
    const api: Api = {
      idle: async () => {},
      fetch: () => new Response(new ReadableStream({ cancel })),
    };
    const following = new Invocation(handlerOf(api), followEvent());
    const failed = expect(following.done).rejects.toThrow('closed the response stream');
    await following.until(() => following.received);
    following.stream.destroy();
    await failed;
    expect(cancelled).toBe(true);
  });

  test('a body that fails leaves the stream open for the runtime to mark as failed', async () => {
    const api: Api = {
      idle: async () => {},
      fetch: () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              controller.error(new Error('the disk of the body broke'));
            },
          }),
        ),
    };
    const invocation = new Invocation(handlerOf(api), followEvent());
    await expect(invocation.done).rejects.toThrow('the disk of the body broke');
    expect(invocation.stream.destroyed).toBe(false);
    expect(invocation.stream.writableEnded).toBe(false);
  });
});

// Fault 16 of docs/faults.md.
describe('nothing is pending once the handler has resolved', () => {
  test('acks=0: answered at once, durable before the process may be frozen', async () => {
    const { objects } = stores;
    const slow = await slowHandler({
      objects: {
        ...objects,
        put: async (key, parts) => {
          await sleep(150);
          return objects.put(key, parts);
        },
      },
    });
    const event = jsonEvent('POST', `${recordsPath}?acks=0`, { records: [{ value: 'v' }] });
    const invocation = new Invocation(slow, event);
    await invocation.until(() => invocation.stream.writableEnded);
    expect(invocation.received?.prelude.statusCode).toBe(202);
    expect(invocation.resolved).toBe(false);
    expect((await headOfAccess())?.nextOffset).toBe(0);

    await invocation.done;
    expect((await headOfAccess())?.nextOffset).toBe(1);
  });

  test('the roll of a tail, which the append does not wait for, is finished', async () => {
    const { index } = stores;
    const slow = await slowHandler({
      index: {
        ...index,
        writePage: async (ref, page) => {
          await sleep(100);
          return index.writePage(ref, page);
        },
      },
    });
    const append = jsonEvent('POST', recordsPath, { records: [{ value: 'v' }] });
    let rolls = 0;
    for (let i = 0; i < 40 && rolls === 0; i++) {
      const before = (await headOfAccess())?.tail.length ?? 0;
      expect((await invoke(slow, append)).status).toBe(200);
      const head = await headOfAccess();
      if ((head?.tail.length ?? 0) < before) rolls++;
    }
    expect(rolls).toBe(1);
  });

  test('idle is awaited also after a failure, and the event loop is not waited for', async () => {
    const calls: string[] = [];
    const api: Api = {
      idle: async () => void calls.push('idle'),
      fetch: () => {
        throw new Error('a bug');
      },
    };
    const invocation = new Invocation(handlerOf(api), urlEvent('GET', '/'));
    await expect(invocation.done).rejects.toThrow('a bug');
    expect(calls).toEqual(['idle']);
    expect(invocation.context.callbackWaitsForEmptyEventLoop).toBe(false);
  });
});
