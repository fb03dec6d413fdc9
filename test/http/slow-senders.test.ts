/** Senders that never finish (slow loris) are cut off, and nobody else notices (bin/serve.ts). */

import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../bin/serve.js';

let server: RunningServer;

beforeAll(async () => {
  const patience = { headersMs: 100, requestMs: 200, checkMs: 20 };
  const place = { port: 0, host: '127.0.0.1', dataDir: '', takeOver: false };
  server = await serve({ ...place, store: 'memory', patience }, { LOGBROOK_LOG_LEVEL: 'silent' });
});
afterAll(() => server.stop());

const request = 'POST /v1/topics HTTP/1.1\r\nHost: x\r\n';

// Fault 30 of docs/faults.md.
test.each([
  ['in its headers', request],
  ['before its body', `${request}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n`],
  ['in its body', `${request}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"na`],
])('a sender that is too slow is cut off %s, and the others are served', async (_where, text) => {
  const { hostname, port } = new URL(server.url);
  const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname));
  const answers = sockets.map(async (socket) => {
    socket.on('error', () => {});
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 4\d\d/);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
