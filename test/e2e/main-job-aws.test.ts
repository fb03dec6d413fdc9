/**
 * The main job with the same program on S3 and DynamoDB, as real protocol servers on this machine.
 */

import { afterAll, beforeAll, describe } from 'vitest';
import { announceSkip } from '../support/announce-skip.js';
import { dynamodbLocalMissing, startDynamodbLocal } from '../support/dynamodb-local.js';
import { startServerProcess } from '../support/logbrook-process.js';
import { s3ServerMissing, startS3Server } from '../support/s3-server.js';
import { mainJobSuite } from './main-job.suite.js';

const reason = dynamodbLocalMissing() ?? s3ServerMissing();
const missing = announceSkip('the main job on the aws store', reason);

describe.skipIf(missing)('on the aws store', () => {
  let dynamodb: Awaited<ReturnType<typeof startDynamodbLocal>>;
  let s3: Awaited<ReturnType<typeof startS3Server>>;

  beforeAll(async () => {
    [dynamodb, s3] = await Promise.all([startDynamodbLocal(), startS3Server()]);
  });
  afterAll(async () => {
    await Promise.all([dynamodb?.stop(), s3?.stop()]);
  });

  mainJobSuite(() =>
    startServerProcess(['--port', '0', '--store', 'aws'], {
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    }),
  );
});
