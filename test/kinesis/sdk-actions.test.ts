/**
 * Every command of the installed SDK is known, with every member of its input, and the newest ones do
 * what they say: channels, DryRun, records that the stream distributes (lib/kinesis/actions/channels.js).
 */

import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions } from '../../lib/kinesis/actions.js';
import { inputShapes } from '../../lib/kinesis/input-shapes.js';
import type { Shape, Shapes } from '../../lib/kinesis/shapes.js';
import { arnOf, failureOf, type KinesisServer, shardId, startKinesis } from './kinesis-server.js';

let server: KinesisServer;
let client: sdk.KinesisClient;
beforeAll(async () => {
  server = await startKinesis();
  client = server.client;
});
afterAll(() => server.stop());

const exported = sdk as unknown as Readonly<Record<string, unknown>>;
const commands = Object.keys(exported)
  .filter((name) => /^[A-Z]\w+Command$/.test(name))
  .map((name) => name.replace(/Command$/, ''));

describe('the installed SDK', () => {
  test('has no command that is not known here, and none is known that it has not', () => {
    expect(commands.length).toBeGreaterThanOrEqual(45);
    expect(Object.keys(actions).sort()).toEqual([...commands].sort());
    expect(Object.keys(inputShapes).sort()).toEqual([...commands].sort());
  });

  /** The names of a structure's members stand fifth in the SDK's own schemas, their types sixth. */
  type Structure = readonly [3, string, string, unknown, readonly string[], readonly unknown[]];

  const structureOf = (type: unknown): Structure | undefined => {
    const schema = typeof type === 'function' ? type() : type;
    if (!Array.isArray(schema)) return undefined;
    if (schema[0] === 3) return schema as unknown as Structure;
    // A list, by what it is a list of; or a member with traits of its own.
    return structureOf(schema[0] === 1 ? schema[4] : schema[0]);
  };

  function missing([, , name, , members, types]: Structure, shapes: Shapes): string[] {
    return members.flatMap((member, i) => {
      if (member === 'StreamId') return [];
      const shape: Shape | undefined = shapes[member];
      if (!shape) return [`${name}.${member}`];
      const inner = shape.kind === 'List' ? shape.member : shape;
      const structure = structureOf(types[i]);
      const isLookedInto = inner.kind === 'Structure' && Object.keys(inner.members).length > 0;
      return structure && isLookedInto ? missing(structure, inner.members) : [];
    });
  }

  test.each(commands)('%s has no member that is not known', (command) => {
    const schema = structureOf(exported[`${command}Input$`]);
    if (!schema) throw new Error(`the SDK has no schema for the input of ${command}`);
    // What a channel reads is not looked into.
    const unknown = missing(schema, inputShapes[command as keyof typeof inputShapes]);
    expect(
      unknown.filter((name) => name !== 'ChannelStreamConfiguration.RecordConfiguration'),
    ).toEqual([]);
  });
});

describe('channels', () => {
  test('cannot be made, so none is there', async () => {
    const ChannelARN = 'arn:aws:kinesis:us-east-1:000000000000:channel/c';
    expect(await client.send(new sdk.ListChannelsCommand({}))).toMatchObject({
      ChannelSummaries: [],
    });
    const make = new sdk.CreateChannelCommand({
      ChannelName: 'c',
      ServiceExecutionRoleARN: 'arn:aws:iam::000000000000:role/r',
      StreamConfigurationList: [
        { StreamARN: arnOf('s'), RecordConfiguration: { RecordFormatType: 'JSON' } },
      ],
    });
    expect(await failureOf(client.send(make))).toEqual([
      'InvalidArgumentException',
      expect.stringMatching(/^Channels are not supported/),
    ]);
    for (const call of [
      client.send(new sdk.DescribeChannelCommand({ ChannelARN })),
      client.send(new sdk.DeleteChannelCommand({ ChannelARN })),
      client.send(new sdk.UpdateChannelCommand({ ChannelARN })),
    ]) {
      expect(await failureOf(call)).toEqual([
        'ResourceNotFoundException',
        `Channel ${ChannelARN} not found.`,
      ]);
    }
  });
});

const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } } as const;
const Data = new Uint8Array([1]);

async function recordsOf(StreamName: string): Promise<sdk._Record[]> {
  const { Shards } = await client.send(new sdk.ListShardsCommand({ StreamName }));
  const read = (Shards ?? []).map(async ({ ShardId }) => {
    const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    const { ShardIterator } = await client.send(new sdk.GetShardIteratorCommand(from));
    return (await client.send(new sdk.GetRecordsCommand({ ShardIterator }))).Records ?? [];
  });
  return (await Promise.all(read)).flat();
}

