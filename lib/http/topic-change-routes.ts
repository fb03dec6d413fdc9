/**
 * What changes a topic that exists: its settings, more partitions, and the trim.
 */

import type { Hono } from 'hono';
import { partitionPath, topicPath } from '../contract/fields.js';
import { alterTopicRequest, type TopicConfigList } from '../contract/topic-configs.js';
import { addPartitionsRequest, trimRequest } from '../contract/topics.js';
import { type ConfigChange, describeConfigs } from '../log/topic-configs.js';
import { checked, type HttpDeps, pathOf } from './http-deps.js';
import { jsonBody } from './json-body.js';

export function topicChangeRoutes(app: Hono, deps: HttpDeps): void {
  const { broker } = deps;
  app.patch('/v1/topics/:topic', async (c) => {
    const { topic: name } = pathOf(c, topicPath);
    const { configs } = checked(alterTopicRequest, await jsonBody(c, deps), 'body');
    const topic = await broker.topics.alter(name, changeOf(configs));
    const described = describeConfigs(topic.configs);
    return c.json({ topic: name, configs: described } satisfies TopicConfigList);
  });
  app.post('/v1/topics/:topic/partitions', async (c) => {
    const { topic: name } = pathOf(c, topicPath);
    const { count } = checked(addPartitionsRequest, await jsonBody(c, deps), 'body');
    const { topicId, partitionCount, createdAtMs } = await broker.topics.addPartitions(name, count);
    return c.json({ name, topicId, partitions: partitionCount, createdAt: createdAtMs });
  });
  app.post('/v1/topics/:topic/partitions/:partition/trim', async (c) => {
    const { topic, partition } = pathOf(c, partitionPath);
    const { offset } = checked(trimRequest, await jsonBody(c, deps), 'body');
    const ref = await broker.topics.partition(topic, partition);
    const head = await broker.trim(ref, offset === -1 ? 'latest' : offset);
    const { logStartOffset, nextOffset: highWatermark } = head;
    return c.json({ topic, partition, logStartOffset, highWatermark });
  });
}

function changeOf(configs: Readonly<Record<string, string | null>>): ConfigChange {
  const entries = Object.entries(configs);
  const set = entries.filter((entry): entry is [string, string] => entry[1] !== null);
  const remove = entries.flatMap(([name, value]) => (value === null ? [name] : []));
  return { set: Object.fromEntries(set), remove };
}
