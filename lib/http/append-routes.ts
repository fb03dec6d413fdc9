/**
 * Producing. One request is one batch per partition it touches: all of a partition's records or none.
 * Partitions can differ in their result; then the answer is 207 and says so for each.
 */

import type { Context, Hono } from 'hono';
import type * as z from 'zod';
import { topicNamed } from '../access/scopes.js';
import { acceptBatches, acceptRecords } from '../broker/accept-batches.js';
import type { BatchResult } from '../broker/batch-verdicts.js';
import { BrokerError, brokerErrorOf } from '../broker/broker-error.js';
import {
  type appendQuery,
  appendQuery as appendQuerySchema,
  partitionAppendQuery,
  partitionPath,
  topicPath,
} from '../contract/fields.js';
import { batchContentType, ndjsonContentType } from '../contract/media-types.js';
import type { Appended } from '../contract/records.js';
import type { PendingBatch } from '../log/append-plan.js';
import { batchHeaderBytes, batchLengthPrefixBytes } from '../log/batch-header.js';
import { type ByteParts, copyRange, onePiece, sizeOf } from '../log/byte-parts.js';
import { requestBytesMax } from '../log/limits.js';
import { openPartitions } from '../log/lineage.js';
import { partitionOfKey } from '../log/open-descendant.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { LogRecord } from '../log/record.js';
import { type TopicConfigs, topicConfigsOf } from '../log/topic-configs.js';
import type { Topic } from '../store/topic-store.js';
import { authorize } from './caller.js';
import {
  decodeJson,
  decodeNdjson,
  decodeText,
  mediaType,
  type ReceivedRecord,
  unsupportedMediaType,
} from './decode-records.js';
import { type HttpDeps, pathOf, queryOf } from './http-deps.js';
import { invalid, problemOf, problemResponse, RequestError } from './problem.js';
import { checkContentEncoding } from './read-body.js';

const recordTypes = ['application/json', ndjsonContentType, 'text/plain'];

export function appendRoutes(app: Hono, deps: HttpDeps): void {
  app.post('/v1/topics/:topic/records', (c) => appendToTopic(c, deps));
  app.post('/v1/topics/:topic/partitions/:partition/records', (c) => appendToPartition(c, deps));
}

async function appendToTopic(c: Context, deps: HttpDeps): Promise<Response> {
  const { topic: name } = pathOf(c, topicPath);
  authorize(c, 'produce', topicNamed(name));
  const query = queryOf(c, appendQuerySchema);
  const durable = wantsDurable(query.acks);
  const known = await deps.broker.topics.find(name);
  const records = await receive(c, deps, query, recordTypes);
  // A record may ask for a partition that was added since the topic was remembered.
  const isKnown = records.every(({ partition = 0 }) => partition < known.partitionCount);
  const topic = isKnown ? known : await deps.broker.topics.findAnew(name);
  if (!durable) return accepted(c, deps, name, batchesOf(deps, topic, records));
  const mayMove = records.every(({ partition }) => partition === undefined);
  return topicAnswer(c, name, await appendRouted(deps, topic, records, mayMove ? reroutesMax : 0));
}

/** How often records follow a partition that was split or merged under way. */
const reroutesMax = 3;

type Appendage = { readonly batch: PendingBatch; readonly result: BatchResult };

/** What meets a closed partition, and certainly did not enter it, goes on to its children. */
async function appendRouted(
  deps: HttpDeps,
  topic: Topic,
  records: readonly ReceivedRecord[],
  reroutes: number,
): Promise<Appendage[]> {
  const groups = groupByPartition(records, topic, deps);
  const batches = batchesOf(deps, topic, records, groups);
  const results = await deps.broker.append(batches);
  const appended = batches.map((batch, i) => ({ batch, result: results[i] as BatchResult }));
  const moved = appended.filter(({ result }) => hasMoved(result));
  if (moved.length === 0 || reroutes === 0) return appended;
  const now = await deps.broker.finishReshaping(topic);
  const again = moved.flatMap(({ batch }) => groups.get(batch.ref.partition) ?? []);
  const received = again.map((record) => ({ record, partition: undefined }));
  const rest = await appendRouted(deps, now, received, reroutes - 1);
  return [...appended.filter((one) => !moved.includes(one)), ...rest];
}

function hasMoved(result: BatchResult): boolean {
  if (result.kind !== 'failed') return false;
  const { code, sideEffects } = result.error;
  return code === 'PARTITION_CLOSED' && sideEffects === 'none';
}

function batchesOf(
  deps: HttpDeps,
  topic: Topic,
  records: readonly ReceivedRecord[],
  groups = groupByPartition(records, topic, deps),
): PendingBatch[] {
  const configs = topicConfigsOf(topic.configs);
  const nowMs = deps.world.clock.nowMs();
  return [...groups].map(([partition, group]) => {
    const ref = { topicId: topic.topicId, partition };
    return acceptRecords(ref, group, deps.codecs, nowMs, undefined, configs);
  });
}

