/**
 * The main job on LocalStack's S3 and DynamoDB, found by the one standard variable AWS_ENDPOINT_URL.
 * Not part of the test command, because LocalStack is 230 MB to install: `npm run test:localstack`.
 */

import { afterAll, beforeAll, describe } from 'vitest';
import { localstackMissing, startLocalstack } from '../support/localstack.js';
import { startServerProcess } from '../support/logbrook-process.js';
import { mainJobSuite } from './main-job.suite.js';

describe('on LocalStack', () => {
  let localstack: Awaited<ReturnType<typeof startLocalstack>>;

  beforeAll(async () => {
    const missing = localstackMissing();
    if (missing !== undefined) throw new Error(missing);
    localstack = await startLocalstack();
  });
  afterAll(() => localstack?.stop());

  mainJobSuite(() =>
    startServerProcess(['--port', '0', '--store', 'aws'], {
      AWS_ENDPOINT_URL: localstack.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    }),
  );
});
