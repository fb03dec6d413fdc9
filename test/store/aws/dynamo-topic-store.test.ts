/** Topics on DynamoDB: which commands go out, and what their replies become. */

import {
  type CancellationReason,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createDynamoTopicStore } from '../../../lib/store/aws/dynamo-topic-store.js';
import { topicKey, topicToItem } from '../../../lib/store/aws/items/topic-item.js';
import { unalteredTopic } from '../../../lib/store/topic-store.js';

const dynamodb = mockClient(DynamoDBClient);
const topics = createDynamoTopicStore(new DynamoDBClient({ region: 'us-east-1' }), 'the-table');

const topicOf = (name: string) => ({
  name,
  topicId: `id of ${name}`,
  partitionCount: 3,
  createdAtMs: 1_790_000_000_000,
  ...unalteredTopic,
});
const topic = topicOf('orders');

function conditionFailed(item?: ReturnType<typeof topicToItem>) {
  return new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
    ...(item ? { Item: item } : {}),
  });
}

const sent = () => dynamodb.calls().map(({ args: [command] }) => command.input);

beforeEach(() => {
  dynamodb.reset();
});

const aboveFloor = (walFloor: number) => ({
  ConditionCheck: {
    TableName: 'the-table',
    Key: { pk: { S: '1/wal-floor' }, sk: { S: 'floor' } },
    ConditionExpression: 'attribute_not_exists(pk) OR f <= :f',
    ExpressionAttributeValues: { ':f': { N: String(walFloor) } },
  },
});

const failed = { Code: 'ConditionalCheckFailed' };
const cancelled = (...CancellationReasons: CancellationReason[]) =>
  new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons });

test('a topic is created where its name is free, above the floor, in one transaction', async () => {
  dynamodb.on(TransactWriteItemsCommand).resolves({});
  expect(await topics.create(topic, 7)).toBe('created');
  const put = {
    TableName: 'the-table',
    Item: topicToItem(topic),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
  expect(sent()).toEqual([{ TransactItems: [{ Put: put }, aboveFloor(7)] }]);
});

test('a name that is taken is taken, unless by this very call; a floor that rose is told', async () => {
  const older = topicToItem({ ...topic, topicId: 'older' });
  dynamodb
    .on(TransactWriteItemsCommand)
    .rejectsOnce(cancelled({ ...failed, Item: older }, { Code: 'None' }))
    .rejectsOnce(cancelled({ ...failed, Item: topicToItem(topic) }, failed))
    .rejectsOnce(cancelled({ Code: 'None' }, failed));
  expect(await topics.create(topic)).toBe('exists');
  expect(await topics.create(topic)).toBe('created');
  expect(await topics.create(topic)).toBe('belowFloor');
});

test('a transaction that met another one is tried again', async () => {
  dynamodb
    .on(TransactWriteItemsCommand)
    .rejectsOnce(cancelled({ Code: 'TransactionConflict' }, { Code: 'None' }))
    .resolves({});
  expect(await topics.create(topic)).toBe('created');
  expect(sent()).toHaveLength(2);
});

test('the floor is read consistently, and raised unless it is higher', async () => {
  dynamodb
    .on(GetItemCommand)
    .resolvesOnce({})
    .resolves({ Item: { f: { N: '9' } } });
  dynamodb.on(PutItemCommand).resolvesOnce({}).rejects(conditionFailed());
  expect(await topics.walFloor()).toBe(0);
  expect(await topics.walFloor()).toBe(9);
  await topics.raiseWalFloor(8);
  await topics.raiseWalFloor(8);
  const key = { pk: { S: '1/wal-floor' }, sk: { S: 'floor' } };
  expect(sent()).toMatchObject([
    { Key: key, ConsistentRead: true },
    { Key: key, ConsistentRead: true },
    ...Array(2).fill({
      Item: { ...key, f: { N: '8' } },
      ConditionExpression: 'attribute_not_exists(pk) OR f < :f',
      ExpressionAttributeValues: { ':f': { N: '8' } },
    }),
  ]);
});

// Fault 42 of docs/faults.md.
test('a topic is found consistently', async () => {
  dynamodb
    .on(GetItemCommand)
    .resolvesOnce({ Item: topicToItem(topic) })
    .resolves({});
  expect(await topics.find('orders')).toEqual(topic);
  expect(await topics.find('orders')).toBeUndefined();
  const key = topicKey('orders');
  expect(sent()[0]).toEqual({ TableName: 'the-table', Key: key, ConsistentRead: true });
});

test('a list asks for one more than it returns', async () => {
  const items = ['c', 'd', 'e'].map((name) => topicToItem(topicOf(name)));
  dynamodb.on(QueryCommand).resolves({ Items: items, LastEvaluatedKey: topicKey('e') });
  const list = await topics.list(2, 'b');
  expect(list).toEqual({ topics: [topicOf('c'), topicOf('d')], after: 'd' });
  expect(sent()).toEqual([
    {
      TableName: 'the-table',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: '1/topics' } },
      ConsistentRead: true,
      Limit: 3,
      ExclusiveStartKey: topicKey('b'),
    },
  ]);
});

