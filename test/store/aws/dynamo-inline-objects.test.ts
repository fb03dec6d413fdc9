/** Small objects as items: which commands go out, and what their replies become; and what lies where. */

import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import {
  createDynamoInlineObjects,
  type InlineObjects,
} from '../../../lib/store/aws/dynamo-inline-objects.js';
import { inlineShardKey, inlineShards } from '../../../lib/store/aws/items/inline-item.js';
import { createTieredObjects } from '../../../lib/store/aws/tiered-objects.js';
import { createMemoryObjects } from '../../../lib/store/memory/memory-store.js';

const dynamodb = mockClient(DynamoDBClient);
const client = new DynamoDBClient({ region: 'us-east-1' });
let objects: InlineObjects;
let nowMs: number;
const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `inline/2026112307/${uuid}`;
const Key = { pk: { S: '1/i/2026112307/0' }, sk: { S: uuid } };
const sent = () => dynamodb.calls().map(({ args: [command] }) => command.input);

type Values = Record<string, { readonly S: string }>;
const valuesOf = (input: unknown) =>
  (input as { ExpressionAttributeValues: Values }).ExpressionAttributeValues;

beforeEach(() => {
  dynamodb.reset();
  nowMs = Date.UTC(2026, 10, 23, 7, 30);
  objects = createDynamoInlineObjects(client, 'logs', () => nowMs);
});

const marker = { pk: { S: '1/i' }, sk: { S: '2026112307' } };

test('a put is one write, on the condition that there is none; the first of an hour marks it before', async () => {
  dynamodb.on(PutItemCommand).resolves({});
  expect(await objects.put(key, [Uint8Array.of(1), Uint8Array.of(2, 3)])).toBe('written');
  const Item = { ...Key, d: { B: Uint8Array.of(1, 2, 3) } };
  const ConditionExpression = 'attribute_not_exists(pk)';
  const put = { TableName: 'logs', Item, ConditionExpression };
  const mark = { TableName: 'logs', Item: marker };
  expect(sent()).toEqual([mark, put]);
  await objects.put(key, [Uint8Array.of(1, 2, 3)]);
  expect(sent()).toEqual([mark, put, put]);
});

test('a process that was stopped before the put marks the hour again after it', async () => {
  dynamodb
    .on(PutItemCommand)
    .resolvesOnce({})
    .callsFakeOnce(() => {
      nowMs += 2 * 3_600_000;
      return {};
    })
    .resolves({});
  await objects.put(key, [Uint8Array.of(1)]);
  const mark = { TableName: 'logs', Item: marker };
  expect(sent()).toMatchObject([mark, { Item: Key }, mark]);
});

test('an hour that was not marked takes no object', async () => {
  dynamodb.on(PutItemCommand).rejectsOnce(new Error('lost')).resolves({});
  const put = () => objects.put(key, [Uint8Array.of(1)]);
  const failed = await Promise.allSettled([put(), put()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(sent()).toHaveLength(1);
  await put();
  expect(sent()[1]).toEqual({ TableName: 'logs', Item: marker });
});

test('the hours are listed by one query, with what a page left out', async () => {
  const [seven, eight] = ['2026112307', '2026112308'].map((sk) => ({ sk: { S: sk } }));
  const first = { Items: [seven], LastEvaluatedKey: marker } as object;
  dynamodb
    .on(QueryCommand)
    .resolvesOnce(first)
    .resolves({ Items: [eight] } as object);
  expect(await objects.listPrefixes('inline/')).toEqual(['2026112307', '2026112308']);
  const query = {
    TableName: 'logs',
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: '1/i' } },
    ProjectionExpression: 'sk',
    ConsistentRead: true,
  };
  expect(sent()).toMatchObject([query, { ...query, ExclusiveStartKey: marker }]);
});

