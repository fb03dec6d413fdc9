/** lib/store/aws/dynamo-group-store.js: what it makes of DynamoDB's failures, and of its own retries. */

import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { newGroup } from '../../../lib/coordinator/group.js';
import { createDynamoGroupStore } from '../../../lib/store/aws/dynamo-group-store.js';
import { groupToItem } from '../../../lib/store/aws/items/group-item.js';
import { offsetFromItem, offsetKey } from '../../../lib/store/aws/items/offset-item.js';
import { commitOffsetExpression } from '../../../lib/store/aws/offset-expressions.js';

const dynamodb = mockClient(DynamoDBClient);
const store = createDynamoGroupStore(dynamodb as unknown as DynamoDBClient, 'table');
const group = { ...newGroup('uid-1', 5), epoch: 4 };

beforeEach(() => dynamodb.reset());

const conditionFailed = (Item?: Record<string, { S: string } | { N: string }>) =>
  new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
    ...(Item && { Item }),
  });

test('a swap is one conditional write of the whole group', async () => {
  dynamodb.on(PutItemCommand).resolves({});
  expect(await store.compareAndSwap('g', { uid: 'uid-1', epoch: 3 }, group)).toBe('swapped');
  const [input] = dynamodb.commandCalls(PutItemCommand).map(({ args }) => args[0].input);
  expect(input).toMatchObject({
    TableName: 'table',
    ConditionExpression: 'u = :uid AND e = :epoch',
    ExpressionAttributeValues: { ':uid': { S: 'uid-1' }, ':epoch': { N: '3' } },
  });
  expect(input?.Item).toMatchObject({ pk: { S: '1/g/g' }, sk: { S: 'state' }, e: { N: '4' } });
});

test('a swap whose first reply was lost recognises itself by its mark', async () => {
  dynamodb.on(PutItemCommand).callsFake((input) => {
    throw conditionFailed(input.Item);
  });
  expect(await store.compareAndSwap('g', group, { ...group, epoch: 5 })).toBe('swapped');
  dynamodb.on(PutItemCommand).rejects(conditionFailed({ w: { S: 'somebody else' } }));
  expect(await store.compareAndSwap('g', group, { ...group, epoch: 5 })).toBe('conflict');
});

test('a new group is listed before and after it is made', async () => {
  dynamodb.on(PutItemCommand).resolves({});
  await store.compareAndSwap('g', undefined, group);
  const keys = dynamodb.commandCalls(PutItemCommand).map(({ args }) => args[0].input.Item?.pk?.S);
  expect(keys).toEqual(['1/groups', '1/g/g', '1/groups']);
});

test('a commit that the outside fails is failed alone, and says what may have happened', async () => {
  const ref = (partition: number) => ({ topicId: 't', partition });
  const timeout = Object.assign(new Error('slow'), { name: 'TimeoutError' });
  dynamodb.on(UpdateItemCommand).resolves({});
  dynamodb.on(UpdateItemCommand, { Key: offsetKey('uid-1', ref(1)) }).rejects(timeout);
  const committed = { topic: 'access', offset: 1, metadata: '', committedAtMs: 2 };
  const commits = [0, 1].map((partition) => ({ ref: ref(partition), committed }));
  const outcomes = await store.commitOffsets('uid-1', { by: 'owner', epoch: 4 }, commits);
  expect(outcomes[0]).toEqual({ kind: 'committed' });
  expect(outcomes[1]).toMatchObject({ kind: 'failed', error: { effect: 'unknown' } });
});

test('items that are malformed are corrupt, not misread', async () => {
  const item = groupToItem('g', group, 'me');
  dynamodb.on(GetItemCommand).resolves({ Item: { ...item, b: { B: new Uint8Array([7]) } } });
  await expect(store.read('g')).rejects.toMatchObject({ name: 'StoreError', reason: 'corrupt' });
  expect(() => offsetFromItem({ sk: { S: 'no-slash' }, o: { N: '1' } })).toThrow(/malformed/);
});

test('owners need a fence and leave it; others write theirs; a reset may move back', () => {
  const committed = { topic: 'access', offset: 1, metadata: '', committedAtMs: 2 };
  const conditionOf = (by: 'owner' | 'outsider' | 'reset') =>
    commitOffsetExpression({ by, epoch: 4 }, committed);
  expect(conditionOf('owner').ConditionExpression).toMatch(/^f <= :epoch AND \(attr.*o <= :offset/);
  expect(conditionOf('owner').UpdateExpression).not.toMatch(/f = :epoch/);
  expect(conditionOf('outsider').ConditionExpression).toMatch(/not_exists\(f\).* AND .*o <= /);
  expect(conditionOf('reset').ConditionExpression).not.toMatch(/:offset/);
  expect(conditionOf('reset').UpdateExpression).toMatch(/f = :epoch/);
});
