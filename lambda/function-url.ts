/**
 * Between a Function URL that streams its responses and the app: events in payload format 2.0 become
 * requests, responses go into Lambda's response stream.
 *
 * Not `streamHandle` of hono/aws-lambda: it is deprecated, has no place to wait for work that outlives
 * the response, answers what fails outside the app with status 200, and sends headers with the first
 * byte of the body only, which a follower at the tail of a partition may wait seconds for.
 */

import { once } from 'node:events';
import type { Context, LambdaFunctionURLEvent } from 'aws-lambda';
import { problemOf, problemResponse, RequestError } from '../lib/http/problem.js';

/** What the app finds as `c.env`. */
export type LambdaEnv = { readonly body: Uint8Array; readonly event: LambdaFunctionURLEvent };

export type Api = {
  readonly fetch: (request: Request, env: LambdaEnv) => Response | Promise<Response>;
  /** Resolves when no work is left that a request began. */
  readonly idle: () => Promise<void>;
};

type ResponseStream = awslambda.HttpResponseStream;

/**
 * Lambda does not tell when a client disconnects: a stream that nobody reads any more runs, and is paid
 * for, until it has lived its time (`streamLifeMs`). So requests carry no signal that ever fires.
 */
export async function handleEvent(
  api: Api,
  event: LambdaFunctionURLEvent,
  stream: ResponseStream,
  context: Context,
): Promise<void> {
  // `idle` knows when we are done; a socket or a timer that is left over must not hold the instance.
  context.callbackWaitsForEmptyEventLoop = false;
  try {
    await send(await respond(api, event), stream);
  } finally {
    // The client has its answer. Once this promise resolves the process may be frozen, for ever.
    await api.idle();
  }
}

async function respond(api: Api, event: LambdaFunctionURLEvent): Promise<Response> {
  const received = receivedFrom(event);
  if (received) return api.fetch(received.request, { body: received.body, event });
  return problemResponse(problemOf(new RequestError(400, 'The request is not valid HTTP.')));
}

/** Undefined if it can be no request; an event that Lambda was invoked with by hand may be anything. */
function receivedFrom(event: LambdaFunctionURLEvent) {
  try {
    return { request: requestOf(event), body: bodyOf(event) };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Without its body, which the app gets as the bytes that it is. */
function requestOf(event: LambdaFunctionURLEvent): Request {
  const { rawPath, rawQueryString, requestContext, cookies } = event;
  const query = rawQueryString ? `?${rawQueryString}` : '';
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers.set(name, value);
  }
  if (cookies && cookies.length > 0) headers.set('cookie', cookies.join('; '));
  // The path is percent-encoded in the event, and stays so.
  const url = `https://${requestContext.domainName}${rawPath}${query}`;
  return new Request(url, { method: requestContext.http.method, headers });
}

function bodyOf({ body, isBase64Encoded }: LambdaFunctionURLEvent): Uint8Array {
  // Of anything else with a length Buffer.from would make that many bytes.
  if (typeof (body ?? '') !== 'string') throw new TypeError('The body of an event is a text.');
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  // Not as a Buffer, whose `slice` does not copy.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

async function send(response: Response, plain: ResponseStream): Promise<void> {
  const headers = Object.fromEntries(response.headers);
  delete headers['set-cookie'];
  const stream = awslambda.HttpResponseStream.from(plain, {
    statusCode: response.status,
    headers,
    cookies: response.headers.getSetCookie(),
  });
  // Status and headers leave with the first write, be it empty.
  stream.write('');
  if (response.body) await sendBody(response.body, stream);
  stream.end();
}

/**
 * Should the body fail, the stream stays open: the runtime ends it with the error, so that the client
 * sees a broken response and not a short one. (A pipeline would destroy it, and the runtime would hang.)
 */
async function sendBody(body: ReadableStream<Uint8Array>, stream: ResponseStream): Promise<void> {
  const reader = body.getReader();
  const broken = new AbortController();
  const stop = () => {
    broken.abort();
    void reader.cancel().catch(() => {});
  };
  stream.once('error', stop);
  stream.once('close', stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (broken.signal.aborted) throw new Error('Lambda closed the response stream.');
      if (done) return;
      if (!stream.write(value)) await once(stream, 'drain', { signal: broken.signal });
    }
  } finally {
    stream.off('error', stop);
    stream.off('close', stop);
  }
}
