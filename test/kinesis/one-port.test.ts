/** bin/one-port.js: both versions of HTTP on one port, whatever the first bytes are cut into. */

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KinesisServer, startKinesis } from './kinesis-server.js';

let server: KinesisServer;
let port: number;
beforeAll(async () => {
  server = await startKinesis();
  port = Number(new URL(server.url).port);
});
afterAll(() => server.stop());

async function overHttp2(path: string, headers = {}, body = ''): Promise<[number, string]> {
  const session = connectHttp2(server.url);
  try {
    const request = session.request({ ':path': path, ...headers }, { endStream: body === '' });
    if (body !== '') request.end(body);
    const [answer] = (await once(request, 'response')) as [Record<string, unknown>];
    let text = '';
    for await (const chunk of request) text += chunk;
    return [Number(answer[':status']), text];
  } finally {
    session.close();
  }
}

test('the whole API is there over HTTP/1.1 and HTTP/2', async () => {
  expect(await overHttp2('/healthz')).toEqual([200, '{"status":"ok"}']);
  expect(await (await fetch(`${server.url}/healthz`)).text()).toBe('{"status":"ok"}');
  const headers = { ':method': 'POST', 'content-type': 'application/json' };
  const [status] = await overHttp2('/v1/topics', headers, '{"name":"over-http2","partitions":1}');
  expect(status).toBe(201);
});

test('a stream of events comes over both', async () => {
  const topic = `${server.url}/v1/topics/streamed`;
  const headers = { 'content-type': 'application/json' };
  const body = '{"name":"streamed","partitions":1}';
  await fetch(`${server.url}/v1/topics`, { method: 'POST', headers, body });
  await fetch(`${topic}/records`, { method: 'POST', headers, body: '{"records":[{"value":"x"}]}' });
  const path = '/v1/topics/streamed/partitions/0/records?offset=0';
  const accept = { accept: 'text/event-stream' };
  const one = await fetch(server.url + path, { headers: accept });
  const reader = one.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toContain('"x"');
  await reader?.cancel();
  const session = connectHttp2(server.url);
  const request = session.request({ ':path': path, ...accept });
  expect(String((await once(request, 'data'))[0])).toContain('"x"');
  session.destroy();
});

test.each([1, 2, 3, 5])('a PUT is no PRI, also in pieces of %i bytes', async (size) => {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const text = 'PUT /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
  for (let at = 0; at < text.length; at += size) {
    await new Promise<void>((resolve) => socket.write(text.slice(at, at + size), () => resolve()));
  }
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
});

test('what is neither gets an answer or the end of its connection', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('PRI * HTTP/9.9\r\n\r\nnonsense');
  socket.resume();
  await once(socket, 'close');
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
