/**
 * What Lambda's Node runtime gives a streaming handler, as its runtime interface client does it: the
 * prelude with status and headers goes out before the first write, chunks must be strings or plain
 * bytes, and `end` takes no last chunk.
 */

import { Writable } from 'node:stream';
import type { Context, LambdaFunctionURLEvent } from 'aws-lambda';

export type StreamingHandler = (
  event: LambdaFunctionURLEvent,
  stream: awslambda.HttpResponseStream,
  context: Context,
) => Promise<void>;

type Prelude = {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly cookies: readonly string[];
};

const delimiter = Buffer.alloc(8);

class RuntimeStream extends Writable {
  contentType = 'application/octet-stream';
  beforeFirstWrite: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;
  readonly pieces: Buffer[] = [];
  /** The client takes this long for each piece. */
  readonly pieceMs: number;
  private begun = false;

  constructor(pieceMs = 0) {
    super({ decodeStrings: true });
    this.pieceMs = pieceMs;
  }

  setContentType(contentType: string): void {
    if (this.begun) throw new Error('Cannot set content-type, too late.');
    this.contentType = contentType;
  }

  override write(chunk: unknown): boolean {
    const plain =
      typeof chunk === 'string' || Buffer.isBuffer(chunk) || chunk?.constructor === Uint8Array;
    if (!this.begun) this.beforeFirstWrite?.((early) => super.write(early));
    this.begun = true;
    return super.write(plain ? chunk : JSON.stringify(chunk));
  }

  override end(callback?: unknown): this {
    if (callback !== undefined && typeof callback !== 'function') throw new Error('end with chunk');
    return super.end();
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    if (chunk.length > 0) this.pieces.push(Buffer.from(chunk));
    if (this.pieceMs > 0) setTimeout(callback, this.pieceMs);
    else callback();
  }
}

/** Stands in for the global `awslambda`. */
export const fakeLambda = {
  streamifyResponse: (handler: StreamingHandler) => handler,
  HttpResponseStream: {
    from(stream: RuntimeStream, prelude: Prelude): RuntimeStream {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      const text = JSON.stringify(prelude);
      stream.beforeFirstWrite = (write) => {
        write(text);
        write(delimiter);
      };
      return stream;
    },
  },
};

export class Invocation {
  readonly stream: RuntimeStream;
  readonly context = { callbackWaitsForEmptyEventLoop: true } as Context;
  /** Whether the handler's promise has resolved: from then on the process may be frozen. */
  resolved = false;
  readonly done: Promise<void>;

  constructor(handler: StreamingHandler, event: LambdaFunctionURLEvent, pieceMs = 0) {
    this.stream = new RuntimeStream(pieceMs);
    const stream = this.stream as unknown as awslambda.HttpResponseStream;
    this.done = handler(event, stream, this.context).then((result) => {
      if (result !== undefined) throw new Error('Streaming handlers ignore return values.');
      this.resolved = true;
    });
  }

  /** What the client has received by now. */
  get received(): { prelude: Prelude; body: Buffer } | undefined {
    const bytes = Buffer.concat(this.stream.pieces);
    const at = bytes.indexOf(delimiter);
    if (at === -1) return undefined;
    const prelude = JSON.parse(bytes.subarray(0, at).toString()) as Prelude;
    return { prelude, body: bytes.subarray(at + delimiter.length) };
  }

  async until<T>(what: () => T | undefined | false): Promise<T> {
    for (let i = 0; i < 500; i++) {
      const found = what();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('waited for 5 s in vain');
  }
}

export type Answer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
};

export async function invoke(
  handler: StreamingHandler,
  event: LambdaFunctionURLEvent,
  pieceMs = 0,
): Promise<Answer> {
  const invocation = new Invocation(handler, event, pieceMs);
  await invocation.done;
  const { received, stream } = invocation;
  if (!received) throw new Error('nothing was answered');
  if (!stream.writableEnded) throw new Error('Response stream is not finished.');
  const { prelude, body } = received;
  const isJson = /[/+]json/.test(prelude.headers['content-type'] ?? '');
  return {
    status: prelude.statusCode,
    headers: prelude.headers,
    cookies: prelude.cookies,
    body,
    json: isJson ? JSON.parse(body.toString()) : undefined,
  };
}
