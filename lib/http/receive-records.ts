/**
 * What a producing request carries: records in one of three forms, or one RecordBatch as it is stored. Its
 * type and size are judged before anything is decoded or decompressed.
 */

import type { Context } from 'hono';
import type * as z from 'zod';
import { acceptBatches } from '../broker/accept-batches.js';
import type { appendQuery, partitionAppendQuery } from '../contract/fields.js';
import { ndjsonContentType } from '../contract/media-types.js';
import type { PendingBatch } from '../log/append-plan.js';
import { batchHeaderBytes, batchLengthPrefixBytes } from '../log/batch-header.js';
import { type ByteParts, copyRange, onePiece, sizeOf } from '../log/byte-parts.js';
import { requestBytesMax } from '../log/limits.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { TopicConfigs } from '../log/topic-configs.js';
import {
  decodeJson,
  decodeNdjson,
  decodeText,
  mediaType,
  type ReceivedRecord,
  unsupportedMediaType,
} from './decode-records.js';
import type { HttpDeps } from './http-deps.js';
import { invalid, RequestError } from './problem.js';
import { checkContentEncoding } from './read-body.js';

export const recordTypes = ['application/json', ndjsonContentType, 'text/plain'];

/** `types`: what the route takes, for who sends something else. */
export async function receiveRecords(
  c: Context,
  deps: HttpDeps,
  query: z.infer<typeof appendQuery>,
  types: readonly string[],
): Promise<ReceivedRecord[]> {
  const type = mediaType(c.req.header('content-type'));
  if (!recordTypes.includes(type)) throw unsupportedMediaType(type, types);
  checkContentEncoding(c.req.raw.headers);
  const body = onePiece(await deps.readBody(c.req.raw, c.env, requestBytesMax));
  const nowMs = deps.world.clock.nowMs();
  if (type === 'application/json') return decodeJson(body, query.format, nowMs);
  if (type === ndjsonContentType) return decodeNdjson(body, query.format, nowMs);
  return decodeText(body, query.keyField, nowMs);
}

/** Kafka's rule too: one batch per partition and request, so that its result is one answer. */
export async function receiveBatch(
  c: Context,
  deps: HttpDeps,
  ref: PartitionRef,
  query: z.infer<typeof partitionAppendQuery>,
  configs: TopicConfigs,
): Promise<PendingBatch> {
  if (producerOf(query)) {
    const message = 'stands in the record batch itself; leave it out of the query';
    throw invalid('query', [{ field: 'producerId', message }]);
  }
  checkContentEncoding(c.req.raw.headers);
  const body = await deps.readBody(c.req.raw, c.env, requestBytesMax);
  // Before anything is decompressed: a body of many bombs would cost as many times the limit.
  const [sizeBytes, batchBytes] = [sizeOf(body), declaredBytes(body)];
  if (batchBytes < sizeBytes) {
    const message = `The body has ${sizeBytes} bytes, its record batch only ${batchBytes}`;
    throw new RequestError(400, `${message}; send exactly one batch.`);
  }
  const [batch] = acceptBatches(ref, body, deps.codecs, deps.world.clock.nowMs(), configs);
  return batch as PendingBatch;
}

/** What is too short or senseless is not judged here. */
function declaredBytes(body: ByteParts): number {
  const prefix = copyRange(body, 0, batchLengthPrefixBytes);
  if (prefix.length < batchLengthPrefixBytes) return Number.MAX_SAFE_INTEGER;
  const batchLength = new DataView(prefix.buffer).getInt32(8);
  return batchLength < batchHeaderBytes - batchLengthPrefixBytes
    ? Number.MAX_SAFE_INTEGER
    : batchLength + batchLengthPrefixBytes;
}

/** The batch's numbers as its query has them: all three, or none. */
export function producerOf(query: z.infer<typeof partitionAppendQuery>) {
  const { producerId, producerEpoch, baseSequence } = query;
  if (producerId === undefined && producerEpoch === undefined && baseSequence === undefined) {
    return undefined;
  }
  if (producerId !== undefined && producerEpoch !== undefined && baseSequence !== undefined) {
    return { producerId, producerEpoch, baseSequence };
  }
  const message = 'goes together with the other two of producerId, producerEpoch, baseSequence';
  throw invalid('query', [{ field: 'producerId', message }]);
}
