/**
 * HTTP/1.1 and HTTP/2 on one plain port. The AWS SDKs speak HTTP/2 with prior knowledge, without asking
 * first; everybody else speaks HTTP/1.1. The first three bytes of a connection tell which it is.
 */

import { createServer as createHttp1Server, type RequestListener, type Server } from 'node:http';
import {
  constants,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { getRequestListener } from '@hono/node-server';

export type PortServer = {
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Takes no more connections. Resolves when the last one is closed. */
  close(): Promise<void>;
  /** Ends connections as they fall idle. */
  closeIdle(): void;
  /** Ends all connections, whatever they do. */
  closeAll(): void;
};

type Fetch = Parameters<typeof getRequestListener>[0];
type Http2Listener = NonNullable<Parameters<typeof createHttp2Server>[1]>;

/** A sender that is slower than this is cut off, so that it cannot hold a connection for ever. */
export type Patience = {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often the connections are looked at. */
  readonly checkMs: number;
};

export const patienceDefault: Patience = {
  headersMs: 20_000,
  requestMs: 120_000,
  checkMs: 30_000,
};

const MiB = 1024 * 1024;
/** What a client may send ahead: a whole request, without waiting for us to say so. */
const streamWindowBytes = 16 * MiB;
const sessionWindowBytes = 64 * MiB;
/** What is taken of a request that is refused anyway: more than any may have. */
const refusedBytesMax = 64 * MiB;

/** Each holds some memory, and a descriptor. */
const connectionsMax = 4_096;

const http2Begins = 'PRI';

/** What may take a request of HTTP/1.1 before `fetch` does. */
export type Lane = (others: RequestListener) => RequestListener;

const noLane: Lane = (others) => others;

export function createPortServer(
  fetch: Fetch,
  patience = patienceDefault,
  lane: Lane = noLane,
): PortServer {
  const timeouts = {
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    connectionsCheckingInterval: patience.checkMs,
  };
  const http1 = createHttp1Server(timeouts, lane(getRequestListener(fetch) as RequestListener));
  // It never listens itself, but counts its connections, and times them out, only from then on.
  http1.emit('listening');
  const listener = getRequestListener(takingAll(fetch));
  const { http2, sessions } = http2Server(listener as Http2Listener, patience);
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  const port = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    sortOut(socket, patience.headersMs, undecided, http1, http2);
  });

  port.maxConnections = connectionsMax;

  return {
    listen: (number, host) =>
      new Promise((resolve, reject) => {
        port.once('error', reject);
        port.listen(number, host, () => resolve(port.address() as AddressInfo));
      }),
    async close() {
      const closed = new Promise<void>((resolve) => port.close(() => resolve()));
      for (const socket of undecided) socket.destroy();
      for (const session of sessions) session.close();
      await closed;
      // Ends its timers.
      http1.close();
    },
    closeIdle: () => http1.closeIdleConnections(),
    closeAll() {
      // A session that ended in good order waits for its peer to do the same, which may never come.
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * A request that is refused before all of it is here is first taken to its end, and thrown away. Node's
 * own client cannot bear an answer while it still has megabytes to send: it breaks the stream.
 */
function takingAll(fetch: Fetch): Fetch {
  return async (request, env) => {
    const response = await fetch(request, env);
    const { incoming } = env;
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    if (hasBody && incoming.readableFlowing === null) await thrownAway(incoming);
    return response;
  };
}

async function thrownAway(incoming: Readable): Promise<void> {
  let leftBytes = refusedBytesMax;
  incoming.on('data', ({ length }: Uint8Array) => {
    leftBytes -= length;
    if (leftBytes < 0) incoming.destroy();
  });
  // However it ends: its sender may be gone.
  await finished(incoming, { writable: false }).catch(() => {});
}

function http2Server(
  listener: Http2Listener,
  { requestMs }: Patience,
): {
  http2: Http2Server;
  sessions: Set<ServerHttp2Session>;
} {
  const sessions = new Set<ServerHttp2Session>();
  const http2 = createHttp2Server({ settings: { initialWindowSize: streamWindowBytes } }, listener);
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // A client that breaks the protocol hurts itself alone.
    session.on('error', () => session.destroy());
    session.setLocalWindowSize(sessionWindowBytes);
    session.setTimeout(requestMs, () => session.destroy());
  });
  // As HTTP/1.1 has it: the whole request in this time. A trickle keeps a session awake for ever.
  http2.on('stream', (stream, _headers, flags) => {
    if (flags & constants.NGHTTP2_FLAG_END_STREAM) return;
    const late = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), requestMs);
    stream.once('end', () => clearTimeout(late));
    stream.once('close', () => clearTimeout(late));
  });
  return { http2, sessions };
}

function sortOut(
  socket: Socket,
  headersMs: number,
  undecided: Set<Socket>,
  http1: Server,
  http2: Http2Server,
): void {
  let begun = '';
  undecided.add(socket);
  const giveUp = () => socket.destroy();
  socket.setTimeout(headersMs, giveUp);
  socket.on('error', giveUp);
  socket.once('close', () => undecided.delete(socket));
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    begun = chunk.toString('latin1', 0, http2Begins.length);
    socket.unshift(chunk);
    // A few bytes that could become either: wait for the next ones.
    if (begun.length < http2Begins.length && http2Begins.startsWith(begun)) return;
    socket.off('readable', look);
    socket.setTimeout(0);
    socket.off('timeout', giveUp);
    socket.off('error', giveUp);
    undecided.delete(socket);
    (begun === http2Begins ? http2 : http1).emit('connection', socket);
  };
  socket.on('readable', look);
}
