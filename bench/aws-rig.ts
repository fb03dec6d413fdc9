/**
 * The aws store on real protocol servers, with every request counted: exact where time is noisy.
 */

import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { type Broker, createBroker } from '../lib/broker/broker.js';
import { brokerDefaults } from '../lib/broker/broker-settings.js';
import { createJsonLogger } from '../lib/runtime/json-logger.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../lib/runtime/node-world.js';
import { createAwsStores } from '../lib/store/aws/aws-stores.js';
import { ensureTableAndBucket } from '../lib/store/aws/create-table.js';
import type { Stores } from '../lib/store/stores.js';
import { startDynamodbLocal } from '../test/support/dynamodb-local.js';
import { countRequests, type RequestCounter } from '../test/support/request-counter.js';
import { startS3Server } from '../test/support/s3-server.js';
import { type Meter, meterRequests } from './priced-requests.js';

export type AwsRig = {
  readonly stores: Stores;
  readonly requests: RequestCounter;
  readonly meter: Meter;
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  /** As a fresh instance: nothing in memory, no objects kept. */
  newBroker(): Broker;
  stop(): Promise<void>;
};

export async function startAwsRig(inlineBytesMax = 0): Promise<AwsRig> {
  const [dynamodbServer, s3Server] = await Promise.all([startDynamodbLocal(), startS3Server()]);
  const region = 'us-east-1';
  const dynamodb = new DynamoDBClient({
    endpoint: dynamodbServer.endpoint,
    region,
    credentials: { accessKeyId: 'logbrook', secretAccessKey: 'logbrook' },
  });
  const { endpoint, accessKeyId, secretAccessKey } = s3Server;
  const credentials = { accessKeyId, secretAccessKey };
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const tableName = 'logbrook';
  const bucketName = `logbrook-${randomUUID()}`;
  await ensureTableAndBucket({ tableName, bucketName, dynamodb, s3 });
  const stores = createAwsStores({ tableName, bucketName, inlineBytesMax, dynamodb, s3 });
  const requests = countRequests(dynamodb, s3);
  const meter = meterRequests(dynamodb, s3);
  const world = createNodeWorld(createJsonLogger('warn'));
  const settings = { ...brokerDefaults, topicCacheMs: 60_000, recentBytesMax: 0 };
  return {
    stores,
    requests,
    meter,
    dynamodb,
    tableName,
    newBroker: () => createBroker(stores, nodeCodecs, world, settings),
    async stop() {
      dynamodb.destroy();
      s3.destroy();
      await Promise.all([dynamodbServer.stop(), s3Server.stop()]);
    },
  };
}
