/** Table and bucket for emulators: made where they are missing, left alone where they are not. */

import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadBucketCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { ensureTableAndBucket } from '../../../lib/store/aws/create-table.js';

const dynamodbMock = mockClient(DynamoDBClient);
const s3Mock = mockClient(S3Client);
const options = {
  tableName: 'the-table',
  bucketName: 'the-bucket',
  dynamodb: new DynamoDBClient({ region: 'us-east-1' }),
  s3: new S3Client({ region: 'us-east-1' }),
};
const notFound = new S3ServiceException({ name: 'NotFound', $fault: 'client', $metadata: {} });

beforeEach(() => {
  dynamodbMock.reset();
  s3Mock.reset();
  dynamodbMock.on(DescribeTableCommand).resolves({ Table: { TableStatus: 'ACTIVE' } });
});

test('both are made', async () => {
  dynamodbMock.on(CreateTableCommand).resolves({});
  s3Mock.on(HeadBucketCommand).rejects(notFound);
  s3Mock.on(CreateBucketCommand).resolves({});
  await ensureTableAndBucket(options);
  expect(dynamodbMock.commandCalls(CreateTableCommand)[0]?.args[0].input).toEqual({
    TableName: 'the-table',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  expect(s3Mock.commandCalls(CreateBucketCommand)[0]?.args[0].input).toEqual({
    Bucket: 'the-bucket',
  });
});

test('those that exist stay', async () => {
  const inUse = new ResourceInUseException({ message: '', $metadata: {} });
  dynamodbMock.on(CreateTableCommand).rejects(inUse);
  s3Mock.on(HeadBucketCommand).resolves({});
  await ensureTableAndBucket(options);
  expect(s3Mock.commandCalls(CreateBucketCommand)).toHaveLength(0);
});

test('a bucket that somebody else makes meanwhile is as good', async () => {
  dynamodbMock.on(CreateTableCommand).resolves({});
  s3Mock.on(HeadBucketCommand).rejects(notFound);
  s3Mock
    .on(CreateBucketCommand)
    .rejects(new BucketAlreadyOwnedByYou({ message: '', $metadata: {} }));
  await ensureTableAndBucket(options);
});

test('a bucket that is not ours is an error', async () => {
  dynamodbMock.on(CreateTableCommand).resolves({});
  const forbidden = { name: 'AccessDenied', $fault: 'client', $metadata: {} } as const;
  s3Mock.on(HeadBucketCommand).rejects(new S3ServiceException(forbidden));
  await expect(ensureTableAndBucket(options)).rejects.toMatchObject({ reason: 'denied' });
});
