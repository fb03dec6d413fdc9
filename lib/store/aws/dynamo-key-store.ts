/**
 * Access keys in the same DynamoDB table as everything else, their secrets sealed by KMS.
 */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { KeyList, KeyStore } from '../key-store.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { type Item, numberValue, textOf } from './items/attributes.js';
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
    list: (countMax, after) => listKeys(dynamodb, tableName, countMax, after),
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

async function listKeys(
  dynamodb: DynamoDBClient,
  tableName: string,
  countMax: number,
  after: string | undefined,
): Promise<KeyList> {
  const found: Item[] = [];
  let from = after === undefined ? undefined : keyItemKey(after);
  do {
    const command = new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: keysPartitionKey } },
      ConsistentRead: true,
      Limit: countMax + 1 - found.length,
      ExclusiveStartKey: from,
    });
    const reply = await replyTo('read', dynamodb.send(command));
    found.push(...(reply.Items ?? []));
    const last = reply.LastEvaluatedKey;
    from = last && keyItemKey(decodeStored('none', () => textOf(last, 'sk')));
  } while (from && found.length <= countMax);
  const keys = decodeStored('none', () => found.slice(0, countMax).map(keyFromItem));
  const last = keys.at(-1);
  return found.length > countMax && last ? { keys, after: last.keyId } : { keys };
}
