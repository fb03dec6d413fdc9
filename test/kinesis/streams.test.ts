/** Streams, their settings and their tags, through the AWS SDK as it comes. */

import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arnOf, failureOf, type KinesisServer, shardId, startKinesis } from './kinesis-server.js';

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
const describeStream = async (StreamName: string) => {
  const answer = await client.send(new sdk.DescribeStreamSummaryCommand({ StreamName }));
  return answer.StreamDescriptionSummary;
};

describe('a stream', () => {
  test('is made, waited for, described, and gone once deleted', async () => {
    const StreamName = await newStream(3);
    await sdk.waitUntilStreamExists({ client, maxWaitTime: 20 }, { StreamName });
    const { StreamDescription: described } = await client.send(
      new sdk.DescribeStreamCommand({ StreamName }),
    );
    expect(described).toMatchObject({
      StreamName,
      StreamARN: arnOf(StreamName),
      StreamStatus: 'ACTIVE',
      RetentionPeriodHours: 24,
      EncryptionType: 'NONE',
      HasMoreShards: false,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    });
    expect(described?.Shards?.map(({ ShardId }) => ShardId)).toEqual([0, 1, 2].map(shardId));
    expect(described?.Shards?.[1]?.HashKeyRange).toEqual({
      StartingHashKey: '113427455640312821154458202477256070485',
      EndingHashKey: '226854911280625642308916404954512140969',
    });
    await client.send(new sdk.DeleteStreamCommand({ StreamName }));
    await sdk.waitUntilStreamNotExists({ client, maxWaitTime: 20 }, { StreamName });
    expect(await failureOf(client.send(new sdk.DeleteStreamCommand({ StreamName })))).toEqual([
      'ResourceNotFoundException',
      `Stream ${StreamName} under account 000000000000 not found.`,
    ]);
  });

  test('is made once', async () => {
    const StreamName = await newStream();
    const again = client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 1 }));
    expect(await failureOf(again)).toEqual([
      'ResourceInUseException',
      `Stream ${StreamName} under account 000000000000 already exists.`,
    ]);
  });

  test('has no id, by which the SDKs would leave their endpoint', async () => {
    const described = await describeStream(await newStream());
    expect(described).not.toHaveProperty('StreamId');
  });

  test('on demand begins with four shards', async () => {
    const StreamName = `on-demand-${made++}`;
    await client.send(
      new sdk.CreateStreamCommand({
        StreamName,
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        Tags: { team: 'a' },
        MaxRecordSizeInKiB: 2048,
      }),
    );
    expect(await describeStream(StreamName)).toMatchObject({
      OpenShardCount: 4,
      ConsumerCount: 0,
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      MaxRecordSizeInKiB: 2048,
    });
    const limits = await client.send(new sdk.DescribeLimitsCommand({}));
    expect(limits.OnDemandStreamCount).toBeGreaterThan(0);
    expect(limits.OpenShardCount).toBeGreaterThanOrEqual(4);
  });

  test('is meant by name, by ARN, or by both', async () => {
    const StreamName = await newStream();
    const StreamARN = arnOf(StreamName);
    for (const named of [{ StreamName }, { StreamARN }, { StreamName, StreamARN }]) {
      const answer = await client.send(new sdk.DescribeStreamCommand(named));
      expect(answer.StreamDescription?.StreamName).toBe(StreamName);
    }
    const torn = { StreamName: 'other', StreamARN };
    expect(await failureOf(client.send(new sdk.DescribeStreamCommand(torn)))).toEqual([
      'InvalidArgumentException',
      `StreamName other and StreamARN ${StreamARN} name different streams.`,
    ]);
    const [name] = await failureOf(client.send(new sdk.DescribeStreamCommand({})));
    expect(name).toBe('InvalidArgumentException');
  });

  test('shows its shards in pages', async () => {
    const StreamName = await newStream(5);
    const page = (Limit: number, after?: number) =>
      client.send(
        new sdk.DescribeStreamCommand({
          StreamName,
          Limit,
          ...(after !== undefined && { ExclusiveStartShardId: shardId(after) }),
        }),
      );
    const first = (await page(2)).StreamDescription;
    expect(first?.Shards?.map(({ ShardId }) => ShardId)).toEqual([0, 1].map(shardId));
    expect(first?.HasMoreShards).toBe(true);
    const last = (await page(3, 1)).StreamDescription;
    expect(last?.Shards?.map(({ ShardId }) => ShardId)).toEqual([2, 3, 4].map(shardId));
    expect(last?.HasMoreShards).toBe(false);
  });

  test('with consumers is deleted only on purpose', async () => {
    const StreamName = await newStream();
    const ConsumerName = 'reader';
    await client.send(
      new sdk.RegisterStreamConsumerCommand({ StreamARN: arnOf(StreamName), ConsumerName }),
    );
    const [name] = await failureOf(client.send(new sdk.DeleteStreamCommand({ StreamName })));
    expect(name).toBe('ResourceInUseException');
    await client.send(new sdk.DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
  });
});

