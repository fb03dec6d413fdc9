/**
 * The stores on AWS: one DynamoDB table, one S3 bucket. Endpoint, region and credentials are the SDK's
 * own business (AWS_ENDPOINT_URL, AWS_REGION, ...), so LocalStack, DynamoDB Local and S3-compatible
 * stores work unchanged.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { Stores } from '../stores.js';
import { trackLostAttempts } from './aws-errors.js';
import { createDynamoGroupStore } from './dynamo-group-store.js';
import { createDynamoInlineObjects } from './dynamo-inline-objects.js';
import { createDynamoJobStore } from './dynamo-job-store.js';
import { createDynamoKeyStore } from './dynamo-key-store.js';
import { createDynamoPartitionIndex } from './dynamo-partition-index.js';
import { createDynamoTopicStore } from './dynamo-topic-store.js';
import { createS3ObjectStore } from './s3-object-store.js';
import { createTieredObjects } from './tiered-objects.js';

const attemptsMax = 3;
const socketsMax = 256;
const connectionTimeoutMs = 2_000;
const dynamodbRequestTimeoutMs = 5_000;
/** Until the reply begins, so the upload of a whole object is in it. */
const s3RequestTimeoutMs = 20_000;
const s3SocketIdleTimeoutMs = 10_000;

export type AwsStoresOptions = {
  readonly tableName: string;
  readonly bucketName: string;
  /** Default: everything goes to S3. */
  readonly inlineBytesMax?: number;
  /** Clients that the caller made, and closes. */
  readonly dynamodb?: DynamoDBClient;
  readonly s3?: S3Client;
};

export function createAwsStores(options: AwsStoresOptions): Stores {
  const dynamodb = options.dynamodb ?? createDynamoDbClient();
  const s3 = options.s3 ?? createS3Client();
  trackLostAttempts(dynamodb);
  trackLostAttempts(s3);
  return {
    objects: createTieredObjects(
      createDynamoInlineObjects(dynamodb, options.tableName),
      createS3ObjectStore(s3, options.bucketName),
    ),
    inlineBytesMax: options.inlineBytesMax ?? 0,
    index: createDynamoPartitionIndex(dynamodb, options.tableName),
    topics: createDynamoTopicStore(dynamodb, options.tableName),
    groups: createDynamoGroupStore(dynamodb, options.tableName),
    keys: createDynamoKeyStore(dynamodb, options.tableName),
    jobs: createDynamoJobStore(dynamodb, options.tableName),
    shared: true,
    async close() {
      if (!options.dynamodb) dynamodb.destroy();
      if (!options.s3) s3.destroy();
    },
  };
}

/** Connections are kept alive by the SDK's default. */
const agents = { httpAgent: { maxSockets: socketsMax }, httpsAgent: { maxSockets: socketsMax } };

export function createDynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: attemptsMax,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: dynamodbRequestTimeoutMs,
      throwOnRequestTimeout: true,
      ...agents,
    },
  });
}

export function createS3Client(): S3Client {
  return new S3Client({
    maxAttempts: attemptsMax,
    // Emulators and most S3-compatible stores have no DNS name for each bucket.
    forcePathStyle: endpointIsOverridden(),
    // "Expect: 100-continue" costs a round trip and, in this SDK, the connection's being kept alive.
    expectContinueHeader: false,
    // A ranged read brings no checksum anyway, and every batch is checked by its own.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: s3RequestTimeoutMs,
      socketTimeout: s3SocketIdleTimeoutMs,
      throwOnRequestTimeout: true,
      ...agents,
    },
  });
}

function endpointIsOverridden(): boolean {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  return Boolean(AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL);
}
