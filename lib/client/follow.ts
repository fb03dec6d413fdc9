/**
 * Following a partition over server-sent events. The stream is renewed from the next offset whenever it
 * ends or breaks, so the caller sees every record once, in order, for as long as it keeps asking.
 */

import type { RecordFormat } from '../contract/fields.js';
import type { RecordOutput } from '../contract/records.js';
import { bodyChunks, readEvents, type ServerEvent } from './event-stream.js';
import { isProblem, LogbrookError, problemError } from './logbrook-error.js';
import { patientRetry, type RetryPolicy, type Timing, withRetry } from './retry.js';
import type { OpenAnswer, Transport } from './transport.js';

export type FollowRequest = {
  /** A plain offset: anything relative to the end would skip records on renewal. */
  readonly offset: number;
  readonly format?: RecordFormat | undefined;
  /** Called with the high watermark whenever the server says that there is nothing more yet. */
  readonly onCaughtUp?: ((highWatermark: number) => void) | undefined;
};

export type FollowOptions = {
  /** How long to try when the connection is gone; default: two minutes, counted anew each time. */
  readonly retry?: RetryPolicy | undefined;
  readonly onRetry?: ((error: LogbrookError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

const openTimeoutMs = 15_000;
/** The server says something every 10 s: a stream that is silent for longer is dead. */
const silenceMsMax = 45_000;

export async function* followPartition(
  { transport, timing }: { readonly transport: Transport; readonly timing: Timing },
  path: string,
  request: FollowRequest,
  { retry: policy = patientRetry, onRetry, signal }: FollowOptions,
): AsyncGenerator<RecordOutput> {
  let offset = request.offset;
  const open = () => openStream(transport, path, offset, request, signal);
  for (;;) {
    const stream = await withRetry(timing, { policy, when: 'always', signal, onRetry }, open);
    try {
      for (let event: ServerEvent | undefined = stream.first; event; event = await stream.next()) {
        if (event.event === 'end') break;
        if (event.event === 'record') {
          offset = Number(event.id);
          yield JSON.parse(event.data) as RecordOutput;
        } else if (event.event === 'heartbeat') {
          request.onCaughtUp?.((JSON.parse(event.data) as { highWatermark: number }).highWatermark);
        }
      }
    } catch (error) {
      if (!(error instanceof LogbrookError) || !error.retriable) throw error;
      onRetry?.(error);
    } finally {
      await stream.close();
    }
  }
}

type EventStream = {
  readonly first: ServerEvent;
  next(): Promise<ServerEvent | undefined>;
  close(): Promise<void>;
};

/** A stream counts as open once it has said something, so that a broken one is not opened in a loop. */
async function openStream(
  transport: Transport,
  path: string,
  offset: number,
  { format }: FollowRequest,
  signal: AbortSignal | undefined,
): Promise<EventStream> {
  const answer = await transport.open({
    method: 'GET',
    path,
    query: { offset, format },
    headers: { accept: 'text/event-stream' },
    timeoutMs: openTimeoutMs,
    signal,
  });
  const stream = eventStream(answer);
  try {
    const first = await stream.next();
    if (first) return { ...stream, first };
    throw new Error('the stream ended at once');
  } catch (error) {
    await stream.close();
    throw answer.errorOf(error);
  }
}

function eventStream({ response, extend, errorOf, close }: OpenAnswer): Omit<EventStream, 'first'> {
  const events = readEvents(bodyChunks(response.body));
  return {
    async next() {
      extend(silenceMsMax);
      try {
        const { value, done } = await events.next();
        if (done) return undefined;
        if (value.event !== 'error') return value;
        const problem: unknown = JSON.parse(value.data);
        throw isProblem(problem) ? problemError(problem) : new Error(value.data);
      } catch (error) {
        throw errorOf(error);
      }
    },
    async close() {
      close();
      await events.return(undefined);
    },
  };
}
