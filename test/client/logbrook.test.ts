/** lib/client/logbrook.js, serializers.js, fetch-batches.js and producer-options.js: the SDK as its users meet it. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogbrook } from '../../lib/client/logbrook.js';
import { fromKafkaNames } from '../../lib/client/producer/producer-options.js';
import { bytesSerde, jsonSerde, stringSerde } from '../../lib/client/serializers.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { eagerTiming, startTestServer, type TestServer, testUrl } from './in-process-server.js';

let server: TestServer;
beforeEach(async () => {
  server = startTestServer();
  await server.client.createTopic('orders', 2);
});
afterEach(() => server.close());

const connect = (fetch = server.fetch) =>
  createLogbrook({ url: testUrl, fetch, timing: eagerTiming }, nodeCodecs);

test('strings in, strings out, with headers and time', async () => {
  const logbrook = connect();
  await using producer = logbrook.producer();
  const header = ['source', new Uint8Array([7])] as const;
  const record = { topic: 'orders', key: 'a', value: 'one', headers: [header], timestampMs: 5_000 };
  const { ack } = await producer.send(record);
  const { partition, offset } = await ack;
  await using consumer = logbrook.consumer({ topics: ['orders'] });
  for await (const read of consumer) {
    expect(read).toMatchObject({ ...record, partition, offset });
    break;
  }
});

test('typed by serializers, from one partition', async () => {
  type Order = { id: number };
  const order = jsonSerde<Order>();
  const logbrook = connect();
  const producer = logbrook.producer<string, Order>({ valueSerializer: order.serialize });
  for (const id of [1, 2, 3]) await producer.send({ topic: 'orders', partition: 1, value: { id } });
  await producer.close();
  const consumer = logbrook.consumer({
    partitions: [{ topic: 'orders', partition: 1 }],
    value: order.deserialize,
  });
  const ids: number[] = [];
  await consumer.run(async ({ value }) => {
    if (value) ids.push(value.id);
    if (ids.length === 3) void consumer.close();
  });
  expect(ids).toEqual([1, 2, 3]);
});

test('strings arrive whole that wait together, for the topic and for room', async () => {
  const logbrook = connect();
  const producer = logbrook.producer({ batchSize: 1_024, bufferMemory: 2_048 });
  const values = Array.from({ length: 300 }, (_, i) => `${i} `.repeat(1 + (i % 40)));
  await Promise.all(
    values.map((value, i) => producer.send({ topic: 'orders', key: `key-${i}`, value })),
  );
  await producer.close();
  await using consumer = logbrook.consumer({ topics: ['orders'] });
  const read: (readonly [string | null, string | null])[] = [];
  for await (const { key, value } of consumer) {
    read.push([key, value]);
    if (read.length === values.length) break;
  }
  const sent = values.map((value, i) => [`key-${i}`, value] as const);
  expect(new Map(read)).toEqual(new Map(sent));
});

test('the keys that a partitioner was given stay as they were', async () => {
  const keys: (Uint8Array | null)[] = [];
  const partitioner = ({ key }: { readonly key: Uint8Array | null }) => keys.push(key) % 2;
  await using producer = connect().producer({ partitioner });
  for (const key of ['ann', 'bob', 'cy']) await producer.send({ topic: 'orders', key, value: '' });
  expect(keys.map((key) => new TextDecoder().decode(key ?? undefined))).toEqual([
    'ann',
    'bob',
    'cy',
  ]);
});

test('a value that its deserializer does not take: the error says where it is', async () => {
  const logbrook = connect();
  await logbrook.admin.append('orders', [{ value: 'no JSON', partition: 1 }]);
  const { deserialize } = jsonSerde<unknown>();
  const consumer = logbrook.consumer<string | null, unknown>({
    partitions: [{ topic: 'orders', partition: 1 }],
    value: deserialize,
  });
  await expect(consumer.run(() => {})).rejects.toMatchObject({
    code: 'INVALID_RECORD',
    details: { topic: 'orders', partition: 1, offset: 0 },
    message: expect.stringContaining('The value in orders/1 at offset 0'),
  });
});

test('null is a tombstone in every serializer', () => {
  for (const serde of [stringSerde, bytesSerde, jsonSerde()]) {
    expect(serde.serialize(null)).toBeNull();
    expect(serde.deserialize(null)).toBeNull();
  }
  expect(jsonSerde<number>().deserialize(new TextEncoder().encode('7'))).toBe(7);
});

test('a consumer without anything to read is refused', () => {
  expect(() => connect().consumer({})).toThrow(/topics, partitions or a group/);
});

test.each([
  [{ lingerMs: -1 }, /lingerMs must be a whole number from 0/],
  [{ batchSize: 10 }, /batchSize must be a whole number from 1024/],
  [{ maxInFlight: 0 }, /maxInFlight/],
  [{ compression: 'snappy' as const }, /compression snappy is not available here/],
])('%j is refused before anything is sent', (options, message) => {
  expect(() => connect().producer(options)).toThrow(message);
});

test("Kafka's names of settings are understood, others are not", () => {
  expect(
    fromKafkaNames({ 'linger.ms': 20, 'batch.size': 16_384, acks: -1, 'compression.type': 'gzip' }),
  ).toEqual({ lingerMs: 20, batchSize: 16_384, acks: 'all', compression: 'gzip' });
  // As they stand in a properties file.
  expect(fromKafkaNames({ 'linger.ms': '20', 'enable.idempotence': 'false', acks: '1' })).toEqual({
    lingerMs: 20,
    idempotent: false,
    acks: 'all',
  });
  expect(() => fromKafkaNames({ 'linger.mss': 1 })).toThrow(/linger\.mss is not understood/);
});

test('an answer without its place is refused: going on from a guess would skip records', async () => {
  const logbrook = connect(async (url, init) => {
    const response = await server.fetch(url, init);
    response.headers.delete('logbrook-next-offset');
    return response;
  });
  const fetched = logbrook.admin.fetchBatches('orders', 0, { offset: 0 });
  await expect(fetched).rejects.toThrow('logbrook-next-offset');
});