test('streams are listed page after page', async () => {
  const names = [];
  for (let i = 0; i < 5; i++) names.push(await newStream());
  const listed: string[] = [];
  for await (const page of sdk.paginateListStreams({ client, pageSize: 2 }, {})) {
    expect(page.StreamNames?.length).toBeLessThanOrEqual(2);
    expect(page.StreamSummaries?.map(({ StreamName }) => StreamName)).toEqual(page.StreamNames);
    listed.push(...(page.StreamNames ?? []));
  }
  expect(listed).toEqual(expect.arrayContaining(names));
  expect(listed).toEqual([...new Set(listed)].sort());
  const after = await client.send(
    new sdk.ListStreamsCommand({ ExclusiveStartStreamName: listed.at(-2), Limit: 1 }),
  );
  expect([after.StreamNames, after.HasMoreStreams]).toEqual([[listed.at(-1)], false]);
});

describe('settings', () => {
  test('retention goes up and down between a day and a year', async () => {
    const StreamName = await newStream();
    const increase = (RetentionPeriodHours: number) =>
      client.send(
        new sdk.IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }),
      );
    const decrease = (RetentionPeriodHours: number) =>
      client.send(
        new sdk.DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }),
      );
    await increase(8760);
    expect((await describeStream(StreamName))?.RetentionPeriodHours).toBe(8760);
    await decrease(48);
    expect((await describeStream(StreamName))?.RetentionPeriodHours).toBe(48);
    expect(await failureOf(increase(47))).toEqual([
      'InvalidArgumentException',
      `Requested retention period (47 hours) for stream ${StreamName} can not be shorter than existing retention period (48 hours). Use DecreaseRetentionPeriod API.`,
    ]);
    expect(await failureOf(decrease(49))).toEqual([
      'InvalidArgumentException',
      `Requested retention period (49 hours) for stream ${StreamName} can not be longer than existing retention period (48 hours). Use IncreaseRetentionPeriod API.`,
    ]);
    expect(await failureOf(decrease(23))).toEqual([
      'InvalidArgumentException',
      'Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.',
    ]);
    expect((await failureOf(increase(8761)))[0]).toBe('InvalidArgumentException');
  });

  test('mode, record size and throughput are kept', async () => {
    const StreamName = await newStream();
    const StreamARN = arnOf(StreamName);
    const StreamModeDetails = { StreamMode: 'ON_DEMAND' } as const;
    await client.send(new sdk.UpdateStreamModeCommand({ StreamARN, StreamModeDetails }));
    await client.send(new sdk.UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 4096 }));
    const warm = await client.send(
      new sdk.UpdateStreamWarmThroughputCommand({ StreamName, WarmThroughputMiBps: 50 }),
    );
    expect(warm).toMatchObject({ StreamName, WarmThroughput: { TargetMiBps: 50 } });
    expect(await describeStream(StreamName)).toMatchObject({
      StreamModeDetails,
      MaxRecordSizeInKiB: 4096,
      WarmThroughput: { TargetMiBps: 50, CurrentMiBps: 50 },
    });
  });

  test('encryption is shown, on the stream and on its records', async () => {
    const StreamName = await newStream();
    const key = { StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' } as const;
    await client.send(new sdk.StartStreamEncryptionCommand(key));
    expect(await describeStream(StreamName)).toMatchObject({
      EncryptionType: 'KMS',
      KeyId: key.KeyId,
    });
    const record = { StreamName, PartitionKey: 'a', Data: new Uint8Array(1) };
    const put = await client.send(new sdk.PutRecordCommand(record));
    expect(put.EncryptionType).toBe('KMS');
    await client.send(new sdk.StopStreamEncryptionCommand(key));
    const after = await describeStream(StreamName);
    expect([after?.EncryptionType, after?.KeyId]).toEqual(['NONE', undefined]);
  });

  test('metrics are switched on and off', async () => {
    const StreamName = await newStream();
    const on = await client.send(
      new sdk.EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['ALL'] }),
    );
    expect([on.CurrentShardLevelMetrics, on.DesiredShardLevelMetrics?.length]).toEqual([[], 7]);
    const off = await client.send(
      new sdk.DisableEnhancedMonitoringCommand({
        StreamName,
        ShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'],
      }),
    );
    expect(off.DesiredShardLevelMetrics).toHaveLength(5);
    expect(off).toMatchObject({ StreamName, StreamARN: arnOf(StreamName) });
  });

  test('the account commits to nothing', async () => {
    const settings = await client.send(new sdk.DescribeAccountSettingsCommand({}));
    const off = { MinimumThroughputBillingCommitment: { Status: 'DISABLED' as const } };
    expect(settings).toMatchObject(off);
    expect(await client.send(new sdk.UpdateAccountSettingsCommand(off))).toMatchObject(off);
    const on = { MinimumThroughputBillingCommitment: { Status: 'ENABLED' as const } };
    const [name] = await failureOf(client.send(new sdk.UpdateAccountSettingsCommand(on)));
    expect(name).toBe('InvalidArgumentException');
  });

  test('a policy is kept to the letter', async () => {
    const ResourceARN = arnOf(await newStream());
    const get = () => client.send(new sdk.GetResourcePolicyCommand({ ResourceARN }));
    expect((await failureOf(get()))[0]).toBe('ResourceNotFoundException');
    const Policy = '{ "Version": "2012-10-17",\n "Statement": [] }';
    await client.send(new sdk.PutResourcePolicyCommand({ ResourceARN, Policy }));
    expect((await get()).Policy).toBe(Policy);
    await client.send(new sdk.DeleteResourcePolicyCommand({ ResourceARN }));
    expect((await failureOf(get()))[0]).toBe('ResourceNotFoundException');
    const bad = client.send(new sdk.PutResourcePolicyCommand({ ResourceARN, Policy: 'x' }));
    expect((await failureOf(bad))[0]).toBe('InvalidArgumentException');
  });
});