test('an hour is listed shard by shard, from where the last page ended', async () => {
  const other = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  const shard = { ExpressionAttributeValues: { ':pk': { S: '1/i/2026112307/7' } } };
  dynamodb
    .on(QueryCommand)
    .resolves({})
    .on(QueryCommand, shard, false)
    .resolves({ Items: [{ sk: { S: other } }] });
  const page = await objects.list('inline/2026112307/', 5, `inline/2026112307/6${other.slice(1)}`);
  expect(page).toEqual([`inline/2026112307/${other}`]);
  expect(sent().map((input) => valuesOf(input)[':pk'])).toEqual(
    [...'6789abcdef'].map((digit) => ({ S: `1/i/2026112307/${digit}` })),
  );
  expect(sent()[0]).toMatchObject({
    KeyConditionExpression: 'pk = :pk AND sk > :after',
    ProjectionExpression: 'sk',
    Limit: 5,
  });
});

test('an hour that has nothing left loses its mark', async () => {
  dynamodb
    .on(QueryCommand)
    .resolvesOnce({ Items: [{ sk: { S: uuid } }] })
    .resolves({});
  dynamodb.on(BatchWriteItemCommand).resolves({});
  dynamodb.on(DeleteItemCommand).resolves({});
  const deleteOne = () => objects.deletePrefix('inline/2026112307/', 1);
  expect(await deleteOne()).toBe(1);
  expect(sent()).toHaveLength(2);
  expect(sent()[1]).toEqual({ RequestItems: { logs: [{ DeleteRequest: { Key } }] } });
  expect(await deleteOne()).toBe(0);
  expect(sent().at(-1)).toEqual({ TableName: 'logs', Key: marker });
});

test('what is there stays', async () => {
  const taken = new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
  dynamodb.on(PutItemCommand).resolvesOnce({}).rejects(taken);
  expect(await objects.put(key, [Uint8Array.of(1)])).toBe('exists');
});

test('a read is strongly consistent', async () => {
  dynamodb.on(GetItemCommand).resolves({ Item: { ...Key, d: { B: Uint8Array.of(1, 2, 3) } } });
  const bytes = Uint8Array.of(2, 3);
  expect(await objects.read(key, 1, 2)).toEqual({ kind: 'bytes', bytes });
  expect(sent()).toEqual([{ TableName: 'logs', Key, ConsistentRead: true }]);
  await expect(objects.read(key, 1, 3)).rejects.toMatchObject({ reason: 'corrupt' });
  dynamodb.on(GetItemCommand).resolves({});
  expect(await objects.read(key, 0, 1)).toEqual({ kind: 'missing' });
});

test('deletes go in groups of 25, and what was put off is asked for again', async () => {
  const put = { DeleteRequest: { Key } };
  dynamodb
    .on(BatchWriteItemCommand)
    .resolvesOnce({ UnprocessedItems: { logs: [put] } })
    .resolves({});
  await objects.delete(Array.from({ length: 30 }, () => key));
  const sizes = sent().map(
    (input) => Object.values((input as { RequestItems: object }).RequestItems)[0].length,
  );
  expect(sizes).toEqual([25, 1, 5]);
});

test('an hour has sixteen item collections, and every uuid lies in one of them', () => {
  const shards = inlineShards.map((shard) => inlineShardKey(2_026_112_307, shard));
  expect(new Set(shards).size).toBe(16);
  expect(shards).toContain(Key.pk.S);
});

test('keys say where an object lies', async () => {
  const [items, s3] = [createMemoryObjects(), createMemoryObjects()];
  const tiered = createTieredObjects(items, s3);
  const wal = `wal/2026112307/${uuid}`;
  await tiered.put(key, [Uint8Array.of(1)]);
  await tiered.put(wal, [Uint8Array.of(2)]);
  expect(await items.read(key, 0, 1)).toEqual({ kind: 'bytes', bytes: Uint8Array.of(1) });
  expect(await s3.read(wal, 0, 1)).toEqual({ kind: 'bytes', bytes: Uint8Array.of(2) });
  expect(await tiered.read(key, 0, 1)).toEqual({ kind: 'bytes', bytes: Uint8Array.of(1) });
  await tiered.delete([key, wal]);
  expect(await tiered.read(key, 0, 1)).toEqual({ kind: 'missing' });
  expect(await tiered.read(wal, 0, 1)).toEqual({ kind: 'missing' });
});
