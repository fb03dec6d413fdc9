/** Small objects as items: which commands go out, and what their replies become; and what lies where. */

import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createDynamoInlineObjects } from '../../../lib/store/aws/dynamo-inline-objects.js';
import { inlineShardKey, inlineShards } from '../../../lib/store/aws/items/inline-item.js';
import { createTieredObjects } from '../../../lib/store/aws/tiered-objects.js';
import { createMemoryObjects } from '../../../lib/store/memory/memory-store.js';

const dynamodb = mockClient(DynamoDBClient);
const objects = createDynamoInlineObjects(new DynamoDBClient({ region: 'us-east-1' }), 'logs');
const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `inline/2026112307/${uuid}`;
const Key = { pk: { S: '1/i/2026112307/0' }, sk: { S: uuid } };
const sent = () => dynamodb.calls().map(({ args: [command] }) => command.input);

beforeEach(() => {
  dynamodb.reset();
});

test('a put is one write, on the condition that there is none', async () => {
  dynamodb.on(PutItemCommand).resolves({});
  expect(await objects.put(key, [Uint8Array.of(1), Uint8Array.of(2, 3)])).toBe('written');
  const Item = { ...Key, d: { B: Uint8Array.of(1, 2, 3) } };
  const ConditionExpression = 'attribute_not_exists(pk)';
  expect(sent()).toEqual([{ TableName: 'logs', Item, ConditionExpression }]);
});

test('what is there stays', async () => {
  const taken = new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
  dynamodb.on(PutItemCommand).rejects(taken);
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
