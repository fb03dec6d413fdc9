/**
 * Consumers that follow splits and merges while producers go on: no record is lost, none comes twice,
 * and those of one key come in their order.
 */

import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { arnOf, type KinesisServer, shardId, startKinesis } from './kinesis-server.js';
import {
  type Followed,
  followStream,
  polling,
  type ReadShard,
  subscribing,
} from './shard-follower.js';

let server: KinesisServer;
let client: sdk.KinesisClient;
beforeAll(async () => {
  server = await startKinesis();
  client = server.client;
});
afterAll(() => server.stop());

const producers = 3;
const requests = 40;
const recordsPerRequest = 20;
const total = producers * requests * recordsPerRequest;
const keys = 10;

/** Numbers per key; partition keys are `<producer>-<key>`, explicit about nothing. */
async function produce(StreamName: string, producer: number): Promise<Map<string, string[]>> {
  const numbers = new Map<string, string[]>();
  for (let i = 0; i < requests; i++) {
    const Records = Array.from({ length: recordsPerRequest }, (_, n) => ({
      PartitionKey: `${producer}-${n % keys}`,
      Data: new Uint8Array(10),
    }));
    const answer = await client.send(new sdk.PutRecordsCommand({ StreamName, Records }));
    if (answer.FailedRecordCount !== 0) throw new Error('records were refused');
    for (const [n, { SequenceNumber = '' }] of (answer.Records ?? []).entries()) {
      const key = Records[n]?.PartitionKey ?? '';
      numbers.set(key, [...(numbers.get(key) ?? []), SequenceNumber]);
    }
  }
  return numbers;
}

async function reshard(StreamName: string): Promise<void> {
  const quarter = 2n ** 126n;
  const split = (shard: number, at: bigint) =>
    client.send(
      new sdk.SplitShardCommand({
        StreamName,
        ShardToSplit: shardId(shard),
        NewStartingHashKey: at.toString(),
      }),
    );
  await split(0, quarter);
  await split(1, 3n * quarter);
  await client.send(
    new sdk.MergeShardsCommand({
      StreamName,
      ShardToMerge: shardId(3),
      AdjacentShardToMerge: shardId(4),
    }),
  );
  await client.send(
    new sdk.UpdateShardCountCommand({
      StreamName,
      TargetShardCount: 5,
      ScalingType: 'UNIFORM_SCALING',
    }),
  );
}

async function followWhileResharding(
  name: string,
  reader: (StreamName: string) => Promise<ReadShard>,
): Promise<void> {
  await client.send(new sdk.CreateStreamCommand({ StreamName: name, ShardCount: 2 }));
  const readShard = await reader(name);
  const following = followStream(client, name, readShard, ({ length }) => length >= total);
  const puts = Array.from({ length: producers }, (_, producer) => produce(name, producer));
  await reshard(name);
  const written = new Map((await Promise.all(puts)).flatMap((one) => [...one]));
  const records = await following;
  expect(records).toHaveLength(total);
  const read = new Map<string, string[]>();
  for (const { key, number } of records) read.set(key, [...(read.get(key) ?? []), number]);
  expect(read).toEqual(written);
  expect(shardsOf(records).size).toBeGreaterThan(2);
}

function shardsOf(records: readonly Followed[]): Set<string> {
  return new Set(records.map(({ shard }) => shard));
}

test(
  'by polling',
  () => followWhileResharding('polled', async (name) => polling(client, name)),
  60_000,
);

test('by subscribing', async () => {
  await followWhileResharding('subscribed', async (StreamName) => {
    const StreamARN = arnOf(StreamName);
    const ConsumerName = 'follower';
    const answer = await client.send(
      new sdk.RegisterStreamConsumerCommand({ StreamARN, ConsumerName }),
    );
    return subscribing(client, answer.Consumer?.ConsumerARN ?? '');
  });
}, 60_000);
