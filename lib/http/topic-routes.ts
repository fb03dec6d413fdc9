/**
 * Topics made, listed, described and deleted; offsets, producers, and the fence.
 */

import type { Hono } from 'hono';
import { cluster, isInternalTopic, topicNamed } from '../access/scopes.js';
import { listTopicsQuery, offsetsQuery, partitionPath, topicPath } from '../contract/fields.js';
import {
  createTopicRequest,
  fenceRequest,
  type TopicDescription,
  type TopicOffsets,
  type TopicResponse,
} from '../contract/topics.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { describeConfigs } from '../log/topic-configs.js';
import type { Topic } from '../store/topic-store.js';
import { authorize, mayDo } from './caller.js';
import { checked, type HttpDeps, pathOf, queryOf } from './http-deps.js';
import { jsonBody } from './json-body.js';
import { permittedPage } from './permitted-page.js';

const listLimitDefault = 100;

export function topicRoutes(app: Hono, deps: HttpDeps): void {
  const { broker } = deps;
  app.post('/v1/topics', async (c) => {
    const request = checked(createTopicRequest, await jsonBody(c, deps), 'body');
    const { name, partitions, configs = {} } = request;
    authorize(c, 'admin', topicNamed(name));
    return c.json(topicOf(await broker.topics.create(name, partitions, { configs })), 201);
  });
  app.get('/v1/topics', async (c) => {
    const { limit = listLimitDefault, after, internal } = queryOf(c, listTopicsQuery);
    const isShown = ({ name }: Topic) =>
      (internal || !isInternalTopic(name)) && mayDo(c, 'describe', topicNamed(name));
    const list = async (countMax: number, from?: string) => {
      const { topics: items, ...rest } = await broker.topics.list(countMax, from);
      return { items, ...rest };
    };
    const page = await permittedPage(list, ({ name }) => name, isShown, limit, after);
    const { items, ...rest } = page;
    return c.json({ topics: items.map(topicOf), ...rest });
  });
  app.get('/v1/topics/:topic', async (c) => {
    const { topic: name } = pathOf(c, topicPath);
    authorize(c, 'describe', topicNamed(name));
    const topic = await broker.topics.findAnew(name);
    const heads = await headsOf(deps, topic);
    const { topicId, createdAtMs: createdAt } = topic;
    const [configs, partitions] = [describeConfigs(topic.configs), partitionsOf(topic, heads)];
    return c.json({ name, topicId, createdAt, configs, partitions } satisfies TopicDescription);
  });
  app.delete('/v1/topics/:topic', async (c) => {
    const { topic: name } = pathOf(c, topicPath);
    authorize(c, 'admin', topicNamed(name));
    await broker.topics.delete(name);
    return c.body(null, 204);
  });
  app.get('/v1/topics/:topic/offsets', async (c) => {
    const { topic: name } = pathOf(c, topicPath);
    authorize(c, 'describe', topicNamed(name));
    const { timestamp } = queryOf(c, offsetsQuery);
    const topic = await broker.topics.find(name);
    const heads = await headsOf(deps, topic);
    const partitions = await Promise.all(
      heads.map((head, partition) =>
        offsetsOf(deps, { topicId: topic.topicId, partition }, head, timestamp),
      ),
    );
    return c.json({ topic: name, partitions } satisfies TopicOffsets);
  });
  app.get('/v1/topics/:topic/partitions/:partition/offsets', async (c) => {
    const { topic: name, partition } = pathOf(c, partitionPath);
    authorize(c, 'describe', topicNamed(name));
    const { timestamp } = queryOf(c, offsetsQuery);
    const ref = await broker.topics.partition(name, partition);
    return c.json(await offsetsOf(deps, ref, await broker.head(ref), timestamp));
  });
  app.put('/v1/topics/:topic/partitions/:partition/fence', async (c) => {
    const { topic, partition } = pathOf(c, partitionPath);
    authorize(c, 'produce', topicNamed(topic));
    const { token, expected } = checked(fenceRequest, await jsonBody(c, deps), 'body');
    const ref = await broker.topics.partition(topic, partition);
    const head = await broker.fence(ref, token, expected);
    return c.json({ topic, partition, token, highWatermark: head.nextOffset });
  });
  app.post('/v1/producers', async (c) => {
    authorize(c, 'produce', cluster);
    return c.json({ producerId: await broker.nextProducerId(), producerEpoch: 0 }, 201);
  });
}

function headsOf({ broker }: HttpDeps, topic: Topic): Promise<PartitionHead[]> {
  const { topicId, partitionCount } = topic;
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  return Promise.all(partitions.map((partition) => broker.head({ topicId, partition })));
}

function topicOf(topic: Topic): TopicResponse {
  const { name, topicId, partitionCount: partitions, createdAtMs: createdAt } = topic;
  return { name, topicId, partitions, createdAt };
}

function partitionsOf({ lineage }: Topic, heads: readonly PartitionHead[]) {
  return heads.map((head, partition) => ({
    ...partitionOf(head, partition),
    ...(lineage && { parents: [...(lineage.partitions[partition]?.parents ?? [])] }),
  }));
}

function partitionOf(head: PartitionHead, partition: number) {
  const { leader, leaderEpoch, leaseExpiresMs } = head.lease;
  return {
    partition,
    leader,
    leaderEpoch,
    leaseExpiresAt: leader === null ? null : leaseExpiresMs,
    logStartOffset: head.logStartOffset,
    highWatermark: head.nextOffset,
    fencingToken: head.fencingToken,
    closed: head.closed,
  };
}

async function offsetsOf(
  { broker }: HttpDeps,
  ref: PartitionRef,
  head: PartitionHead,
  timestampMs: number | undefined,
): Promise<TopicOffsets['partitions'][number]> {
  const { logStartOffset: earliest, nextOffset: latest } = head;
  const ends = { partition: ref.partition, earliest, latest };
  if (timestampMs === undefined) return ends;
  const found = await broker.offsetByTime(ref, head, timestampMs);
  return { ...ends, offset: found?.offset ?? latest, timestamp: found?.timestampMs ?? null };
}
