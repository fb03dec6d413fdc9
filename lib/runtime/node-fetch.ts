/**
 * `fetch` as far as the client needs it, on Node's own `http`: the built-in `fetch` takes twice the CPU time,
 * for streams and copies that nobody here looks at. Its connections are those of Node's global agents.
 */

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';

/** As `fetch` has it by default: what says nothing of itself is refused here and there. */
const userAgent = 'node';

export type NodeRequest = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | null;
};

/** What is sent must stay as it is until the answer is there: it is not copied. Redirects are refused. */
export function nodeFetch(url: string, request: NodeRequest): Promise<NodeAnswer> {
  const { method = 'GET', headers, body, signal } = request;
  const start = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const options = { method, headers: { 'user-agent': userAgent, ...headers } };
    const exchange = start(url, options, (message) => {
      if (isRedirect(message.statusCode)) exchange.destroy(new Error('unexpected redirect'));
      else resolve(new NodeAnswer(message));
      // Answered before all was sent: whoever is there may never read the rest.
      message.once('end', () => {
        if (!exchange.writableFinished) exchange.destroy();
      });
    });
    exchange.on('error', reject);
    exchange.on('close', () => signal?.removeEventListener('abort', abort));
    const abort = () => exchange.destroy(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    exchange.end(body);
  });
}

const isRedirect = (status = 0) => [301, 302, 303, 307, 308].includes(status);

/** What of a `Response` the client asks for. */
export class NodeAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly #message: IncomingMessage;

  constructor(message: IncomingMessage) {
    this.#message = message;
    this.status = message.statusCode ?? 0;
    this.ok = this.status >= 200 && this.status < 300;
    // Nobody reads it, and the connection would never be free.
    if (this.status === 204) message.resume();
  }

  get headers() {
    const { headers } = this.#message;
    return { get: (name: string) => headers[name]?.toString() ?? null };
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return Readable.toWeb(this.#message) as ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await readAll(this.#message);
    const { buffer, byteOffset, length } = bytes;
    return length === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + length);
  }

  async json(): Promise<unknown> {
    return JSON.parse((await readAll(this.#message)).toString());
  }
}

/** A length that is announced is believed up to here. */
const announcedBytesMax = 16 * 1024 * 1024;

function readAll(message: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const announcedBytes = Number(message.headers['content-length'] ?? 0);
  // What is not written into is never handed out.
  let bytes = Buffer.allocUnsafeSlow(Math.min(announcedBytes, announcedBytesMax));
  let length = 0;
  return new Promise((resolve, reject) => {
    // Then there would be no further word of it.
    if (message.destroyed) reject(new Error('the answer broke off'));
    message.on('data', (chunk: Buffer) => {
      if (length + chunk.length > bytes.length) {
        const bigger = Buffer.allocUnsafeSlow(Math.max(length + chunk.length, bytes.length * 2));
        bigger.set(bytes.subarray(0, length));
        bytes = bigger;
      }
      bytes.set(chunk, length);
      length += chunk.length;
    });
    message.on('end', () => resolve(bytes.subarray(0, length)));
    message.on('error', reject);
  });
}
