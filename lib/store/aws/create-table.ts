/**
 * Makes the table and the bucket where they are missing, for emulators on a developer's machine. On AWS
 * they belong to the deployed stack, with their encryption, backups and alarms.
 */

import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadBucketCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { replyTo } from './aws-errors.js';
import { createDynamoDbClient, createS3Client } from './aws-stores.js';

const tableWaitSeconds = 60;

export type TableAndBucket = {
  readonly tableName: string;
  readonly bucketName: string;
  readonly dynamodb?: DynamoDBClient;
  readonly s3?: S3Client;
};

export async function ensureTableAndBucket(options: TableAndBucket): Promise<void> {
  const dynamodb = options.dynamodb ?? createDynamoDbClient();
  const s3 = options.s3 ?? createS3Client();
  try {
    await ensureTable(dynamodb, options.tableName);
    await ensureBucket(s3, options.bucketName);
  } finally {
    if (!options.dynamodb) dynamodb.destroy();
    if (!options.s3) s3.destroy();
  }
}

export async function ensureTable(dynamodb: DynamoDBClient, tableName: string): Promise<void> {
  const command = new CreateTableCommand({
    TableName: tableName,
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
  try {
    await replyTo('write', dynamodb.send(command));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: tableWaitSeconds, minDelay: 1, maxDelay: 1 },
    { TableName: tableName },
  );
}

async function ensureBucket(s3: S3Client, bucketName: string): Promise<void> {
  if (await bucketExists(s3, bucketName)) return;
  try {
    await replyTo('write', s3.send(new CreateBucketCommand({ Bucket: bucketName })));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
}

async function bucketExists(s3: S3Client, bucketName: string): Promise<boolean> {
  try {
    await replyTo('read', s3.send(new HeadBucketCommand({ Bucket: bucketName })));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'NotFound') return false;
    throw error;
  }
}
