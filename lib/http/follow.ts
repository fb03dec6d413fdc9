/**
 * Following a partition over server-sent events. Each record is an event whose id is the offset that
 * comes next, so that a client that was cut off goes on with Last-Event-ID and misses nothing.
 *
 *   event: record     data: the record                    id: its offset + 1
 *   event: heartbeat  data: {"highWatermark": n}          when there is nothing else to say
 *   event: end        data: {"nextOffset": n}             come again: the stream has lived its time
 *   event: error      data: problem                       the stream ends
 */

import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { keyMemoryMs } from '../access/key-memory.js';
import { BrokerError } from '../broker/broker-error.js';
import type { RecordFormat } from '../contract/fields.js';
import { renderRecord } from '../contract/render-records.js';
import { fetchBytesDefault } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import { callerOf } from './caller.js';
import type { HttpDeps } from './http-deps.js';
import { problemOf } from './problem.js';
import { recordsFrom } from './take-records.js';

export type Following = {
  readonly topic: string;
  readonly ref: PartitionRef;
  readonly from: number;
  readonly format: RecordFormat;
};

export async function follow(c: Context, deps: HttpDeps, following: Following): Promise<Response> {
  // Asked for once before the stream begins: what is wrong from the start is a plain error.
  const first = { offset: following.from, bytesMax: 1, waitMs: 0 };
  await deps.broker.fetch(following.ref, first);
  const response = streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    try {
      await sendRecords(c, stream, deps, following, gone.signal);
    } catch (error) {
      await stream.writeSSE({ event: 'error', data: JSON.stringify(problemOf(error)) });
    }
  });
  // Hono's; HTTP/1.1 says it without being told, and in HTTP/2 it is an error that Node throws.
  for (const name of ['transfer-encoding', 'connection']) response.headers.delete(name);
  return response;
}

/** A key may be revoked while somebody is served by it: that ends soon. */
export async function assertStillHolds(c: Context, { access }: HttpDeps): Promise<void> {
  if (access.open || (await access.stillHolds(callerOf(c).principal))) return;
  throw new BrokerError('SASL_AUTHENTICATION_FAILED', 'The access key is not valid any more.');
}

async function sendRecords(
  c: Context,
  stream: SSEStreamingApi,
  deps: HttpDeps,
  { topic, ref, from, format }: Following,
  signal: AbortSignal,
): Promise<void> {
  const { access, broker, codecs, world, settings } = deps;
  const pauseMs = access.open ? settings.heartbeatMs : Math.min(settings.heartbeatMs, keyMemoryMs);
  const endMs = world.clock.nowMs() + settings.streamLifeMs;
  let offset = from;
  while (!signal.aborted) {
    const leftMs = endMs - world.clock.nowMs();
    if (leftMs <= 0 || deps.stopping?.aborted) {
      await stream.writeSSE({ event: 'end', data: JSON.stringify({ nextOffset: offset }) });
      return;
    }
    const waitMs = Math.min(pauseMs, leftMs);
    const result = await broker.fetch(ref, { offset, bytesMax: fetchBytesDefault, waitMs, signal });
    await assertStillHolds(c, deps);
    for (const batch of result.batches) access.charge(callerOf(c).principal, batch.length);
    for (const batch of result.batches) {
      for (const record of recordsFrom([batch], offset, codecs)) {
        if (signal.aborted) return;
        const data = JSON.stringify(renderRecord(topic, ref.partition, record, format));
        await stream.writeSSE({ event: 'record', id: String(record.offset + 1), data });
      }
    }
    offset = result.nextOffset;
    if (result.batches.length > 0) continue;
    const { highWatermark } = result;
    await stream.writeSSE({ event: 'heartbeat', data: JSON.stringify({ highWatermark }) });
  }
}
