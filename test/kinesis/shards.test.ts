/** Shards that are split, merged and made even, and lists of them as of some moment. */

import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  faceAlone,
  failureOf,
  type KinesisServer,
  shardId,
  startKinesis,
} from './kinesis-server.js';

let server: KinesisServer;
let client: sdk.KinesisClient;
beforeAll(async () => {
  server = await startKinesis();
  client = server.client;
});
afterAll(() => server.stop());

let made = 0;
async function newStream(ShardCount: number): Promise<string> {
  const StreamName = `stream-${made++}`;
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount }));
  return StreamName;
}

const split = (StreamName: string, shard: number, at: bigint) =>
  client.send(
    new sdk.SplitShardCommand({
      StreamName,
      ShardToSplit: shardId(shard),
      NewStartingHashKey: at.toString(),
    }),
  );
const merge = (StreamName: string, one: number, other: number) =>
  client.send(
    new sdk.MergeShardsCommand({
      StreamName,
      ShardToMerge: shardId(one),
      AdjacentShardToMerge: shardId(other),
    }),
  );
const list = async (input: sdk.ListShardsInput) =>
  (await client.send(new sdk.ListShardsCommand(input))).Shards ?? [];
const idsOf = (shards: readonly sdk.Shard[]) => shards.map(({ ShardId }) => ShardId);
const isOpen = ({ SequenceNumberRange }: sdk.Shard) =>
  SequenceNumberRange?.EndingSequenceNumber === undefined;
const middle = 2n ** 127n;

function expectWhole(shards: readonly sdk.Shard[]): void {
  const ranges = shards
    .filter(isOpen)
    .map(({ HashKeyRange: range }) => [
      BigInt(range?.StartingHashKey ?? -1),
      BigInt(range?.EndingHashKey ?? -1),
    ])
    .sort(([a = 0n], [b = 0n]) => (a < b ? -1 : 1));
  let next = 0n;
  for (const [start, end = 0n] of ranges) {
    expect(start).toBe(next);
    next = end + 1n;
  }
  expect(next).toBe(2n ** 128n);
}

const scale = (StreamName: string, TargetShardCount: number) =>
  client.send(
    new sdk.UpdateShardCountCommand({
      StreamName,
      TargetShardCount,
      ScalingType: 'UNIFORM_SCALING',
    }),
  );

test('a split closes the parent; its children share the range', async () => {
  const StreamName = await newStream(1);
  await split(StreamName, 0, middle);
  const [parent, low, high] = await list({ StreamName });
  expect(parent && isOpen(parent)).toBe(false);
  expect(low).toMatchObject({ ShardId: shardId(1), ParentShardId: shardId(0) });
  expect(low).not.toHaveProperty('AdjacentParentShardId');
  expect(high?.HashKeyRange?.StartingHashKey).toBe(middle.toString());
  const range = parent?.SequenceNumberRange;
  const born = low?.SequenceNumberRange?.StartingSequenceNumber ?? 0;
  expect(BigInt(born) > BigInt(range?.EndingSequenceNumber ?? 0)).toBe(true);
});

