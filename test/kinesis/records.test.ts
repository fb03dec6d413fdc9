/** Records: put, routed, numbered, and read from every kind of place, through the AWS SDK. */

import { createHash } from 'node:crypto';
import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type FaceAlone,
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
async function newStream(ShardCount = 1): Promise<string> {
  const StreamName = `stream-${made++}`;
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount }));
  return StreamName;
}

const put = (StreamName: string, text: string, more: Partial<sdk.PutRecordInput> = {}) => {
  const record = { StreamName, PartitionKey: 'k', Data: Buffer.from(text), ...more };
  return client.send(new sdk.PutRecordCommand(record));
};

type Place = Omit<sdk.GetShardIteratorInput, 'ShardId' | 'StreamName'>;
async function iterator(StreamName: string, place: Place, shard = 0): Promise<string> {
  const command = new sdk.GetShardIteratorCommand({
    StreamName,
    ShardId: shardId(shard),
    ...place,
  });
  return (await client.send(command)).ShardIterator as string;
}
const read = (ShardIterator: string | undefined, Limit?: number) =>
  client.send(new sdk.GetRecordsCommand({ ShardIterator, ...(Limit && { Limit }) }));
const textsOf = ({ Records }: sdk.GetRecordsOutput) =>
  Records?.map(({ Data }) => Buffer.from(Data ?? []).toString());
const horizon = { ShardIteratorType: 'TRIM_HORIZON' } as const;

/** The shard of a stream whose ranges are even. */
function expectedShard(PartitionKey: string, count: number): number {
  const hash = BigInt(`0x${createHash('md5').update(PartitionKey).digest('hex')}`);
  const shard = Number(hash / (2n ** 128n / BigInt(count)));
  return Math.min(shard, count - 1);
}

