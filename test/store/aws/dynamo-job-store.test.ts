/** What runs of maintenance leave, as commands to DynamoDB. */

import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createDynamoJobStore } from '../../../lib/store/aws/dynamo-job-store.js';

const dynamodb = mockClient(DynamoDBClient);
const jobs = createDynamoJobStore(new DynamoDBClient({ region: 'us-east-1' }), 'logs');
const item = { TableName: 'logs', Key: { pk: { S: '1/jobs' }, sk: { S: 'state' } } };
const sent = () => dynamodb.calls().map(({ args: [command] }) => command.input);

beforeEach(() => {
  dynamodb.reset();
});

test('the cursor is read consistently, written, and taken away', async () => {
  dynamodb
    .on(GetItemCommand)
    .resolvesOnce({})
    .resolvesOnce({ Item: { a: { N: '5' } } })
    .resolves({ Item: { t: { S: 'orders' }, p: { N: '7' } } });
  dynamodb.on(UpdateItemCommand).resolves({});
  expect(await jobs.readCursor()).toBeUndefined();
  expect(await jobs.readCursor()).toBeUndefined();
  expect(await jobs.readCursor()).toEqual({ topic: 'orders', partition: 7 });
  await jobs.writeCursor({ topic: 'orders', partition: 7 });
  await jobs.writeCursor(undefined);
  expect(sent()).toEqual([
    ...Array(3).fill({ ...item, ConsistentRead: true }),
    {
      ...item,
      UpdateExpression: 'SET t = :topic, p = :partition',
      ExpressionAttributeValues: { ':topic': { S: 'orders' }, ':partition': { N: '7' } },
    },
    { ...item, UpdateExpression: 'REMOVE t, p' },
  ]);
});

test('a run is asked for under the condition that nobody did a short while ago', async () => {
  const refused = new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
  dynamodb.on(UpdateItemCommand).resolvesOnce({}).rejects(refused);
  expect(await jobs.claimAsk(1_000, 60)).toBe(true);
  expect(await jobs.claimAsk(1_000, 60)).toBe(false);
  expect(sent()[0]).toEqual({
    ...item,
    UpdateExpression: 'SET a = :now',
    ConditionExpression: 'attribute_not_exists(a) OR a <= :before OR a > :after',
    ExpressionAttributeValues: {
      ':now': { N: '1000' },
      ':before': { N: '940' },
      ':after': { N: '1060' },
    },
  });
});