test('a merge joins neighbours, named in either order', async () => {
  for (const [one, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const StreamName = await newStream(2);
    await merge(StreamName, one, other);
    const shards = await list({ StreamName });
    expect(shards[2]).toMatchObject({
      ShardId: shardId(2),
      ParentShardId: shardId(0),
      AdjacentParentShardId: shardId(1),
    });
    expectWhole(shards);
  }
});

describe('what cannot be', () => {
  test('a split at the ends of a range', async () => {
    const StreamName = await newStream(1);
    const last = 2n ** 128n - 1n;
    for (const at of [0n, 1n, last]) {
      expect(await failureOf(split(StreamName, 0, at))).toEqual([
        'InvalidArgumentException',
        `NewStartingHashKey ${at} used in SplitShard() on shard shardId-000000000000 in stream ${StreamName} under account 000000000000 is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey ${last}.`,
      ]);
    }
  });

  test('a merge of shards that are no neighbours, or of closed ones', async () => {
    const StreamName = await newStream(3);
    expect(await failureOf(merge(StreamName, 0, 2))).toEqual([
      'InvalidArgumentException',
      `Shards shardId-000000000000 and shardId-000000000002 in stream ${StreamName} under account 000000000000 are not an adjacent pair of shards eligible for merging`,
    ]);
    await merge(StreamName, 0, 1);
    expect((await failureOf(merge(StreamName, 0, 1)))[0]).toBe('InvalidArgumentException');
    expect((await failureOf(split(StreamName, 1, middle)))[0]).toBe('InvalidArgumentException');
    expect(await failureOf(split(StreamName, 9, middle))).toEqual([
      'ResourceNotFoundException',
      `Could not find shard shardId-000000000009 in stream ${StreamName} under account 000000000000.`,
    ]);
  });

  test('more shards than a lineage holds', async () => {
    expect(await failureOf(scale(await newStream(600), 1_200))).toEqual([
      'LimitExceededException',
      expect.stringMatching(/shard limit.*closed ones counted in: 600. Limit: 1000/),
    ]);
  });

  test.each([
    [1, 3, 'up over double'],
    [5, 11, 'up over double'],
    [4, 1, 'down below half'],
    [5, 2, 'down below half'],
  ])('%i shards scaled to %i at once', async (from, to, what) => {
    expect(await failureOf(scale(await newStream(from), to))).toEqual([
      'LimitExceededException',
      `UpdateShardCount cannot scale ${what} your current open shard count. Current open shard count: ${from} Target shard count: ${to}`,
    ]);
  });

  test('any of that with a stream on demand', async () => {
    const StreamName = `on-demand-${made++}`;
    const StreamModeDetails = { StreamMode: 'ON_DEMAND' } as const;
    await client.send(new sdk.CreateStreamCommand({ StreamName, StreamModeDetails }));
    for (const call of [
      split(StreamName, 0, 1000n),
      merge(StreamName, 0, 1),
      scale(StreamName, 8),
    ]) {
      expect(await failureOf(call)).toEqual([
        'ValidationException',
        `Request is invalid. Stream ${StreamName} under account 000000000000 is in On-Demand mode.`,
      ]);
    }
    expect(await list({ StreamName })).toHaveLength(4);
  });
});

test.each([
  [1, 2],
  [2, 4],
  [4, 2],
  [3, 5],
  [5, 3],
  [7, 4],
  [4, 8],
])('%i shards become %i even ones', async (from, TargetShardCount) => {
  const StreamName = await newStream(from);
  const answer = await scale(StreamName, TargetShardCount);
  expect(answer).toMatchObject({ StreamName, CurrentShardCount: from, TargetShardCount });
  const shards = await list({ StreamName });
  expectWhole(shards);
  const even = await list({ StreamName: await newStream(TargetShardCount) });
  const ranges = (all: readonly sdk.Shard[]) =>
    all.filter(isOpen).map(({ HashKeyRange }) => HashKeyRange?.StartingHashKey);
  expect(ranges(shards).sort()).toEqual(ranges(even).sort());
});

describe('lists', () => {
  test('go on where they were, with the token alone', async () => {
    const StreamName = await newStream(5);
    const ids: (string | undefined)[] = [];
    const filter = { Type: 'AT_LATEST' } as const;
    let answer = await client.send(
      new sdk.ListShardsCommand({ StreamName, MaxResults: 2, ShardFilter: filter }),
    );
    ids.push(...idsOf(answer.Shards ?? []));
    while (answer.NextToken !== undefined) {
      const { NextToken } = answer;
      answer = await client.send(new sdk.ListShardsCommand({ NextToken, MaxResults: 2 }));
      ids.push(...idsOf(answer.Shards ?? []));
    }
    expect(ids).toEqual([0, 1, 2, 3, 4].map(shardId));
    expect(await failureOf(list({}))).toEqual([
      'InvalidArgumentException',
      'Either NextToken or StreamName should be provided.',
    ]);
    expect(await failureOf(list({ StreamName, NextToken: 'x' }))).toEqual([
      'InvalidArgumentException',
      'NextToken and StreamName cannot be provided together.',
    ]);
  });

  test('are of the shards that were there at a moment', async () => {
    const face = faceAlone();
    const StreamName = 's';
    await face.call('CreateStream', { StreamName, ShardCount: 2 });
    face.advance(10_000);
    const between = Date.now() / 1000 + 5;
    const ShardToSplit = shardId(0);
    const NewStartingHashKey = '1000';
    await face.call('SplitShard', { StreamName, ShardToSplit, NewStartingHashKey });
    face.advance(10_000);
    const wanted = async (ShardFilter: unknown) => {
      const { json } = await face.call('ListShards', { StreamName, ShardFilter });
      return json.Shards.map(({ ShardId }: { ShardId: string }) => Number(ShardId.slice(-2)));
    };
    expect(await wanted(undefined)).toEqual([0, 1, 2, 3]);
    expect(await wanted({ Type: 'AT_LATEST' })).toEqual([1, 2, 3]);
    expect(await wanted({ Type: 'AT_TRIM_HORIZON' })).toEqual([0, 1]);
    expect(await wanted({ Type: 'FROM_TRIM_HORIZON' })).toEqual([0, 1, 2, 3]);
    expect(await wanted({ Type: 'AT_TIMESTAMP', Timestamp: between })).toEqual([0, 1]);
    expect(await wanted({ Type: 'FROM_TIMESTAMP', Timestamp: between + 10 })).toEqual([1, 2, 3]);
    expect(await wanted({ Type: 'AFTER_SHARD_ID', ShardId: '1' })).toEqual([2, 3]);
    // Once the closed shard's records are too old, it is no shard to begin with.
    face.advance(25 * 3_600_000);
    expect(await wanted(undefined)).toEqual([1, 2, 3]);
    expect(await wanted({ Type: 'AT_TRIM_HORIZON' })).toEqual([1, 2, 3]);
  });
});