test('a list that ends with its page says so', async () => {
  dynamodb.on(QueryCommand).resolves({ Items: [topicToItem(topic)] });
  expect(await topics.list(1)).toEqual({ topics: [topic] });
  expect(sent()[0]).toMatchObject({ ExclusiveStartKey: undefined });
});

test('a list goes on where a query stopped early', async () => {
  dynamodb
    .on(QueryCommand)
    .resolvesOnce({ Items: [topicToItem(topicOf('a'))], LastEvaluatedKey: topicKey('a') })
    .resolves({ Items: [topicToItem(topicOf('b'))] });
  expect(await topics.list(5)).toEqual({ topics: [topicOf('a'), topicOf('b')] });
  expect(sent()[1]).toMatchObject({ Limit: 5, ExclusiveStartKey: topicKey('a') });
});

test('a topic is altered by one update of the version that is known', async () => {
  dynamodb.on(UpdateItemCommand).resolves({});
  const state = {
    partitionCount: topic.partitionCount,
    configs: { 'retention.ms': '-1' },
    tags: { team: 'a' },
    annotations: {},
  };
  const altered = { ...topic, ...state, version: 1 };
  expect(await topics.alter(topic, state)).toEqual({ kind: 'altered', topic: altered });
  const again = { ...altered, configs: {}, version: 2 };
  expect(await topics.alter(altered, again)).toEqual({ kind: 'altered', topic: again });
  const asked = { TableName: 'the-table', Key: topicKey('orders') };
  const values = {
    ':topicId': { S: 'id of orders' },
    ':count': { N: String(topic.partitionCount) },
    ':configs': { M: { 'retention.ms': { S: '-1' } } },
    ':tags': { M: { team: { S: 'a' } } },
    ':annotations': { M: {} },
    ':next': { N: '1' },
  };
  expect(sent()).toEqual([
    {
      ...asked,
      UpdateExpression: 'SET c = :count, g = :configs, a = :tags, n = :annotations, v = :next',
      ConditionExpression: 'i = :topicId AND attribute_not_exists(v)',
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
    {
      ...asked,
      UpdateExpression: 'SET c = :count, g = :configs, a = :tags, n = :annotations, v = :next',
      ConditionExpression: 'i = :topicId AND v = :version',
      ExpressionAttributeValues: {
        ...values,
        ':configs': { M: {} },
        ':version': { N: '1' },
        ':next': { N: '2' },
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  ]);
});

test('a topic grows in one transaction with the check of the floor', async () => {
  const state = { ...topic, partitionCount: topic.partitionCount + 1 };
  const now = { ...topic, version: 7 };
  dynamodb
    .on(TransactWriteItemsCommand)
    .resolvesOnce({})
    .rejectsOnce(cancelled({ ...failed, Item: topicToItem(now) }, { Code: 'None' }))
    .rejectsOnce(cancelled({ Code: 'None' }, failed));
  const altered = { ...topic, ...state, version: 1 };
  expect(await topics.alter(topic, state, 7)).toEqual({ kind: 'altered', topic: altered });
  expect(await topics.alter(topic, state, 7)).toEqual({ kind: 'stale', topic: now });
  expect(await topics.alter(topic, state, 7)).toEqual({ kind: 'belowFloor' });
  const update = { TableName: 'the-table', Key: topicKey('orders') };
  expect(sent()[0]).toMatchObject({ TransactItems: [{ Update: update }, aboveFloor(7)] });
});

test('an alteration of what has changed brings the topic as it is; of what is gone, nothing', async () => {
  const now = { ...topic, version: 7, tags: { team: 'b' } };
  dynamodb
    .on(UpdateItemCommand)
    .rejectsOnce(conditionFailed(topicToItem(now)))
    .rejectsOnce(conditionFailed(topicToItem({ ...topic, topicId: 'newer' })))
    .rejectsOnce(conditionFailed());
  expect(await topics.alter(topic, topic)).toEqual({ kind: 'stale', topic: now });
  expect(await topics.alter(topic, topic)).toEqual({ kind: 'missing' });
  expect(await topics.alter(topic, topic)).toEqual({ kind: 'missing' });
});

test('only the topic with that id is deleted', async () => {
  dynamodb.on(DeleteItemCommand).resolvesOnce({}).rejects(conditionFailed());
  expect(await topics.delete(topic)).toBe('deleted');
  expect(await topics.delete(topic)).toBe('missing');
  expect(sent()[0]).toEqual({
    TableName: 'the-table',
    Key: topicKey('orders'),
    ConditionExpression: 'i = :topicId AND c = :count',
    ExpressionAttributeValues: { ':topicId': { S: 'id of orders' }, ':count': { N: '3' } },
  });
});

const buried = { topicId: 'id', name: 'orders', partitionCount: 3, deletedAtMs: 5 };
const buriedItem = {
  ...{ pk: { S: '1/deleted' }, sk: { S: 'id' } },
  ...{ n: { S: 'orders' }, c: { N: '3' }, m: { N: '5' } },
};

test('a topic is buried by one put, unless it is with more partitions', async () => {
  dynamodb.on(PutItemCommand).resolvesOnce({}).rejects(conditionFailed());
  await topics.bury(buried);
  await topics.bury(buried);
  const put = {
    TableName: 'the-table',
    Item: buriedItem,
    ConditionExpression: 'attribute_not_exists(pk) OR c <= :c',
    ExpressionAttributeValues: { ':c': { N: '3' } },
  };
  expect(sent()).toEqual([put, put]);
});

test('the buried are listed until they are forgotten', async () => {
  const keyOf = (id: string) => ({ pk: { S: '1/deleted' }, sk: { S: id } });
  const [first, Key] = [keyOf('a'), keyOf('id')];
  dynamodb
    .on(QueryCommand)
    .resolvesOnce({ Items: [], LastEvaluatedKey: Key })
    .resolves({ Items: [buriedItem] });
  expect(await topics.buried(5, 'a')).toEqual([buried]);
  const query = {
    TableName: 'the-table',
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: '1/deleted' } },
    ConsistentRead: true,
    Limit: 5,
  };
  expect(sent()).toEqual([
    { ...query, ExclusiveStartKey: first },
    { ...query, ExclusiveStartKey: Key },
  ]);
  dynamodb.reset();
  dynamodb.on(DeleteItemCommand).resolves({});
  await topics.forget('id');
  expect(sent()).toEqual([{ TableName: 'the-table', Key }]);
});

test('producer ids are counted up by the table', async () => {
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: { c: { N: '42' } } });
  expect(await topics.nextProducerId()).toBe(41);
  expect(sent()).toEqual([
    {
      TableName: 'the-table',
      Key: { pk: { S: '1/producer-ids' }, sk: { S: 'counter' } },
      UpdateExpression: 'ADD c :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    },
  ]);
});
