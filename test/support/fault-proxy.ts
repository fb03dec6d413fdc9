/**
 * A bad network in front of an HTTP server: it refuses connections for a moment, cuts requests and replies
 * in the middle, holds requests back, and loses the reply of a request that was carried out. Which request
 * suffers what is drawn from a seed. What it passes on it does not touch, so signatures stay valid.
 */

import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from './manual-world.js';

export const faultKinds = ['refuse', 'cutRequest', 'cutReply', 'delay', 'loseReply'] as const;
export type FaultKind = (typeof faultKinds)[number];

export type FaultProxy = {
  readonly endpoint: string;
  /** Faults so far, by kind. */
  readonly counts: Readonly<Record<FaultKind, number>>;
  /** From now on this share of requests suffers a fault; 0, as in the beginning, none. */
  setShare(share: number, kinds?: readonly FaultKind[]): void;
  stop(): Promise<void>;
};

const refuseMsMax = 100;
const delayMsMax = 300;

export async function startFaultProxy(target: string, seed: number): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const random = seededRandom(seed);
  const agent = new Agent({ keepAlive: true });
  const counts = { refuse: 0, cutRequest: 0, cutReply: 0, delay: 0, loseReply: 0 };
  let share = 0;
  let kinds: readonly FaultKind[] = faultKinds;
  let place: AddressInfo | undefined;
  let stopped = false;
  const server = createServer((incoming, outgoing) => {
    // Whatever goes wrong on the way, the client's connection is cut: that is what a network does.
    void handle(incoming, outgoing).catch(() => cut(outgoing));
  });

  async function listen(): Promise<void> {
    server.listen(place?.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    place = server.address() as AddressInfo;
  }

  /** All connections are lost, and for a moment there is nobody to connect to. */
  async function refuse(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await delay(random() * refuseMsMax);
    if (!stopped) await listen();
  }

  function draw(): FaultKind | undefined {
    if (random() >= share) return undefined;
    const kind = kinds[Math.floor(random() * kinds.length)];
    // Of several requests that meet a refusal only the first one makes it.
    if (kind === 'refuse' && !server.listening) return undefined;
    if (kind) counts[kind]++;
    return kind;
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming);
    const fault = draw();
    if (fault === 'refuse') return refuse();
    if (fault === 'delay') await delay(random() * delayMsMax);
    const { method, url: path, rawHeaders: headers } = incoming;
    const upstream = request({ hostname, port, agent, method, path, headers });
    if (fault === 'cutRequest') {
      upstream.on('error', () => {});
      const sent = body.subarray(0, Math.floor(random() * body.length));
      if (sent.length === 0) upstream.flushHeaders();
      else await new Promise((resolve) => upstream.write(sent, resolve));
      upstream.destroy();
      return cut(outgoing);
    }
    const answered = once(upstream, 'response');
    upstream.end(body);
    const [reply] = (await answered) as [IncomingMessage];
    const bytes = await bytesOf(reply);
    if (fault === 'loseReply') return cut(outgoing);
    outgoing.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    if (fault !== 'cutReply') return void outgoing.end(bytes);
    outgoing.write(bytes.subarray(0, Math.floor(random() * bytes.length)), () => cut(outgoing));
  }

  await listen();
  return {
    endpoint: `http://127.0.0.1:${place?.port}`,
    counts,
    setShare(newShare, newKinds = faultKinds) {
      share = newShare;
      kinds = newKinds;
    },
    async stop() {
      stopped = true;
      agent.destroy();
      server.closeAllConnections();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function cut(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
}
