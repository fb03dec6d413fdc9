/** Senders that never finish (slow loris) are cut off, and nobody else notices (bin/serve.ts). */

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
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

// Fault 30 of docs/faults.md.
test('a trickle over HTTP/2 is cut off too, and what else the connection does is not', async () => {
  const session = connectHttp2(server.url);
  const slow = session.request({
    ...{ ':method': 'POST', ':path': '/v1/topics', 'content-type': 'application/json' },
  });
  slow.on('error', () => {});
  const trickle = setInterval(() => slow.write(' '), 20);
  const follow = '/v1/topics/t/partitions/0/records';
  await fetch(`${server.url}/v1/topics`, {
    ...{ method: 'POST', body: '{"name":"t","partitions":1}' },
    headers: { 'content-type': 'application/json' },
  });
  const long = session.request({ ':path': follow, accept: 'text/event-stream' });
  const [told] = (await once(long, 'response')) as [Record<string, unknown>];
  expect(told[':status']).toBe(200);
  await once(slow, 'close');
  clearInterval(trickle);
  // The stream of events began before that, and goes on.
  const event = once(long, 'data');
  const record = { method: 'POST', body: '{"records":[{"value":"x"}]}' };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${server.url}${follow.replace('/partitions/0', '')}`, { ...record, headers });
  expect(String((await event)[0])).toContain('"x"');
  session.destroy();
});