describe('putting', () => {
  test('a key goes to the shard that holds its MD5; an explicit hash key decides for it', async () => {
    const StreamName = await newStream(3);
    for (const PartitionKey of ['a', 'b', 'ü', 'key-1', '😀']) {
      const { ShardId } = await put(StreamName, 'x', { PartitionKey });
      expect(ShardId).toBe(shardId(expectedShard(PartitionKey, 3)));
    }
    const last = (2n ** 128n - 1n).toString();
    expect((await put(StreamName, 'x', { ExplicitHashKey: last })).ShardId).toBe(shardId(2));
    expect((await put(StreamName, 'x', { ExplicitHashKey: '0' })).ShardId).toBe(shardId(0));
    const beyond = put(StreamName, 'x', { ExplicitHashKey: (2n ** 128n).toString() });
    expect(await failureOf(beyond)).toEqual([
      'InvalidArgumentException',
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${2n ** 128n}`,
    ]);
  });

  test('many records are answered in their order, with rising numbers per shard', async () => {
    const StreamName = await newStream(4);
    const Records = Array.from({ length: 500 }, (_, i) => ({
      PartitionKey: `key-${i}`,
      Data: Buffer.from(`${i}`),
    }));
    const answer = await client.send(new sdk.PutRecordsCommand({ StreamName, Records }));
    expect([answer.FailedRecordCount, answer.Records?.length]).toEqual([0, 500]);
    const last = new Map<string, bigint>();
    for (const [i, { ShardId = '', SequenceNumber = '0' }] of (answer.Records ?? []).entries()) {
      expect(ShardId).toBe(shardId(expectedShard(`key-${i}`, 4)));
      expect(BigInt(SequenceNumber) > (last.get(ShardId) ?? 0n)).toBe(true);
      last.set(ShardId, BigInt(SequenceNumber));
    }
    const found: string[] = [];
    for (let shard = 0; shard < 4; shard++) {
      const answered = await read(await iterator(StreamName, horizon, shard));
      for (const { PartitionKey = '', Data = [], SequenceNumber } of answered.Records ?? []) {
        const text = Buffer.from(Data).toString();
        expect(PartitionKey).toBe(`key-${text}`);
        expect(SequenceNumber).toBe(answer.Records?.[Number(text)]?.SequenceNumber);
        found.push(text);
      }
    }
    expect(found.map(Number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
  });

  test('data is kept byte for byte, none too', async () => {
    const StreamName = await newStream();
    const all = new Uint8Array(256).map((_, i) => i);
    await client.send(new sdk.PutRecordCommand({ StreamName, PartitionKey: 'k', Data: all }));
    await client.send(
      new sdk.PutRecordCommand({ StreamName, PartitionKey: 'k', Data: new Uint8Array(0) }),
    );
    const { Records } = await read(await iterator(StreamName, horizon));
    expect(Records?.map(({ Data }) => Buffer.from(Data ?? [1]))).toEqual([
      Buffer.from(all),
      Buffer.alloc(0),
    ]);
  });

  test('a number to order after must be one that was given', async () => {
    const StreamName = await newStream();
    const first = await put(StreamName, 'one');
    const second = await put(StreamName, 'two', {
      SequenceNumberForOrdering: first.SequenceNumber,
    });
    expect(BigInt(second.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0)).toBe(true);
    const wrong = put(StreamName, 'x', { SequenceNumberForOrdering: '5' });
    expect(await failureOf(wrong)).toEqual([
      'InvalidArgumentException',
      `ExclusiveMinimumSequenceNumber 5 used in PutRecord on stream ${StreamName} under account 000000000000 is invalid.`,
    ]);
  });

  test('records are as large as the stream allows, requests 10 MiB', async () => {
    const StreamName = await newStream();
    const MiB = 1024 * 1024;
    const largest = { PartitionKey: 'k', Data: new Uint8Array(MiB - 1) };
    await client.send(new sdk.PutRecordCommand({ StreamName, ...largest }));
    const tooLarge = { StreamName, PartitionKey: 'kk', Data: new Uint8Array(MiB - 1) };
    expect((await failureOf(client.send(new sdk.PutRecordCommand(tooLarge))))[0]).toBe(
      'InvalidArgumentException',
    );
    const many = (count: number) =>
      client.send(new sdk.PutRecordsCommand({ StreamName, Records: Array(count).fill(largest) }));
    expect((await many(10)).FailedRecordCount).toBe(0);
    expect(await failureOf(many(11))).toEqual([
      'InvalidArgumentException',
      'Records size exceeds 10 MB limit',
    ]);
    const answer = await read(await iterator(StreamName, horizon));
    // Whole batches: the one that would make it too long waits.
    expect(answer.Records).toHaveLength(1);
    expect((await read(answer.NextShardIterator)).Records).toHaveLength(10);
  });

  test('a stream that is not there takes nothing, one made anew does', async () => {
    const StreamName = await newStream();
    await put(StreamName, 'x');
    await client.send(new sdk.DeleteStreamCommand({ StreamName }));
    expect(await failureOf(put(StreamName, 'x'))).toEqual([
      'ResourceNotFoundException',
      `Stream ${StreamName} under account 000000000000 not found.`,
    ]);
    await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await put(StreamName, 'new');
    expect(textsOf(await read(await iterator(StreamName, horizon)))).toEqual(['new']);
  });
});

describe('reading', () => {
  test('from each kind of place', async () => {
    const StreamName = await newStream();
    const first = await put(StreamName, 'one');
    const SequenceNumber = first.SequenceNumber as string;
    const latest = await iterator(StreamName, { ShardIteratorType: 'LATEST' });
    await put(StreamName, 'two');
    const from = async (place: Place) => textsOf(await read(await iterator(StreamName, place)));
    const numbered = { StartingSequenceNumber: SequenceNumber };
    expect(await from(horizon)).toEqual(['one', 'two']);
    expect(textsOf(await read(latest))).toEqual(['two']);
    expect(await from({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', ...numbered })).toEqual([
      'one',
      'two',
    ]);
    expect(await from({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', ...numbered })).toEqual([
      'two',
    ]);
    const { Shards } = await client.send(new sdk.ListShardsCommand({ StreamName }));
    const StartingSequenceNumber = Shards?.[0]?.SequenceNumberRange?.StartingSequenceNumber;
    for (const type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'] as const) {
      expect(await from({ ShardIteratorType: type, StartingSequenceNumber })).toEqual([
        'one',
        'two',
      ]);
    }
    const { Records } = await read(await iterator(StreamName, horizon));
    const Timestamp = Records?.[1]?.ApproximateArrivalTimestamp;
    const since = await from({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp });
    expect(since?.at(-1)).toBe('two');
    expect(await from({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(1000) })).toEqual([
      'one',
      'two',
    ]);
  });

  test('as many as asked, each time with another iterator', async () => {
    const StreamName = await newStream();
    for (const text of ['a', 'b', 'c']) await put(StreamName, text);
    const start = await iterator(StreamName, horizon);
    const first = await read(start, 2);
    expect(textsOf(first)).toEqual(['a', 'b']);
    const second = await read(first.NextShardIterator, 2);
    expect(textsOf(second)).toEqual(['c']);
    const third = await read(second.NextShardIterator);
    expect([textsOf(third), third.MillisBehindLatest]).toEqual([[], 0]);
    const again = await read(third.NextShardIterator);
    expect(again.NextShardIterator).not.toBe(third.NextShardIterator);
    expect(again.ChildShards).toBeUndefined();
    expect(textsOf(await read(`"${start}"`))).toEqual(['a', 'b', 'c']);
  });

  test('shard ids have aliases', async () => {
    const StreamName = await newStream(2);
    for (const ShardId of ['shardId-000000000001', 'shardId-1', 'any-1', '1']) {
      const command = new sdk.GetShardIteratorCommand({ StreamName, ShardId, ...horizon });
      expect((await client.send(command)).ShardIterator).toBeDefined();
    }
  });
});

describe('positions that make no sense', () => {
  const number = '49590338271490256608559692538361571095921575989136588898';
  const must =
    'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified';
  const cases: [place: Place, message: string][] = [
    [
      { ...horizon, StartingSequenceNumber: number },
      `${must} TRIM_HORIZON and also a StartingSequenceNumber.`,
    ],
    [
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER' },
      `${must} AT_SEQUENCE_NUMBER and no StartingSequenceNumber.`,
    ],
    [
      { ShardIteratorType: 'AT_TIMESTAMP' },
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.',
    ],
    [
      { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: number },
      'Invalid StartingSequenceNumber. It encodes shardId-000000000006, while it was used in a call to a shard with shardId-000000000000',
    ],
    [
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '5' },
      'StartingSequenceNumber 5 used in GetShardIterator on shard shardId-000000000000 in stream positions under account 000000000000 is invalid.',
    ],
    [
      {
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: '49546986683135544286507457936321625675700192471156785154',
      },
      'StartingSequenceNumber 49546986683135544286507457936321625675700192471156785154 used in GetShardIterator on shard shardId-000000000000 in stream positions under account 000000000000 is invalid because it did not come from this stream.',
    ],
  ];
  let face: FaceAlone;
  beforeAll(async () => {
    face = faceAlone();
    await face.call('CreateStream', { StreamName: 'positions', ShardCount: 1 });
  });
  test.each(cases)('%j', async (place, message) => {
    const input = { StreamName: 'positions', ShardId: '0', ...place };
    const { json } = await face.call('GetShardIterator', input);
    expect(json).toEqual({ __type: 'InvalidArgumentException', message });
  });

  test('a time to come', async () => {
    const place = { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: Date.now() / 1000 + 3600 };
    const { json } = await face.call('GetShardIterator', {
      StreamName: 'positions',
      ShardId: '0',
      ...place,
    });
    expect(json.message).toMatch(
      /^The timestampInMillis parameter cannot be greater than the currentTimestampInMillis\./,
    );
  });

  test('shards that are not there', async () => {
    const ask = async (StreamName: string, ShardId: string) => {
      const { json } = await face.call('GetShardIterator', { StreamName, ShardId, ...horizon });
      return json;
    };
    const __type = 'ResourceNotFoundException';
    expect(await ask('positions', 'x')).toEqual({
      __type,
      message: 'Could not find shard x in stream positions under account 000000000000.',
    });
    const message =
      'Shard shardId-000000000005 in stream positions under account 000000000000 does not exist';
    expect(await ask('positions', '5')).toEqual({ __type, message });
    expect(await ask('nope', '5')).toEqual({
      __type,
      message: message.replace('positions', 'nope'),
    });
  });
});

test('an iterator expires after five minutes', async () => {
  const face = faceAlone();
  await face.call('CreateStream', { StreamName: 's', ShardCount: 1 });
  const place = { StreamName: 's', ShardId: '0', ...horizon };
  const { json } = await face.call('GetShardIterator', place);
  face.advance(301_000);
  const answer = await face.call('GetRecords', json);
  expect(answer.json.__type).toBe('ExpiredIteratorException');
});

test('a reader that lags is told by how much', async () => {
  const face = faceAlone();
  await face.call('CreateStream', { StreamName: 's', ShardCount: 1 });
  const record = { StreamName: 's', PartitionKey: 'k', Data: '' };
  await face.call('PutRecord', record);
  await face.call('PutRecord', record);
  face.advance(60_000);
  const { json } = await face.call('GetShardIterator', {
    StreamName: 's',
    ShardId: '0',
    ...horizon,
  });
  const first = await face.call('GetRecords', { ...json, Limit: 1 });
  expect(first.json.MillisBehindLatest).toBeGreaterThanOrEqual(60_000);
  const { NextShardIterator: ShardIterator } = first.json;
  expect((await face.call('GetRecords', { ShardIterator })).json.MillisBehindLatest).toBe(0);
});

test('a reader whose records were deleted goes on with the oldest that are left', async () => {
  const face = faceAlone();
  await face.call('CreateStream', { StreamName: 's', ShardCount: 1 });
  for (const key of ['a', 'b', 'c']) {
    await face.call('PutRecord', { StreamName: 's', PartitionKey: key, Data: '' });
  }
  const { json } = await face.call('GetShardIterator', {
    StreamName: 's',
    ShardId: '0',
    ...horizon,
  });
  await face.broker.trim(await face.broker.topics.partition('s', 0), 2);
  const answer = await face.call('GetRecords', json);
  expect(answer.json.Records.map(({ PartitionKey }: sdk._Record) => PartitionKey)).toEqual(['c']);
});
