/**
 * lib/http/openapi.js tells the truth: every route is in it and nothing else, every reference resolves,
 * and answers are what it says.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { createApp } from '../../lib/http/app.js';
import { httpDefaults } from '../../lib/http/http-deps.js';
import { openApiDocument } from '../../lib/http/openapi.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { type Api, append, jsonInit, newTopic } from './api-client.js';
import { inProcessApi, openToAll, quietWorld } from './apis.js';
import { schemaComplaints } from './json-schema.js';
import { answerComplaints, document, operations, resolve } from './openapi-document.js';

/** Pages for people are no part of the API. */
const pages = ['/openapi.json', '/docs', '/docs/openapi-explorer.min.js'];

test('every route is described, and every description is a route', () => {
  const world = quietWorld();
  const stores = createMemoryStores();
  const broker = createBroker(stores, nodeCodecs, world, brokerDefaults);
  const settings = httpDefaults;
  const docsScript = async () => undefined;
  const codecs = nodeCodecs;
  const app = createApp({
    ...openToAll(stores, world.clock),
    ...{ broker, codecs, world, settings, readBody: readWebBody, docsScript },
  });
  const routes = app.routes
    .filter(({ path }) => !pages.includes(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(described.sort()).toEqual(routes.sort());
});

test('every reference resolves, every parameter of a path is described, every id is used once', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
  expect(refs.length).toBeGreaterThan(10);
  for (const ref of refs) resolve(ref ?? '');
  for (const { path, parameters = [], operationId, summary, responses } of operations) {
    const inPath = parameters.filter((one) => one.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(inPath.every(({ required }) => required)).toBe(true);
    expect(summary).not.toBe('');
    expect(responses.default?.content).toHaveProperty(['application/problem+json'], {
      schema: { $ref: '#/components/schemas/Problem' },
    });
    expect(operations.filter((other) => other.operationId === operationId)).toHaveLength(1);
  }
});

test('the document is the same every time it is made', () => {
  expect(JSON.stringify(openApiDocument())).toBe(JSON.stringify(document));
});

test('the checker of answers notices what is wrong', () => {
  const topic = { name: 'a', topicId: 'b', partitions: 1, createdAt: 5 };
  const schema = { $ref: '#/components/schemas/Topic' };
  expect(schemaComplaints(topic, schema, resolve)).toEqual([]);
  for (const wrong of [{ partitions: 1.5 }, { extra: 1 }, { name: null }, { createdAt: -1 }]) {
    expect(schemaComplaints({ ...topic, ...wrong }, schema, resolve)).not.toEqual([]);
  }
  expect(schemaComplaints({}, schema, resolve)).toHaveLength(4);
});

/** A body that names the topic is made when there is one. */
type Init = RequestInit | (() => RequestInit);

describe('answers are what the document says', () => {
  let api: Api;
  let topic = '';
  beforeAll(async () => {
    api = await inProcessApi();
    topic = await newTopic(api, 2);
    await append(api, topic, [{ key: 'k', value: 'v', headers: { a: 'b' } }, { value: null }]);
  });
  afterAll(() => api.stop());

  const partition = () => `/v1/topics/${topic}/partitions/0`;
  const records = jsonInit({ records: [{ value: 'x' }] });
  const wanted = { 'retention.ms': 60_000, 'cleanup.policy': 'delete' };
  const commitOf =
    (...partitions: number[]) =>
    () =>
      jsonInit({ offsets: partitions.map((partition) => ({ topic, partition, offset: 1 })) });
  const heartbeatOf = (memberEpoch: number) => () =>
    jsonInit({ memberId: 'm', memberEpoch, subscribedTopics: [topic] });
  const cases: [id: string, path: () => string, status: number, init?: Init][] = [
    ['health', () => '/healthz', 200],
    ['createTopic', () => '/v1/topics', 201, jsonInit({ name: 'described' })],
    ['createTopic', () => '/v1/topics', 409, jsonInit({ name: 'described' })],
    ['createTopic', () => '/v1/topics', 400, jsonInit({ nam: 'x', partitions: 'y' })],
    ['listTopics', () => '/v1/topics', 200],
    ['listTopics', () => '/v1/topics?limit=1', 200],
    ['describeTopic', () => `/v1/topics/${topic}`, 200],
    ['describeTopic', () => '/v1/topics/nobody', 404],
    ['createTopic', () => '/v1/topics', 201, jsonInit({ name: 'set', configs: wanted })],
    ['alterTopic', () => `/v1/topics/${topic}`, 200, jsonInit({ configs: wanted }, 'PATCH')],
    ['alterTopic', () => `/v1/topics/${topic}`, 400, jsonInit({ configs: { x: '1' } }, 'PATCH')],
    ['addPartitions', () => `/v1/topics/${topic}/partitions`, 200, jsonInit({ count: 3 })],
    ['addPartitions', () => `/v1/topics/${topic}/partitions`, 400, jsonInit({ count: 3 })],
    ['trimPartition', () => `${partition()}/trim`, 200, jsonInit({ offset: 0 })],
    ['trimPartition', () => `${partition()}/trim`, 416, jsonInit({ offset: 999 })],
    ['listOffsets', () => `/v1/topics/${topic}/offsets`, 200],
    ['listOffsets', () => `/v1/topics/${topic}/offsets?timestamp=1`, 200],
    ['partitionOffsets', () => `${partition()}/offsets?timestamp=9999999999999`, 200],
    ['fencePartition', () => `${partition()}/fence`, 200, jsonInit({ token: 't' }, 'PUT')],
    ['fencePartition', () => `${partition()}/fence`, 200, jsonInit({ token: null }, 'PUT')],
    ['createProducer', () => '/v1/producers', 201, { method: 'POST' }],
    ['append', () => `/v1/topics/${topic}/records`, 200, records],
    ['append', () => `/v1/topics/${topic}/records?acks=0`, 202, records],
    ['appendToPartition', () => `${partition()}/records`, 200, records],
    ['appendToPartition', () => `${partition()}/records?acks=0`, 202, records],
    ['appendToPartition', () => `${partition()}/records?expectedOffset=0`, 412, records],
    ['fetch', () => `${partition()}/records`, 200],
    ['fetch', () => `${partition()}/records?format=json`, 200],
    ['fetch', () => `${partition()}/records?offset=99`, 416],
    ['fetch', () => `${partition()}/records`, 200, { headers: { accept: 'application/x-ndjson' } }],
    ['deleteTopic', () => '/v1/topics/described', 204, { method: 'DELETE' }],
    ['commitOffsets', () => '/v1/groups/g/offsets', 200, commitOf(0)],
    ['commitOffsets', () => '/v1/groups/g/offsets', 207, commitOf(0, 9)],
    ['commitOffsets', () => '/v1/groups/g/offsets', 404, commitOf(9)],
    ['groupOffsets', () => '/v1/groups/g/offsets', 200],
    ['groupHeartbeat', () => '/v1/groups/g/heartbeat', 200, heartbeatOf(0)],
    ['groupHeartbeat', () => '/v1/groups/g/heartbeat', 409, heartbeatOf(99)],
    ['describeGroup', () => '/v1/groups/g', 200],
    ['listGroups', () => '/v1/groups?limit=1', 200],
    ['deleteGroup', () => '/v1/groups/g', 409, { method: 'DELETE' }],
    ['groupHeartbeat', () => '/v1/groups/g/heartbeat', 200, heartbeatOf(-1)],
    ['resetGroupOffsets', () => '/v1/groups/g/reset', 200, jsonInit({ to: 'earliest' })],
    ['resetGroupOffsets', () => '/v1/groups/none/reset', 404, jsonInit({ to: 'earliest' })],
    ['deleteGroupOffsets', () => `/v1/groups/g/offsets?topic=${topic}`, 204, { method: 'DELETE' }],
    ['deleteGroup', () => '/v1/groups/g', 204, { method: 'DELETE' }],
    ['jobStatus', () => '/v1/jobs', 200],
    ['runJobs', () => '/v1/jobs/run', 200, { method: 'POST' }],
    ['jobStatus', () => '/v1/jobs', 200],
  ];
  test.each(cases)('%s %s %s', async (id, path, status, init) => {
    const operation = operations.find(({ operationId }) => operationId === id);
    if (!operation) throw new Error(`no operation ${id}`);
    const response = await api.fetch(path(), typeof init === 'function' ? init() : init);
    expect(response.status).toBe(status);
    expect(await answerComplaints(operation, response)).toEqual([]);
  });
});
