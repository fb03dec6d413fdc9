/**
 * Fetching: from an offset, a time, or the end; as JSON, NDJSON or the batches as they are stored; at
 * once, after a wait (long poll), or as a stream that goes on (SSE, see follow.ts).
 */

import type { Context, Hono } from 'hono';
import type * as z from 'zod';
import { topicNamed } from '../access/scopes.js';
import type { FetchResult } from '../broker/fetch.js';
import { fetchQuery, partitionPath, type RecordFormat } from '../contract/fields.js';
import { batchContentType, fetchHeaders, ndjsonContentType } from '../contract/media-types.js';
import { renderRecord } from '../contract/render-records.js';
import { onePiece, sizeOf } from '../log/byte-parts.js';
import type { Codecs } from '../log/codecs.js';
import { fetchBytesDefault } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import { authorize, callerOf } from './caller.js';
import { assertStillHolds, follow } from './follow.js';
import { type HttpDeps, pathOf, queryOf } from './http-deps.js';
import { invalid } from './problem.js';
import { takeRecords } from './take-records.js';

type FetchQuery = z.infer<typeof fetchQuery>;

export function fetchRoutes(app: Hono, deps: HttpDeps): void {
  app.get('/v1/topics/:topic/partitions/:partition/records', async (c) => {
    const { topic, partition } = pathOf(c, partitionPath);
    authorize(c, 'consume', topicNamed(topic));
    const query = queryOf(c, fetchQuery);
    const ref = await deps.broker.topics.partition(topic, partition);
    const accept = c.req.header('accept') ?? '';
    // Hono answers HEAD from here too: nobody would read that stream.
    if (accept.includes('text/event-stream') && c.req.method === 'GET') {
      const from = resumeOffset(c) ?? (await startOffset(deps, ref, query));
      return follow(c, deps, { topic, ref, from, format: query.format });
    }
    const offset = await startOffset(deps, ref, query);
    const result = await deps.broker.fetch(ref, {
      offset,
      bytesMax: query.maxBytes ?? fetchBytesDefault,
      waitMs: query.waitMs ?? 0,
      signal: c.req.raw.signal,
    });
    if (query.waitMs) await assertStillHolds(c, deps);
    deps.access.charge(callerOf(c).principal, sizeOf(result.batches));
    if (accept.includes(batchContentType)) return binaryAnswer(result);
    return recordsAnswer(c, deps.codecs, topic, partition, offset, query, result);
  });
}

/** One of offset, timestamp, last; without any of them the log start. */
async function startOffset(deps: HttpDeps, ref: PartitionRef, query: FetchQuery): Promise<number> {
  const { offset, timestamp, last } = query;
  const given = [offset, timestamp, last].filter((value) => value !== undefined);
  if (given.length > 1) {
    const message = 'goes alone: give one of offset, timestamp, last';
    throw invalid('query', [{ field: 'offset', message }]);
  }
  if (offset !== undefined) return offset;
  const head = await deps.broker.head(ref);
  if (timestamp !== undefined) {
    const found = await deps.broker.offsetByTime(ref, head, timestamp);
    return found?.offset ?? head.nextOffset;
  }
  if (last !== undefined) return Math.max(head.logStartOffset, head.nextOffset - last);
  return head.logStartOffset;
}

/** Where a follower that was cut off goes on: the id of the last event it saw. */
function resumeOffset(c: Context): number | undefined {
  const id = c.req.header('last-event-id');
  if (id === undefined) return undefined;
  if (/^\d{1,16}$/.test(id) && Number.isSafeInteger(Number(id))) return Number(id);
  throw invalid('headers', [{ field: 'Last-Event-ID', message: 'must be an offset' }]);
}

function recordsAnswer(
  c: Context,
  codecs: Codecs,
  topic: string,
  partition: number,
  offset: number,
  query: FetchQuery,
  result: FetchResult,
): Response {
  const recordsMax = query.maxRecords ?? Number.POSITIVE_INFINITY;
  const taken = takeRecords(result.batches, offset, codecs, recordsMax);
  const last = taken.records.at(-1);
  const nextOffset = taken.complete ? result.nextOffset : last ? last.offset + 1 : offset;
  const { logStartOffset, highWatermark } = result;
  const format: RecordFormat = query.format;
  const records = taken.records.map((record) => renderRecord(topic, partition, record, format));
  if ((c.req.header('accept') ?? '').includes(ndjsonContentType)) {
    const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const headers = placeHeaders({ ...result, nextOffset });
    return new Response(body, { headers: { ...headers, 'content-type': ndjsonContentType } });
  }
  return c.json({ topic, partition, records, nextOffset, logStartOffset, highWatermark });
}

function binaryAnswer(result: FetchResult): Response {
  const headers = { ...placeHeaders(result), 'content-type': batchContentType };
  return new Response(onePiece(result.batches) as Uint8Array<ArrayBuffer>, { headers });
}

function placeHeaders(result: FetchResult): Record<string, string> {
  return {
    [fetchHeaders.nextOffset]: String(result.nextOffset),
    [fetchHeaders.logStartOffset]: String(result.logStartOffset),
    [fetchHeaders.highWatermark]: String(result.highWatermark),
  };
}
