/**
 * The WAL floor of the whole store, one item: raised by clean-up, and a condition of every transaction that
 * brings partitions into sight.
 */

import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { dynamoItems } from './dynamo-items.js';
import { numberValue } from './items/attributes.js';
import { walFloorFromItem, walFloorKey, walFloorToItem } from './items/wal-floor-item.js';

export type DynamoWalFloor = {
  read(): Promise<number>;
  raise(walFloor: number): Promise<void>;
  /** Fails once the floor is above `walFloor`. */
  check(walFloor: number): TransactWriteItem;
};

export function createDynamoWalFloor(dynamodb: DynamoDBClient, tableName: string): DynamoWalFloor {
  const { getItem, putUnlessTaken } = dynamoItems(dynamodb, tableName);
  return {
    read: async () => (await getItem(walFloorKey, walFloorFromItem)) ?? 0,
    async raise(walFloor) {
      await putUnlessTaken({
        Item: walFloorToItem(walFloor),
        ConditionExpression: 'attribute_not_exists(pk) OR f < :f',
        ExpressionAttributeValues: { ':f': numberValue(walFloor) },
      });
    },
    check: (walFloor) => ({
      ConditionCheck: {
        TableName: tableName,
        Key: walFloorKey,
        ConditionExpression: 'attribute_not_exists(pk) OR f <= :f',
        ExpressionAttributeValues: { ':f': numberValue(walFloor) },
      },
    }),
  };
}
