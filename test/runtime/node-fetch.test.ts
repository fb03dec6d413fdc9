/** lib/runtime/node-fetch.js: what the client asks of `fetch`, over real sockets. */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeFetch } from '../../lib/runtime/node-fetch.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?a=b`;
}

const text = async (answer: { arrayBuffer(): Promise<ArrayBuffer> }) =>
  new TextDecoder().decode(await answer.arrayBuffer());

test.each([
  ['text', 'größer'],
  ['bytes', new TextEncoder().encode('größer')],
])('sends %s, with method, path and headers', async (_what, body) => {
  const url = await serve((request, response) => {
    const { method, url: path, headers } = request;
    request.setEncoding('utf8').on('data', (sent) => {
      const length = headers['content-length'];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([method, path, headers.accept, length, sent]));
    });
  });
  const answer = await nodeFetch(url, { method: 'POST', headers: { accept: 'x/y' }, body });
  expect([answer.ok, answer.status]).toEqual([true, 200]);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.get('retry-after')).toBe(null);
  expect(await answer.json()).toEqual(['POST', '/path?a=b', 'x/y', '8', 'größer']);
});

test.each([
  ['announced', true],
  ['not announced', false],
])('reads a body whose length is %s, in any number of pieces', async (_what, announced) => {
  const body = Buffer.alloc(300_000, 'abcdefg');
  const url = await serve((_request, response) => {
    if (announced) response.setHeader('content-length', body.length);
    for (let at = 0; at < body.length; at += 70_000) response.write(body.subarray(at, at + 70_000));
    response.end();
  });
  const answer = await nodeFetch(url, {});
  expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
});

test('an error is an answer too', async () => {
  const url = await serve((_request, response) => response.writeHead(503).end('{"a":1}'));
  const answer = await nodeFetch(url, {});
  expect([answer.ok, answer.status, await answer.json()]).toEqual([false, 503, { a: 1 }]);
});

test('without content the connection is free for the next request', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
  });
  await nodeFetch(url, { method: 'DELETE' });
  await new Promise((resolve) => setImmediate(resolve));
  await text(await nodeFetch(url, {}));
  expect(ports.size).toBe(1);
});

test.each([301, 302, 303, 307, 308])('a redirect (%i) is refused', async (status) => {
  const url = await serve((_request, response) =>
    response.writeHead(status, { location: '/elsewhere' }).end(),
  );
  await expect(nodeFetch(url, {})).rejects.toThrow('unexpected redirect');
});

test('a body can be read as a stream, and left', async () => {
  let left = () => {};
  const closed = new Promise<void>((resolve) => {
    left = resolve;
  });
  const url = await serve((_request, response) => {
    response.on('close', left);
    response.write('first');
  });
  const reader = (await nodeFetch(url, {})).body.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe('first');
  await reader.cancel();
  await closed;
});

describe('fails', () => {
  test('with the system’s word for it when nobody listens', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    await expect(nodeFetch(url, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('when the connection breaks before the answer, and within it', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'POST') request.socket.destroy();
      else response.writeHead(200, { 'content-length': 9 }).write('half', () => response.destroy());
    });
    await expect(nodeFetch(url, { method: 'POST' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    const answer = await nodeFetch(url, {});
    await expect(answer.arrayBuffer()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('when it is aborted: before, while it waits, and while the body comes', async () => {
    const over = new AbortController();
    const url = await serve((request, response) => {
      if (request.method === 'POST') over.abort(new Error('enough'));
      else response.writeHead(200, { 'content-length': 9 }).write('half');
    });
    const waiting = nodeFetch(url, { method: 'POST', signal: over.signal });
    await expect(waiting).rejects.toThrow('enough');
    await expect(nodeFetch(url, { signal: over.signal })).rejects.toThrow('enough');
    const later = new AbortController();
    const answer = await nodeFetch(url, { signal: later.signal });
    const body = answer.arrayBuffer();
    later.abort();
    await expect(body).rejects.toThrow();
    await expect(answer.arrayBuffer()).rejects.toThrow('broke off');
  });
});
