/**
 * Producing. The records of a request for one partition are in one batch there: all of them or none.
 * Partitions can differ in their result; then the answer is 207 and says so for each.
 */

import type { Context, Hono } from 'hono';
import type * as z from 'zod';
import { topicNamed } from '../access/scopes.js';
import { acceptAppend } from '../broker/accept-records.js';
import { BrokerError } from '../broker/broker-error.js';
import { appendQuery, partitionAppendQuery, partitionPath, topicPath } from '../contract/fields.js';
import { batchContentType } from '../contract/media-types.js';
import type { PartitionRef } from '../log/partition-head.js';
import type { PendingAppend } from '../log/shared-batch.js';
import { type TopicConfigs, topicConfigsOf } from '../log/topic-configs.js';
import { appendedOf, topicAnswer } from './append-answer.js';
import { appendRecords, batchesOf } from './append-records.js';
import { authorize } from './caller.js';
import { mediaType, type ReceivedRecord } from './decode-records.js';
import { type HttpDeps, pathOf, queryOf } from './http-deps.js';
import { invalid, problemOf, problemResponse } from './problem.js';
import { producerOf, receiveBatch, receiveRecords, recordTypes } from './receive-records.js';

export function appendRoutes(app: Hono, deps: HttpDeps): void {
  app.post('/v1/topics/:topic/records', (c) => appendToTopic(c, deps));
  app.post('/v1/topics/:topic/partitions/:partition/records', (c) => appendToPartition(c, deps));
}

async function appendToTopic(c: Context, deps: HttpDeps): Promise<Response> {
  const { topic: name } = pathOf(c, topicPath);
  authorize(c, 'produce', topicNamed(name));
  const query = queryOf(c, appendQuery);
  const durable = wantsDurable(query.acks);
  const known = await deps.broker.topics.find(name);
  const records = await receiveRecords(c, deps, query, recordTypes);
  if (!durable) return accepted(c, deps, name, await batchesOf(deps, known, records));
  const answer = topicAnswer(name, await appendRecords(deps, known, records));
  if (answer.kind === 'failed') return problemResponse(answer.problem);
  return c.json(answer.body, answer.status);
}

async function appendToPartition(c: Context, deps: HttpDeps): Promise<Response> {
  const { topic: name, partition } = pathOf(c, partitionPath);
  authorize(c, 'produce', topicNamed(name));
  const query = queryOf(c, partitionAppendQuery);
  const durable = wantsDurable(query.acks);
  const { topic, ref } = await deps.broker.topics.place(name, partition);
  const append = await receiveAppend(c, deps, ref, query, topicConfigsOf(topic.configs));
  if (!durable) return accepted(c, deps, name, [append]);
  const [result] = await deps.broker.append([append]);
  if (result?.kind !== 'appended') return problemResponse(problemOf(result?.error));
  return c.json({ topic: name, ...appendedOf(append, result) });
}

async function receiveAppend(
  c: Context,
  deps: HttpDeps,
  ref: PartitionRef,
  query: z.infer<typeof partitionAppendQuery>,
  configs: TopicConfigs,
): Promise<PendingAppend> {
  const { expectedOffset: expectedNextOffset, fencingToken } = query;
  if (mediaType(c.req.header('content-type')) === batchContentType) {
    const batch = await receiveBatch(c, deps, ref, query, configs);
    return { ...batch, expectedNextOffset, fencingToken };
  }
  const received = await receiveRecords(c, deps, query, [...recordTypes, batchContentType]);
  const records = received.map((one, i) => ofPartition(one, ref.partition, i));
  const terms = { producer: producerOf(query), expectedNextOffset, fencingToken };
  return acceptAppend(ref, records, deps.codecs, deps.world.clock.nowMs(), terms, configs);
}

function wantsDurable(acks: string): boolean {
  if (acks === 'all' || acks === '-1') return true;
  if (acks === '0') return false;
  const message = `acks is all (durable, the default) or 0 (accepted), not ${JSON.stringify(acks)}.`;
  throw new BrokerError('INVALID_REQUIRED_ACKS', message);
}

function ofPartition({ record, partition: asked }: ReceivedRecord, partition: number, i: number) {
  if (asked === undefined || asked === partition) return record;
  const message = `is ${asked}, but the path says ${partition}`;
  throw invalid('body', [{ field: `records.${i}.partition`, message }]);
}

/** acks=0: the answer does not wait for the log. What becomes of the records is only logged. */
function accepted(
  c: Context,
  deps: HttpDeps,
  topic: string,
  batches: readonly PendingAppend[],
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
