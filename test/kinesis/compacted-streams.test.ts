/** A compacted topic as a stream, and to the SDK: readers of either get over what is gone, to the end. */

import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../bin/sdk.js';
import { append, jsonInit } from '../http/api-client.js';
import { type LocalServer, localServerApi } from '../http/apis.js';
import { clientOf, shardId } from './kinesis-server.js';

let server: LocalServer;
let kinesis: sdk.KinesisClient;
beforeAll(async () => {
  const soon = { LOGBROOK_COMPACT_AFTER_MS: '0', LOGBROOK_JOBS_INTERVAL_MS: '0' };
  server = await localServerApi(soon);
  kinesis = clientOf(server.url);
  const configs = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': 0,
    'delete.retention.ms': 0,
  };
  await server.fetch('/v1/topics', jsonInit({ name: 'keyed', partitions: 1, configs }));
  for (const [key, value] of [
    ['a', '0'],
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
    ['a', null],
  ]) {
    await append(server, 'keyed', [{ key, value }]);
  }
  for (let runs = 0; runs < 2; runs++) await server.fetch('/v1/jobs/run', { method: 'POST' });
});
afterAll(async () => {
  kinesis.destroy();
  await server.stop();
});

test('GetRecords from every place leads to the end', async () => {
  const place = { StreamName: 'keyed', ShardId: shardId(0) };
  const start = { ...place, ShardIteratorType: 'TRIM_HORIZON' } as const;
  let { ShardIterator } = await kinesis.send(new sdk.GetShardIteratorCommand(start));
  const found: (string | undefined)[] = [];
  for (let reads = 0; reads < 3; reads++) {
    const read = await kinesis.send(new sdk.GetRecordsCommand({ ShardIterator, Limit: 1 }));
    found.push(...(read.Records ?? []).map(({ PartitionKey }) => PartitionKey));
    ShardIterator = read.NextShardIterator;
    expect(ShardIterator).toBeDefined();
  }
  expect(found).toEqual(['b']);
  const last = await kinesis.send(new sdk.GetRecordsCommand({ ShardIterator }));
  expect(last).toMatchObject({ Records: [], MillisBehindLatest: 0 });
});

test('a consumer of a group commits past what is gone: it has no lag', async () => {
  const logbrook = connect({ url: server.url });
  const group = { topics: ['keyed'], group: { id: 'readers' } };
  const consumer = logbrook.consumer(group);
  const found: string[] = [];
  const reading = (async () => {
    for await (const { key } of consumer) found.push(String(key));
  })();
  await expect.poll(() => consumer.positions()[0]?.offset, { timeout: 10_000 }).toBe(5);
  await consumer.commit();
  await consumer.close();
  await reading;
  expect(found).toEqual(['b']);
  const answer = await server.fetch('/v1/groups/readers');
  expect(await answer.text()).toMatch(/"lag":0/);
});
