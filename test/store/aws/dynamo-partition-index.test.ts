/** The partition index on DynamoDB: which commands go out, and what their replies become. */

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { emptyHead } from '../../../lib/log/partition-head.js';
import { advanceExpression } from '../../../lib/store/aws/advance-expression.js';
import { commitExpression } from '../../../lib/store/aws/commit-expression.js';
import { createDynamoPartitionIndex } from '../../../lib/store/aws/dynamo-partition-index.js';
import { logStartExpression } from '../../../lib/store/aws/fence-expressions.js';
import { headKey, headToItem } from '../../../lib/store/aws/items/head-item.js';
import { pageToItem } from '../../../lib/store/aws/items/page-item.js';
import {
  parkedProducerKey,
  parkedProducerToItem,
} from '../../../lib/store/aws/items/parked-producer-item.js';
import { StoreError } from '../../../lib/store/store-error.js';
import { ref, sampleEntry, sampleHead, sampleRequest } from './samples.js';

const dynamodb = mockClient(DynamoDBClient);
const index = createDynamoPartitionIndex(new DynamoDBClient({ region: 'us-east-1' }), 'the-table');

const headItem = headToItem(ref, sampleHead);
const asUpdate = {
  TableName: 'the-table',
  Key: headKey(ref),
  ReturnValues: 'ALL_NEW',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
} as const;

function conditionFailed(item?: typeof headItem) {
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

test('a commit is one update, and its base offset comes from the new end', async () => {
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: headItem });
  const request = sampleRequest();
  const outcome = await index.commit(ref, request);
  expect(outcome).toEqual({ kind: 'committed', baseOffset: 100, head: sampleHead });
  expect(sent()).toEqual([{ ...asUpdate, ...commitExpression(request) }]);
});

// Fault 3 of docs/faults.md.
test('a commit that is refused brings the head as it is', async () => {
  dynamodb.on(UpdateItemCommand).rejects(conditionFailed(headItem));
  const outcome = await index.commit(ref, sampleRequest());
  expect(outcome).toEqual({ kind: 'refused', head: sampleHead });
  expect(sent()).toHaveLength(1);
});

test('a condition that fails on nothing means that there is no partition', async () => {
  dynamodb.on(UpdateItemCommand).rejects(conditionFailed());
  expect(await index.commit(ref, sampleRequest())).toEqual({ kind: 'noPartition' });
  expect(await index.setFencingToken(ref, 'x', undefined)).toEqual({ kind: 'noPartition' });
  expect(await index.raiseWalFloor(ref, 7)).toEqual({ kind: 'noPartition' });
  expect(await index.raiseLogStart(ref, 7)).toEqual({ kind: 'noPartition' });
});

test('a commit whose reply cannot be read may have had its effect', async () => {
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: { n: { N: '5' } } });
  const outcome = index.commit(ref, sampleRequest());
  await expect(outcome).rejects.toMatchObject({ reason: 'corrupt', effect: 'unknown' });
  await expect(outcome).rejects.toBeInstanceOf(StoreError);
});

test('an advance is one update', async () => {
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: headItem });
  const advance = {
    tailBaseOffset: 90,
    entryCount: 1,
    nextTailBaseOffset: 100,
    pagedMaxTimestampMs: 5,
    pagedBytes: 6,
    rolls: 7,
    windows: {},
    evict: {},
  };
  const outcome = await index.advanceTail(ref, advance);
  expect(outcome).toEqual({ kind: 'changed', head: sampleHead });
  expect(sent()).toEqual([{ ...asUpdate, ...advanceExpression(advance) }]);
});

test('a fencing token that is not the expected one is refused', async () => {
  dynamodb.on(UpdateItemCommand).rejects(conditionFailed(headItem));
  const outcome = await index.setFencingToken(ref, 'x', 'y');
  expect(outcome).toEqual({ kind: 'refused', head: sampleHead });
});

test('a WAL floor that is as high already is as good as raised', async () => {
  dynamodb.on(UpdateItemCommand).rejects(conditionFailed(headItem));
  expect(await index.raiseWalFloor(ref, 7)).toEqual({ kind: 'changed', head: sampleHead });
});

test('a log start is raised by one update, is as good as raised, or the log does not reach so far', async () => {
  dynamodb
    .on(UpdateItemCommand)
    .resolvesOnce({ Attributes: headItem })
    .rejects(conditionFailed(headItem));
  expect(await index.raiseLogStart(ref, 7)).toEqual({ kind: 'changed', head: sampleHead });
  expect(sent()).toEqual([{ ...asUpdate, ...logStartExpression(7) }]);
  expect(await index.raiseLogStart(ref, 0)).toEqual({ kind: 'changed', head: sampleHead });
  expect(await index.raiseLogStart(ref, 106)).toEqual({ kind: 'refused', head: sampleHead });
});

// Fault 42 of docs/faults.md.
test('heads are read consistently', async () => {
  dynamodb.on(GetItemCommand).resolvesOnce({ Item: headItem }).resolvesOnce({});
  expect(await index.readHead(ref)).toEqual(sampleHead);
  expect(await index.readHead(ref)).toBeUndefined();
  expect(sent()[0]).toEqual({ TableName: 'the-table', Key: headKey(ref), ConsistentRead: true });
});

