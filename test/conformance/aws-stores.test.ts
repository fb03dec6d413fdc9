/**
 * The AWS stores keep the ports' promises, on Amazon's own DynamoDB Local and an S3 server. Without
 * Java or Go they are skipped, loudly; in CI that is an error.
 */

import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { describe } from 'vitest';
import { createAwsStores } from '../../lib/store/aws/aws-stores.js';
import { ensureTableAndBucket } from '../../lib/store/aws/create-table.js';
import { announceSkip } from '../support/announce-skip.js';
import { dynamodbLocalMissing, startDynamodbLocal } from '../support/dynamodb-local.js';
import { s3ServerMissing, startS3Server } from '../support/s3-server.js';
import { type StoresUnderTest, storesSuite } from './stores.suite.js';

const reason = dynamodbLocalMissing() ?? s3ServerMissing();
const missing = announceSkip('conformance of the AWS stores', reason);

async function makeAwsStores(): Promise<StoresUnderTest> {
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

describe.skipIf(missing)('on emulators', () => {
  storesSuite('AWS stores', makeAwsStores);
});
