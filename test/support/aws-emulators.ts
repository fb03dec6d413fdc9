/**
 * The AWS stores on emulators of this machine: Amazon's own DynamoDB Local, and an S3 server.
 */

import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createAwsStores } from '../../lib/store/aws/aws-stores.js';
import { ensureTableAndBucket } from '../../lib/store/aws/create-table.js';
import type { Stores } from '../../lib/store/stores.js';
import { dynamodbLocalMissing, startDynamodbLocal } from './dynamodb-local.js';
import { s3ServerMissing, startS3Server } from './s3-server.js';

/** Why they cannot run here, if they cannot. */
export function awsEmulatorsMissing(): string | undefined {
  return dynamodbLocalMissing() ?? s3ServerMissing();
}

export async function startAwsStores(): Promise<{ stores: Stores; stop(): Promise<void> }> {
  const [dynamodbLocal, s3Server] = await Promise.all([startDynamodbLocal(), startS3Server()]);
  const region = 'us-east-1';
  const dynamodb = new DynamoDBClient({
    endpoint: dynamodbLocal.endpoint,
    region,
    // DynamoDB Local takes any, but only of letters and digits.
    credentials: { accessKeyId: 'logbrook', secretAccessKey: 'logbrook' },
  });
  const { accessKeyId, secretAccessKey } = s3Server;
  const s3 = new S3Client({
    endpoint: s3Server.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
  const place = { tableName: 'logbrook', bucketName: `logbrook-${randomUUID()}` };
  await ensureTableAndBucket({ ...place, dynamodb, s3 });
  const stores = createAwsStores({ ...place, dynamodb, s3 });
  return {
    stores,
    async stop() {
      await stores.close();
      dynamodb.destroy();
      s3.destroy();
      await Promise.all([dynamodbLocal.stop(), s3Server.stop()]);
    },
  };
}
