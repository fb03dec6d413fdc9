/**
 * Small WAL objects as items of the table: one write where S3 takes a PUT, cheaper and faster up to a few
 * KiB. Like any object they are written once, and only what a commit points to is ever read.
 */

import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { assert } from '../../log/assert.js';
import { parseWalKey, type WalKey } from '../../log/wal-key.js';
import type { ObjectStore } from '../object-store.js';
import { StoreError } from '../store-error.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { inlineFromItem, inlineItemKey, inlineToItem } from './items/inline-item.js';

/** DynamoDB's own limit for one BatchWriteItem. */
const deleteKeysMax = 25;

/** How often what DynamoDB did not get to is asked for again. */
const deleteAttemptsMax = 8;
const deletePauseMs = 50;

export function createDynamoInlineObjects(
  dynamodb: DynamoDBClient,
  tableName: string,
): Pick<ObjectStore, 'put' | 'read' | 'delete'> {
  const table = { TableName: tableName };

  async function deleteChunk(keys: readonly string[]): Promise<void> {
    let left: WriteRequest[] = keys.map((key) => ({
      DeleteRequest: { Key: inlineItemKey(walKeyOf(key)) },
    }));
    for (let attempt = 1; left.length > 0; attempt++) {
      const command = new BatchWriteItemCommand({ RequestItems: { [tableName]: left } });
      const { UnprocessedItems } = await replyTo('write', dynamodb.send(command));
      left = UnprocessedItems?.[tableName] ?? [];
      if (left.length > 0) await pauseAfter(attempt);
    }
  }

  return {
    async put(key, parts) {
      const Item = inlineToItem(walKeyOf(key), parts);
      const ConditionExpression = 'attribute_not_exists(pk)';
      try {
        const command = new PutItemCommand({ ...table, Item, ConditionExpression });
        await replyTo('write', dynamodb.send(command));
        return 'written';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'exists';
        throw error;
      }
    },
    async read(key, position, sizeBytes) {
      const Key = inlineItemKey(walKeyOf(key));
      const command = new GetItemCommand({ ...table, Key, ConsistentRead: true });
      const { Item } = await replyTo('read', dynamodb.send(command));
      if (!Item) return { kind: 'missing' };
      const object = decodeStored('none', () => inlineFromItem(Item));
      const bytes = object.slice(position, position + sizeBytes);
      if (bytes.length === sizeBytes) return { kind: 'bytes', bytes };
      throw new StoreError(`object ${key} ends at ${object.length}`, {
        reason: 'corrupt',
        effect: 'none',
      });
    },
    async delete(keys) {
      for (let start = 0; start < keys.length; start += deleteKeysMax) {
        await deleteChunk(keys.slice(start, start + deleteKeysMax));
      }
    },
  };
}

function walKeyOf(key: string): WalKey {
  const parsed = parseWalKey(key);
  assert(parsed?.inline === true, `${key} is the key of an inline object`);
  return parsed;
}

async function pauseAfter(attempt: number): Promise<void> {
  if (attempt >= deleteAttemptsMax) {
    const facts = { reason: 'throttled', effect: 'unknown' } as const;
    throw new StoreError('deletes were put off again and again', facts);
  }
  const delayMs = Math.random() * deletePauseMs * 2 ** attempt;
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}
