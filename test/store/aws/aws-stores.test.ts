/** The composition: clients by the SDK's own environment, closed by who made them. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  createAwsStores,
  createDynamoDbClient,
  createS3Client,
} from '../../../lib/store/aws/aws-stores.js';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test.each([
  ['none', {}, false],
  ['an empty one', { AWS_ENDPOINT_URL: '' }, false],
  ['one for all services', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, true],
  ['one for S3', { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' }, true],
])('path style with an endpoint override: %s', (_why, env: Record<string, string>, expected) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  expect(createS3Client().config.forcePathStyle).toBe(expected);
});

test('a call is tried three times at most', async () => {
  expect(await createDynamoDbClient().config.maxAttempts()).toBe(3);
  expect(await createS3Client().config.maxAttempts()).toBe(3);
});

test('others commit to the same stores', () => {
  expect(createAwsStores({ tableName: 't', bucketName: 'b' }).shared).toBe(true);
});

test('clients are closed by who made them', async () => {
  const closed = [
    vi.spyOn(DynamoDBClient.prototype, 'destroy'),
    vi.spyOn(S3Client.prototype, 'destroy'),
  ];
  const clients = { dynamodb: createDynamoDbClient(), s3: createS3Client() };
  await createAwsStores({ tableName: 't', bucketName: 'b', ...clients }).close();
  for (const destroy of closed) expect(destroy).not.toHaveBeenCalled();
  await createAwsStores({ tableName: 't', bucketName: 'b' }).close();
  for (const destroy of closed) expect(destroy).toHaveBeenCalledOnce();
});
