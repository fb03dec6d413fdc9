/** Registered consumers, and their subscriptions over HTTP/2. */

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
async function newStream(): Promise<string> {
  const StreamName = `stream-${made++}`;
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 1 }));
  return StreamName;
}

async function newConsumer(StreamName: string, ConsumerName = 'reader'): Promise<string> {
  const StreamARN = arnOf(StreamName);
  const answer = await client.send(
    new sdk.RegisterStreamConsumerCommand({ StreamARN, ConsumerName }),
  );
  return answer.Consumer?.ConsumerARN as string;
}

const put = (StreamName: string, text: string) =>
  client.send(new sdk.PutRecordCommand({ StreamName, PartitionKey: 'k', Data: Buffer.from(text) }));

async function subscribe(ConsumerARN: string, position: sdk.StartingPosition) {
  const command = new sdk.SubscribeToShardCommand({
    ConsumerARN,
    ShardId: shardId(0),
    StartingPosition: position,
  });
  const { EventStream } = await client.send(command);
  const events = EventStream as AsyncIterable<sdk.SubscribeToShardEventStream>;
  return events[Symbol.asyncIterator]();
}

type Events = Awaited<ReturnType<typeof subscribe>>;

async function nextEvent(events: Events): Promise<sdk.SubscribeToShardEvent | undefined> {
  const { value } = await events.next();
  return value?.SubscribeToShardEvent;
}

const textsOf = (event: sdk.SubscribeToShardEvent | undefined) =>
  event?.Records?.map(({ Data }) => Buffer.from(Data ?? []).toString());

describe('a consumer', () => {
  test('is registered, described, listed, tagged and deregistered', async () => {
    const StreamName = await newStream();
    const StreamARN = arnOf(StreamName);
    const ConsumerARN = await newConsumer(StreamName);
    expect(ConsumerARN).toMatch(new RegExp(`^${StreamARN}/consumer/reader:\\d{10}$`));
    for (const named of [{ ConsumerARN }, { StreamARN, ConsumerName: 'reader' }]) {
      const answer = await client.send(new sdk.DescribeStreamConsumerCommand(named));
      expect(answer.ConsumerDescription).toMatchObject({
        ConsumerName: 'reader',
        ConsumerARN,
        ConsumerStatus: 'ACTIVE',
        StreamARN,
      });
    }
    await client.send(new sdk.TagResourceCommand({ ResourceARN: ConsumerARN, Tags: { a: 'b' } }));
    const tags = await client.send(
      new sdk.ListTagsForResourceCommand({ ResourceARN: ConsumerARN }),
    );
    expect(tags.Tags).toEqual([{ Key: 'a', Value: 'b' }]);
    await client.send(new sdk.UntagResourceCommand({ ResourceARN: ConsumerARN, TagKeys: ['a'] }));
    await client.send(new sdk.DeregisterStreamConsumerCommand({ ConsumerARN }));
    const gone = client.send(new sdk.DescribeStreamConsumerCommand({ ConsumerARN }));
    expect((await failureOf(gone))[0]).toBe('ResourceNotFoundException');
  });

  test('is registered once per stream', async () => {
    const StreamName = await newStream();
    await newConsumer(StreamName);
    expect(await failureOf(newConsumer(StreamName))).toEqual([
      'ResourceInUseException',
      `Consumer reader under stream ${StreamName} already exists for account 000000000000.`,
    ]);
  });

  test('is listed in pages', async () => {
    const StreamName = await newStream();
    for (const name of ['a', 'b', 'c']) await newConsumer(StreamName, name);
    const names: (string | undefined)[] = [];
    const input = { StreamARN: arnOf(StreamName) };
    for await (const page of sdk.paginateListStreamConsumers({ client, pageSize: 2 }, input)) {
      expect(page.Consumers?.length).toBeLessThanOrEqual(2);
      names.push(...(page.Consumers ?? []).map(({ ConsumerName }) => ConsumerName));
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });
});

describe('a subscription', () => {
  test('brings what is there, then what comes, and goes on where it was', async () => {
    const StreamName = await newStream();
    const ConsumerARN = await newConsumer(StreamName);
    await put(StreamName, 'one');
    const events = await subscribe(ConsumerARN, { Type: 'TRIM_HORIZON' });
    const first = await nextEvent(events);
    expect(textsOf(first)).toEqual(['one']);
    await put(StreamName, 'two');
    const second = await nextEvent(events);
    expect(textsOf(second)).toEqual(['two']);
    expect(second?.MillisBehindLatest).toBe(0);
    await events.return?.();
    const other = await newConsumer(StreamName, 'other');
    const SequenceNumber = first?.ContinuationSequenceNumber;
    const later = await subscribe(other, { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber });
    expect(textsOf(await nextEvent(later))).toEqual(['two']);
    await later.return?.();
  });

  test('at the tip hears of new records only, and of nothing in the meantime', async () => {
    const StreamName = await newStream();
    const ConsumerARN = await newConsumer(StreamName);
    await put(StreamName, 'old');
    const events = await subscribe(ConsumerARN, { Type: 'LATEST' });
    await put(StreamName, 'new');
    expect(textsOf(await nextEvent(events))).toEqual(['new']);
    await events.return?.();
  });

  test('ends with its shard, and names the children', async () => {
    const StreamName = await newStream();
    const ConsumerARN = await newConsumer(StreamName);
    await put(StreamName, 'last');
    const ShardToSplit = shardId(0);
    const NewStartingHashKey = (2n ** 127n).toString();
    await client.send(new sdk.SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }));
    const events = await subscribe(ConsumerARN, { Type: 'TRIM_HORIZON' });
    const event = await nextEvent(events);
    expect(textsOf(event)).toEqual(['last']);
    expect(event?.ContinuationSequenceNumber).toBeUndefined();
    expect(event?.ChildShards?.map(({ ShardId }) => ShardId)).toEqual([1, 2].map(shardId));
    expect((await events.next()).done).toBe(true);
  });

  test('is not taken over at once', async () => {
    const StreamName = await newStream();
    const ConsumerARN = await newConsumer(StreamName);
    await put(StreamName, 'one');
    const events = await subscribe(ConsumerARN, { Type: 'TRIM_HORIZON' });
    await nextEvent(events);
    const second = subscribe(ConsumerARN, { Type: 'TRIM_HORIZON' });
    expect((await failureOf(second))[0]).toBe('ResourceInUseException');
    await events.return?.();
  });

  test('of nobody, or of no shard, is refused before it begins', async () => {
    const StreamName = await newStream();
    const ConsumerARN = await newConsumer(StreamName);
    const nobody = ConsumerARN.replace('reader', 'nobody');
    const refused = [
      subscribe(nobody, { Type: 'LATEST' }),
      client.send(
        new sdk.SubscribeToShardCommand({
          ConsumerARN,
          ShardId: shardId(9),
          StartingPosition: { Type: 'LATEST' },
        }),
      ),
    ];
    for (const call of refused) {
      expect((await failureOf(call))[0]).toBe('ResourceNotFoundException');
    }
  });
});
