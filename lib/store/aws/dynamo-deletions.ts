/**
 * Many items deleted, in as few requests as DynamoDB takes. It may put some off: those are asked for again.
 */

import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { StoreError } from '../store-error.js';
import { replyTo } from './aws-errors.js';
import type { Item } from './items/attributes.js';

/** DynamoDB's own limit for one BatchWriteItem. */
const deletesPerBatch = 25;
const batchAttemptsMax = 8;
const pauseMs = 25;

/** By their keys. Those that are not there are fine. */
export async function deleteItems(
  dynamodb: DynamoDBClient,
  tableName: string,
  keys: readonly Item[],
): Promise<void> {
  for (let start = 0; start < keys.length; start += deletesPerBatch) {
    await deleteBatch(dynamodb, tableName, keys.slice(start, start + deletesPerBatch));
  }
}

async function deleteBatch(
  dynamodb: DynamoDBClient,
  tableName: string,
  keys: readonly Item[],
): Promise<void> {
  let left: WriteRequest[] = keys.map((key) => ({ DeleteRequest: { Key: key } }));
  for (let attempt = 1; left.length > 0; attempt++) {
    const command = new BatchWriteItemCommand({ RequestItems: { [tableName]: left } });
    const { UnprocessedItems } = await replyTo('write', dynamodb.send(command));
    left = UnprocessedItems?.[tableName] ?? [];
    if (left.length === 0) return;
    if (attempt === batchAttemptsMax) {
      const message = `${left.length} of ${keys.length} items were not deleted`;
      throw new StoreError(message, { reason: 'throttled', effect: 'unknown' });
    }
    await pauseAfter(attempt);
  }
}

/** Longer from attempt to attempt, and never the same for two who got in each other's way. */
export function pauseAfter(attempt: number): Promise<void> {
  const delayMs = pauseMs * attempt * (0.5 + Math.random());
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
