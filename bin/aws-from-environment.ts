/**
 * The aws store of a server outside AWS. Pointed at an emulator, it makes table and bucket itself; on
 * AWS they belong to the deployed stack and must exist.
 */

import { inlineBytesMaxOf, prices } from '../lib/settings/prices.js';
import type { Environment } from '../lib/settings/settings.js';
import { createAwsStores } from '../lib/store/aws/aws-stores.js';
import { ensureTableAndBucket } from '../lib/store/aws/create-table.js';
import type { Stores } from '../lib/store/stores.js';

export async function openAwsStores(
  given: {
    readonly tableName: string;
    readonly bucketName: string;
    readonly inlineBytesMax: number | undefined;
  },
  environment: Environment,
): Promise<Stores> {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_S3 } = environment;
  const bothOverridden = AWS_ENDPOINT_URL || (AWS_ENDPOINT_URL_DYNAMODB && AWS_ENDPOINT_URL_S3);
  const { tableName, bucketName } = given;
  if (bothOverridden) await ensureTableAndBucket({ tableName, bucketName });
  const inlineBytesMax = given.inlineBytesMax ?? inlineBytesMaxOf(prices);
  return createAwsStores({ tableName, bucketName, inlineBytesMax });
}