test('heads are made where there are none, and those that exist stay', async () => {
  dynamodb.on(PutItemCommand).resolves({}).rejectsOnce(conditionFailed());
  await index.createPartitions(ref.topicId, 2, 5);
  const puts = [2, 3, 4].map((partition) => ({
    TableName: 'the-table',
    Item: headToItem({ ...ref, partition }, emptyHead),
    ConditionExpression: 'attribute_not_exists(pk)',
  }));
  expect(sent()).toEqual(puts);
});

test('the floor of a head that exists rises to that of the new ones', async () => {
  dynamodb.on(PutItemCommand).resolvesOnce({}).rejects(conditionFailed());
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: headItem });
  await index.createPartitions(ref.topicId, 2, 4, 7);
  const inputs = sent();
  expect(inputs[0]).toMatchObject({
    Item: headToItem({ ...ref, partition: 2 }, { ...emptyHead, walFloor: 7 }),
  });
  expect(inputs[2]).toMatchObject({
    Key: headKey({ ...ref, partition: 3 }),
    ConditionExpression: 'attribute_exists(n) AND f < :floor',
    ExpressionAttributeValues: { ':floor': { N: '7' } },
  });
});

test('deleting partitions deletes their heads', async () => {
  dynamodb.on(DeleteItemCommand).resolves({});
  await index.deletePartitions(ref.topicId, 2);
  const keys = [0, 1].map((partition) => headKey({ ...ref, partition }));
  expect(sent()).toEqual(keys.map((key) => ({ TableName: 'the-table', Key: key })));
});

test('many heads are made a bounded number at a time', async () => {
  let [inFlight, inFlightMax] = [0, 0];
  dynamodb.on(PutItemCommand).callsFake(async () => {
    inFlight++;
    inFlightMax = Math.max(inFlightMax, inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight--;
    return {};
  });
  await index.createPartitions(ref.topicId, 0, 100);
  expect(sent()).toHaveLength(100);
  expect(inFlightMax).toBe(16);
});

const { stamps: _, ...location } = sampleEntry();
const page = {
  baseOffset: 0,
  nextOffset: 5,
  maxTimestampMs: 9,
  endBytes: 7,
  locations: [location],
};

test('a page is written once', async () => {
  dynamodb.on(PutItemCommand).resolvesOnce({}).rejects(conditionFailed());
  await index.writePage(ref, page);
  await index.writePage(ref, page);
  const put = {
    TableName: 'the-table',
    Item: pageToItem(ref, page),
    ConditionExpression: 'attribute_not_exists(pk)',
  };
  expect(sent()).toEqual([put, put]);
});

// Fault 42 of docs/faults.md.
test('pages are found by one consistent query from the offset on', async () => {
  dynamodb.on(QueryCommand).resolves({
    Items: [pageToItem(ref, page)],
    LastEvaluatedKey: { pk: { S: 'more' } },
  });
  expect(await index.findPages(ref, 4, 2)).toEqual([page]);
  expect(sent()).toEqual([
    {
      TableName: 'the-table',
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':pk': { S: '1/p/0f8fad5b-d9cb-469f-a165-70867728950e/3' },
        ':from': { S: 'page/0000000000000005' },
        ':to': { S: 'page/9999999999999999' },
      },
      ConsistentRead: true,
      Limit: 2,
      ExclusiveStartKey: undefined,
    },
  ]);
});

test('a query that stopped before it found anything goes on', async () => {
  const stopped = { pk: { S: 'p' }, sk: { S: 's' } };
  dynamodb
    .on(QueryCommand)
    .resolvesOnce({ Items: [], LastEvaluatedKey: stopped })
    .resolvesOnce({ Items: [pageToItem(ref, page)] })
    .resolves({ Items: [] });
  expect(await index.findPages(ref, 4, 2)).toEqual([page]);
  expect(sent()[1]).toMatchObject({ ExclusiveStartKey: stopped });
  expect(await index.findPages(ref, 5, 2)).toEqual([]);
});

const parked = { epoch: 1, nextSequence: 5, spans: [], lastBaseOffset: 80 };

test('a parked producer never takes the place of a newer one', async () => {
  dynamodb.on(PutItemCommand).resolvesOnce({}).rejects(conditionFailed());
  await index.parkProducer(ref, 'a', parked);
  await index.parkProducer(ref, 'a', parked);
  expect(sent()[1]).toEqual({
    TableName: 'the-table',
    Item: parkedProducerToItem(ref, 'a', parked),
    ConditionExpression: 'attribute_not_exists(pk) OR o <= :o',
    ExpressionAttributeValues: { ':o': { N: '80' } },
  });
});

test('parked producers are read consistently', async () => {
  dynamodb
    .on(GetItemCommand)
    .resolvesOnce({ Item: parkedProducerToItem(ref, 'a', parked) })
    .resolves({});
  expect(await index.findParkedProducer(ref, 'a')).toEqual(parked);
  expect(await index.findParkedProducer(ref, 'a')).toBeUndefined();
  const key = parkedProducerKey(ref, 'a');
  expect(sent()[0]).toEqual({ TableName: 'the-table', Key: key, ConsistentRead: true });
});