const keyMissing = (path: string) => [
  'ValidationException',
  `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
];

describe('a stream that distributes records itself', () => {
  const put = (StreamName: string, entry: Partial<sdk.PutRecordsRequestEntry>, count: number) =>
    client.send(
      new sdk.PutRecordsCommand({
        StreamName,
        Records: Array.from({ length: count }, () => ({ Data, ...entry })) as never,
      }),
    );

  test('takes records without a key, and asks none where to put them', async () => {
    const StreamName = 'auto';
    const strategy = { RecordDistributionStrategy: 'AUTO' } as const;
    await client.send(new sdk.CreateStreamCommand({ StreamName, ...onDemand, ...strategy }));
    const { StreamDescriptionSummary } = await client.send(
      new sdk.DescribeStreamSummaryCommand({ StreamName }),
    );
    expect(StreamDescriptionSummary).toMatchObject(strategy);
    const { Records = [] } = await put(
      StreamName,
      { PartitionKey: 'one', ExplicitHashKey: '0' },
      200,
    );
    expect(new Set(Records.map(({ ShardId }) => ShardId)).size).toBe(4);
    await client.send(new sdk.PutRecordCommand({ StreamName, Data, PartitionKey: undefined }));
    const keys = (await recordsOf(StreamName)).map(({ PartitionKey }) => PartitionKey);
    expect(keys.sort()).toEqual(['-', ...Array.from({ length: 200 }, () => 'one')]);
  });

  test('goes by the key again when it is told so, or is no longer on demand', async () => {
    const StreamName = 'auto-and-back';
    const StreamARN = arnOf(StreamName);
    const tell = (RecordDistributionStrategy: sdk.RecordDistributionStrategy) =>
      client.send(
        new sdk.UpdateStreamRecordDistributionStrategyCommand({
          StreamARN,
          RecordDistributionStrategy,
        }),
      );
    await client.send(new sdk.CreateStreamCommand({ StreamName, ...onDemand }));
    expect(await failureOf(put(StreamName, {}, 2))).toEqual([
      'ValidationException',
      expect.stringMatching(/^2 validation errors detected: .*'records.1.member.partitionKey'/),
    ]);
    await tell('AUTO');
    await put(StreamName, {}, 1);
    await tell('USER_PARTITION_KEY');
    const one = new sdk.PutRecordCommand({ StreamName, Data, PartitionKey: undefined });
    expect(await failureOf(client.send(one))).toEqual(keyMissing('partitionKey'));
    await tell('AUTO');
    await client.send(
      new sdk.UpdateStreamModeCommand({
        StreamARN,
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
      }),
    );
    expect(await failureOf(client.send(one))).toEqual(keyMissing('partitionKey'));
    expect(await failureOf(tell('AUTO'))).toEqual([
      'InvalidArgumentException',
      expect.stringContaining('ON_DEMAND'),
    ]);
  });

  test('still minds what else is wrong, in the same words', async () => {
    const wrong = new sdk.PutRecordsCommand({
      StreamName: 'auto',
      Records: [
        { Data, PartitionKey: '' },
        { Data: undefined as never, PartitionKey: undefined },
      ],
    });
    const [name, text] = await failureOf(client.send(wrong));
    expect(name).toBe('ValidationException');
    for (const path of ['1.member.partitionKey', '2.member.data', '2.member.partitionKey']) {
      expect(text).toContain(`'records.${path}'`);
    }
  });
});

test('DryRun says whether it would have succeeded, and does nothing', async () => {
  const StreamName = 'dry';
  const [DryRun, StreamARN] = [true, arnOf(StreamName)];
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const place = { StreamName, ShardId: shardId(0), ShardIteratorType: 'TRIM_HORIZON' } as const;
  const { ShardIterator } = await client.send(new sdk.GetShardIteratorCommand(place));
  const named = { StreamARN, ConsumerName: 'c' };
  const { Consumer } = await client.send(new sdk.RegisterStreamConsumerCommand(named));
  const { ConsumerARN } = Consumer as sdk.Consumer;
  const entry = { PartitionKey: 'k', Data };
  const subscribe = {
    ...{ ConsumerARN, ShardId: shardId(0), DryRun },
    StartingPosition: { Type: 'LATEST' },
  } as const;
  for (const call of [
    client.send(new sdk.PutRecordCommand({ StreamName, ...entry, DryRun })),
    client.send(new sdk.PutRecordsCommand({ StreamName, Records: [entry], DryRun })),
    client.send(new sdk.GetShardIteratorCommand({ ...place, DryRun })),
    client.send(new sdk.GetRecordsCommand({ ShardIterator, DryRun })),
    client.send(new sdk.SubscribeToShardCommand(subscribe)),
    client.send(new sdk.SubscribeToShardCommand(subscribe)),
  ]) {
    expect((await failureOf(call))[0]).toBe('DryRunOperationException');
  }
  expect(await recordsOf(StreamName)).toEqual([]);
  const nowhere = new sdk.PutRecordCommand({ StreamName: 'nowhere', ...entry, DryRun });
  expect((await failureOf(client.send(nowhere)))[0]).toBe('ResourceNotFoundException');
});
