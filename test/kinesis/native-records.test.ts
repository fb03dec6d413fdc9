/** Records written through one face and read through the other: nothing is lost, and what cannot be
 * said in Kinesis' words has a place. */

import { Buffer } from 'node:buffer';
import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../bin/sdk.js';
import { type KinesisServer, shardId, startKinesis } from './kinesis-server.js';

let server: KinesisServer;
let client: sdk.KinesisClient;
beforeAll(async () => {
  server = await startKinesis();
  client = server.client;
});
afterAll(() => server.stop());

const post = (path: string, body: unknown) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function readAll(StreamName: string, shard = 0): Promise<sdk._Record[]> {
  const place = { StreamName, ShardId: shardId(shard), ShardIteratorType: 'TRIM_HORIZON' } as const;
  const { ShardIterator } = await client.send(new sdk.GetShardIteratorCommand(place));
  return (await client.send(new sdk.GetRecordsCommand({ ShardIterator }))).Records ?? [];
}

test('what Kinesis puts has its partition key as key, and its explicit hash key in a header', async () => {
  const StreamName = 'from-kinesis';
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const Data = Buffer.from('välue');
  await client.send(new sdk.PutRecordCommand({ StreamName, PartitionKey: 'käy', Data }));
  await client.send(
    new sdk.PutRecordCommand({ StreamName, PartitionKey: 'b', ExplicitHashKey: '7', Data }),
  );
  const response = await fetch(
    `${server.url}/v1/topics/${StreamName}/partitions/0/records?offset=0`,
  );
  const { records } = (await response.json()) as { records: Record<string, unknown>[] };
  expect(records).toMatchObject([
    { key: 'käy', value: 'välue', headers: [] },
    { key: 'b', value: 'välue', headers: [['kinesis-explicit-hash-key', '7']] },
  ]);
});

test('a topic is a stream, and its records have a partition key whatever their key is', async () => {
  await post('/v1/topics', { name: 'native', partitions: 1 });
  const binary = Buffer.from([0xff, 0xfe]).toString('base64');
  const append = (records: unknown[], format = 'text') =>
    post(`/v1/topics/native/records?format=${format}`, { records });
  await append([
    { key: 'k', value: 'v', headers: [['h', '1']] },
    { value: 'no key' },
    { key: '', value: 'empty key' },
    { key: 'tombstone', value: null },
  ]);
  await append([{ key: binary, value: Buffer.from('binary key').toString('base64') }], 'base64');
  const records = await readAll('native');
  const shown = records.map(({ PartitionKey, Data }) => [
    PartitionKey,
    Buffer.from(Data ?? []).toString(),
  ]);
  expect(shown).toEqual([
    ['k', 'v'],
    ['-', 'no key'],
    ['-', 'empty key'],
    ['tombstone', ''],
    [`base64:${binary}`, 'binary key'],
  ]);
});

test('keyed records find an open partition after a split, those of one key the same one', async () => {
  await post('/v1/topics', { name: 'split', partitions: 2 });
  const NewStartingHashKey = (2n ** 126n).toString();
  const ShardToSplit = shardId(0);
  const send = (value: string) =>
    post('/v1/topics/split/records', {
      records: Array.from({ length: 40 }, (_, i) => ({ key: `key-${i}`, value })),
    });
  expect((await send('before')).status).toBe(200);
  await client.send(
    new sdk.SplitShardCommand({ StreamName: 'split', ShardToSplit, NewStartingHashKey }),
  );
  expect((await send('after')).status).toBe(200);
  expect((await send('after')).status).toBe(200);
  const shardOfKey = new Map<string, number>();
  const before = new Map<string, number>();
  for (const shard of [0, 1, 2, 3]) {
    for (const { PartitionKey = '', Data } of await readAll('split', shard)) {
      const places = Buffer.from(Data ?? []).toString() === 'before' ? before : shardOfKey;
      expect(places.get(PartitionKey) ?? shard).toBe(shard);
      places.set(PartitionKey, shard);
    }
  }
  expect(shardOfKey.size).toBe(40);
  for (const [key, shard] of shardOfKey) {
    expect(before.get(key) === 0 ? [2, 3] : [1]).toContain(shard);
  }
});

test('records without a key go to an open partition; a closed one says so', async () => {
  const ShardToSplit = shardId(0);
  const NewStartingHashKey = (2n ** 127n).toString();
  await post('/v1/topics', { name: 'closed', partitions: 1 });
  await client.send(
    new sdk.SplitShardCommand({ StreamName: 'closed', ShardToSplit, NewStartingHashKey }),
  );
  for (let i = 0; i < 20; i++) {
    const answer = await post('/v1/topics/closed/records', { records: [{ value: 'x' }] });
    expect(answer.status).toBe(200);
  }
  const refused = await post('/v1/topics/closed/partitions/0/records', {
    records: [{ value: 'x' }],
  });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    code: 'PARTITION_CLOSED',
    sideEffects: 'none',
    retriable: false,
  });
  const described = await (await fetch(`${server.url}/v1/topics/closed`)).json();
  expect(described).toMatchObject({
    partitions: [
      { partition: 0, closed: true, parents: [] },
      { partition: 1, closed: false, parents: [0] },
      { partition: 2, closed: false, parents: [0] },
    ],
  });
});

test('a producer of our own SDK follows a split, too', async () => {
  await post('/v1/topics', { name: 'produced', partitions: 1 });
  const NewStartingHashKey = (2n ** 127n).toString();
  await client.send(
    new sdk.SplitShardCommand({
      StreamName: 'produced',
      ShardToSplit: shardId(0),
      NewStartingHashKey,
    }),
  );
  const logbrook = connect({ url: server.url });
  const producer = logbrook.producer();
  const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
  for (const key of keys) await producer.send({ topic: 'produced', key, value: 'x' });
  await producer.close();
  expect(await readAll('produced', 0)).toEqual([]);
  const found = [...(await readAll('produced', 1)), ...(await readAll('produced', 2))];
  expect(found.map(({ PartitionKey }) => PartitionKey).sort()).toEqual([...keys].sort());
});