async function appendToPartition(c: Context, deps: HttpDeps): Promise<Response> {
  const { topic: name, partition } = pathOf(c, partitionPath);
  authorize(c, 'produce', topicNamed(name));
  const query = queryOf(c, partitionAppendQuery);
  const durable = wantsDurable(query.acks);
  const { topic, ref } = await deps.broker.topics.place(name, partition);
  const configs = topicConfigsOf(topic.configs);
  const { expectedOffset: expectedNextOffset, fencingToken } = query;
  let batch: PendingBatch;
  if (mediaType(c.req.header('content-type')) === batchContentType) {
    batch = await receiveBatch(c, deps, ref, query, configs);
  } else {
    const received = await receive(c, deps, query, [...recordTypes, batchContentType]);
    const records = received.map((one, i) => ofPartition(one, partition, i));
    const nowMs = deps.world.clock.nowMs();
    batch = acceptRecords(ref, records, deps.codecs, nowMs, producerOf(query), configs);
  }
  const conditional = { ...batch, expectedNextOffset, fencingToken };
  if (!durable) return accepted(c, deps, name, [conditional]);
  const [result] = await deps.broker.append([conditional]);
  if (result?.kind !== 'appended') return problemResponse(problemOf(result?.error));
  return c.json({ topic: name, ...appendedOf(conditional, result) });
}

/** Kafka's rule too: one batch per partition and request, so that its result is one answer. */
async function receiveBatch(
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

function wantsDurable(acks: string): boolean {
  if (acks === 'all' || acks === '-1') return true;
  if (acks === '0') return false;
  const message = `acks is all (durable, the default) or 0 (accepted), not ${JSON.stringify(acks)}.`;
  throw new BrokerError('INVALID_REQUIRED_ACKS', message);
}

async function receive(
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

/** Keyed records by their key; those without a key share one partition for the whole request. */
function groupByPartition(
  received: readonly ReceivedRecord[],
  topic: Topic,
  deps: HttpDeps,
): Map<number, LogRecord[]> {
  const { partitionCount } = topic;
  const sticky = anyPartition(topic, deps.world.random());
  const groups = new Map<number, LogRecord[]>();
  for (const [i, { record, partition: asked }] of received.entries()) {
    if (asked !== undefined && asked >= partitionCount) {
      throw new BrokerError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Record ${i} asks for partition ${asked}; the topic has 0 to ${partitionCount - 1}.`,
        { details: { partition: asked, partitionCount } },
      );
    }
    const byKey = record.key === null ? sticky : partitionOfKey(topic, record.key);
    const partition = asked ?? byKey;
    const group = groups.get(partition);
    if (group) group.push(record);
    else groups.set(partition, [record]);
  }
  if (groups.size === 0) throw new BrokerError('INVALID_RECORD', 'There are no records.');
  return groups;
}

function anyPartition(topic: Topic, random: number): number {
  const { partitionCount, lineage } = topic;
  if (!lineage) return Math.floor(random * partitionCount);
  const open = openPartitions(lineage);
  return open[Math.floor(random * open.length)]?.partition ?? 0;
}

function ofPartition({ record, partition: asked }: ReceivedRecord, partition: number, i: number) {
  if (asked === undefined || asked === partition) return record;
  const message = `is ${asked}, but the path says ${partition}`;
  throw invalid('body', [{ field: `records.${i}.partition`, message }]);
}

function producerOf(query: z.infer<typeof partitionAppendQuery>) {
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

/** acks=0: the answer does not wait for the log. What becomes of the records is only logged. */
function accepted(
  c: Context,
  deps: HttpDeps,
  topic: string,
  batches: readonly PendingBatch[],
): Response {
  const { broker, world } = deps;
  void broker.append(batches).then((results) => {
    for (const result of results) {
      if (result.kind === 'appended') continue;
      world.log.warn('an append with acks=0 failed', { topic, code: result.error.code });
    }
  });
  const records = batches.reduce((sum, { recordCount }) => sum + recordCount, 0);
  return c.json({ topic, accepted: records }, 202);
}

function appendedOf(
  batch: PendingBatch,
  result: BatchResult & { readonly kind: 'appended' },
): Appended {
  const { baseOffset, duplicate, highWatermark } = result;
  const { recordCount, ref } = batch;
  const nextOffset = baseOffset + recordCount;
  return {
    partition: ref.partition,
    baseOffset,
    nextOffset,
    recordCount,
    duplicate,
    highWatermark,
  };
}

function topicAnswer(c: Context, topic: string, appended: readonly Appendage[]): Response {
  const failures = appended.flatMap(({ result }) => (result.kind === 'failed' ? [result] : []));
  const first = failures[0];
  if (first && failures.length === appended.length) {
    return problemResponse(problemOf(worst(failures.map(({ error }) => error))));
  }
  const partitions = appended.map(({ batch, result }) => {
    if (result.kind === 'appended') return appendedOf(batch, result);
    const { ref, recordCount } = batch;
    return { partition: ref.partition, recordCount, error: problemOf(result.error) };
  });
  return c.json({ topic, partitions }, first ? 207 : 200);
}

/** Of several failures the one that leaves most open: `unknown` must not be hidden by a `none`. */
function worst(errors: readonly BrokerError[]): BrokerError {
  return errors.find(({ sideEffects }) => sideEffects === 'unknown') ?? brokerErrorOf(errors[0]);
}