describe('tags', () => {
  test('of a stream, by both families', async () => {
    const StreamName = await newStream();
    const ResourceARN = arnOf(StreamName);
    await client.send(
      new sdk.AddTagsToStreamCommand({ StreamName, Tags: { b: '2', a: '1', ä: '' } }),
    );
    await client.send(new sdk.TagResourceCommand({ ResourceARN, Tags: { c: '3', a: '4' } }));
    const all = [
      { Key: 'a', Value: '4' },
      { Key: 'b', Value: '2' },
      { Key: 'c', Value: '3' },
      { Key: 'ä', Value: '' },
    ];
    const byArn = await client.send(new sdk.ListTagsForResourceCommand({ ResourceARN }));
    expect(byArn.Tags).toEqual(all);
    const page = await client.send(
      new sdk.ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: 'a', Limit: 2 }),
    );
    expect([page.Tags, page.HasMoreTags]).toEqual([all.slice(1, 3), true]);
    await client.send(new sdk.RemoveTagsFromStreamCommand({ StreamName, TagKeys: ['a', 'zzz'] }));
    await client.send(new sdk.UntagResourceCommand({ ResourceARN, TagKeys: ['b'] }));
    const left = await client.send(new sdk.ListTagsForStreamCommand({ StreamName }));
    expect(left.Tags).toEqual(all.slice(2));
  });

  test('are fifty at most, of characters that AWS takes', async () => {
    const StreamName = await newStream();
    const add = (Tags: Record<string, string>) =>
      client.send(new sdk.AddTagsToStreamCommand({ StreamName, Tags }));
    await add(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, ''])));
    await add({ k0: 'again' });
    expect(await failureOf(add({ more: '' }))).toEqual([
      'InvalidArgumentException',
      `Failed to add tags to stream ${StreamName} under account 000000000000 because a given stream cannot have more than 50 tags associated with it.`,
    ]);
    expect(await failureOf(add({ 'a#': '' }))).toEqual([
      'InvalidArgumentException',
      'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.',
    ]);
  });
});
