/**
 * Senders that lie about what they send, over raw sockets: cut off, too long, too short, without end.
 * Nothing of theirs is written, and the server goes on (bin/node-body.ts, bin/serve.ts).
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { append, newTopic, recordsPath, values, watermarks } from './api-client.js';
import { type LocalServer, localServerApi } from './apis.js';

let server: LocalServer;
let topic = '';

beforeAll(async () => {
  server = await localServerApi();
});
afterAll(() => server.stop());
beforeEach(async () => {
  topic = await newTopic(server);
});
afterEach(async () => {
  expect(await watermarks(server, topic)).toEqual([0]);
  await append(server, topic, [{ value: 'still here' }]);
  expect(await values(server, topic)).toEqual(['still here']);
});

const body = '{"records":[{"value":"never"}]}';

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

function request(headers: readonly string[], path = recordsPath(topic)): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Reads until the pattern has come or the connection is closed. */
async function read(socket: Socket, until: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (until.test(text)) break;
  }
  socket.destroy();
  return text;
}

// Fault 29 of docs/faults.md.
test('a body that ends before its Content-Length is refused', async () => {
  const socket = await open();
  socket.end(request(['Content-Length: 1000']) + body);
  expect(await read(socket, /}$/)).not.toMatch(/HTTP\/1.1 [25]/);
});

test('a body that goes on after its Content-Length is cut there', async () => {
  const socket = await open();
  socket.write(request([`Content-Length: ${body.length - 1}`]) + body);
  const answer = await read(socket, /not valid JSON[\s\S]*HTTP\/1.1 400/);
  expect(answer).toMatch(/^HTTP\/1.1 400/);
});

test('a Content-Length over the limit is refused before the body comes', async () => {
  const socket = await open();
  socket.write(request(['Content-Length: 99999999999']));
  const answer = await read(socket, /sideEffects/);
  expect(answer).toMatch(/^HTTP\/1.1 413/);
  expect(answer).toContain('6291456');
});

test.each([
  ['two different lengths', ['Content-Length: 5', 'Content-Length: 31']],
  ['a negative length', ['Content-Length: -1']],
  ['a length that is no number', ['Content-Length: 0x1f']],
  ['a length and chunks', ['Content-Length: 31', 'Transfer-Encoding: chunked']],
])('%s: refused', async (_what, headers) => {
  const socket = await open();
  socket.write(request(headers) + body);
  expect(await read(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1.1 400/);
});

// Fault 29 of docs/faults.md.
test('chunks without end, over the limit, are refused while they come', async () => {
  const socket = await open();
  socket.write(request(['Transfer-Encoding: chunked']));
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
  for (let i = 0; i < 100; i++) socket.write(chunk);
  expect(await read(socket, /sideEffects/)).toMatch(/^HTTP\/1.1 413/);
});

test('a malformed chunk is refused', async () => {
  const socket = await open();
  socket.write(`${request(['Transfer-Encoding: chunked'])}zz\r\n${body}\r\n0\r\n\r\n`);
  expect(await read(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1.1 400/);
});

test.each([
  ['in the middle of a body', () => request(['Content-Length: 1000']) + body],
  [
    'in the middle of its chunks',
    () => `${request(['Transfer-Encoding: chunked'])}1f\r\n${body}\r\n`,
  ],
  ['right after the headers', () => request(['Content-Length: 31'])],
  ['in the middle of the headers', () => 'POST /v1/topics HTTP/1.1\r\nHost'],
  [
    'after half a batch of an unknown topic',
    () => request(['Content-Length: 99'], recordsPath('no')),
  ],
])('connections reset %s leave nothing behind', async (_where, text) => {
  const sockets = await Promise.all(Array.from({ length: 20 }, open));
  for (const socket of sockets) socket.write(text());
  await Promise.all(
    sockets.map((socket) => {
      const closed = once(socket, 'close');
      socket.resetAndDestroy();
      return closed;
    }),
  );
});

// Fault 32 of docs/faults.md.
test.each([
  '/v1/topics/..%2f..%2fetc/records',
  '/v1/topics/../../records',
  '/v1/topics/%2e%2e/partitions/0/records',
  '//etc/passwd',
  '/v1/topics/\\..\\/records',
])('the raw path %s leads nowhere', async (path) => {
  const socket = await open();
  socket.write(request([`Content-Length: ${body.length}`], path) + body);
  expect(await read(socket, /sideEffects|\r\n\r\n$/)).toMatch(/^HTTP\/1.1 40[04]/);
});
