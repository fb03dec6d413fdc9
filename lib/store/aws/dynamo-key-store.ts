/**
 * Access keys in the same DynamoDB table as everything else, their secrets sealed by KMS.
 */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { KeyStore } from '../key-store.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { listItems } from './dynamo-listing.js';
import { numberValue } from './items/attributes.js';
import { keyFromItem, keyItemKey, keysPartitionKey, keyToItem } from './items/key-item.js';

export function createDynamoKeyStore(dynamodb: DynamoDBClient, tableName: string): KeyStore {
  const table = { TableName: tableName };
  return {
    async create(key) {
      const command = new PutItemCommand({
        ...table,
        Item: keyToItem(key),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await replyTo('write', dynamodb.send(command));
        return 'created';
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // With our own secret, it is this very call whose first reply was lost.
        const { Item } = error;
        const there = Item && decodeStored('none', () => keyFromItem(Item));
        return there?.sealedSecret === key.sealedSecret ? 'created' : 'exists';
      }
    },
    async find(keyId) {
      const command = new GetItemCommand({
        ...table,
        Key: keyItemKey(keyId),
        ConsistentRead: true,
      });
      const { Item } = await replyTo('read', dynamodb.send(command));
      return Item && decodeStored('none', () => keyFromItem(Item));
    },
    async list(countMax, after) {
      const listing = { pk: keysPartitionKey, countMax, after };
      const { page: keys, ...more } = await listItems(dynamodb, tableName, listing, keyFromItem);
      return { keys, ...more };
    },
    async revoke(keyId, atMs) {
      const command = new UpdateItemCommand({
        ...table,
        Key: keyItemKey(keyId),
        UpdateExpression: 'SET r = if_not_exists(r, :at)',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':at': numberValue(atMs) },
      });
      try {
        await replyTo('write', dynamodb.send(command));
        return 'revoked';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'missing';
        throw error;
      }
    },
  };
}
