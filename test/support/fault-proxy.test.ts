/** test/support/fault-proxy.ts: a network that is meant to fail must fail as it says, or it proves nothing. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FaultKind, type FaultProxy, startFaultProxy } from './fault-proxy.js';

let server: Server;
let proxy: FaultProxy;
/** What arrived whole. */
let received: string[];

beforeEach(async () => {
  received = [];
  server = createServer(async (incoming, outgoing) => {
    try {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      received.push(body);
      outgoing.end(`got ${body.length} bytes`);
    } catch {
      // A request that was cut.
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 7);
});
afterEach(async () => {
  await proxy.stop();
  server.closeAllConnections();
  server.close();
});

async function post(body: string): Promise<string> {
  const response = await fetch(proxy.endpoint, { method: 'POST', body });
  return response.text();
}

test('without faults it is not noticed', async () => {
  expect(await post('hello')).toBe('got 5 bytes');
});

test.each<[FaultKind, string[]]>([
  ['refuse', []],
  ['cutRequest', []],
  ['cutReply', ['a'.repeat(10_000)]],
  ['loseReply', ['a'.repeat(10_000)]],
])('%s: the client fails, and the server has seen what it says', async (kind, seen) => {
  proxy.setShare(1, [kind]);
  await expect(post('a'.repeat(10_000))).rejects.toThrow();
  expect(received).toEqual(seen);
  expect(proxy.counts[kind]).toBe(1);
});

test('delay: late, but whole', async () => {
  proxy.setShare(1, ['delay']);
  expect(await post('hello')).toBe('got 5 bytes');
  expect(proxy.counts.delay).toBe(1);
});

test('after a refusal it is there again at the same place', async () => {
  proxy.setShare(1, ['refuse']);
  await expect(post('lost')).rejects.toThrow();
  proxy.setShare(0);
  await expect.poll(() => post('back').catch(() => 'refused')).toBe('got 4 bytes');
});
