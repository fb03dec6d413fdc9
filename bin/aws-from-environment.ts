/**
 * The aws store of a server outside AWS. Pointed at an emulator, it makes table and bucket itself; on
 * AWS they belong to the deployed stack and must exist.
 */

import type { Environment } from '../lib/settings/settings.js';
import { createAwsStores } from '../lib/store/aws/aws-stores.js';
import { ensureTableAndBucket } from '../lib/store/aws/create-table.js';
import type { Stores } from '../lib/store/stores.js';

export async function openAwsStores(
  tableName: string,
  bucketName: string,
  environment: Environment,
): Promise<Stores> {
  const overridden = environment.AWS_ENDPOINT_URL || environment.AWS_ENDPOINT_URL_DYNAMODB;
  if (overridden) await ensureTableAndBucket({ tableName, bucketName });
  return createAwsStores({ tableName, bucketName });
}
