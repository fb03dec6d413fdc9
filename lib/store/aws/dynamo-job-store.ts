/** What runs of maintenance leave for each other, in one item of the table. */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { JobStore } from '../job-store.js';
import { replyTo } from './aws-errors.js';
import { dynamoItems } from './dynamo-items.js';
import { numberValue } from './items/attributes.js';
import { cursorFromItem, jobsKey } from './items/jobs-item.js';

export function createDynamoJobStore(dynamodb: DynamoDBClient, tableName: string): JobStore {
  const { getItem } = dynamoItems(dynamodb, tableName);

  async function update(change: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<void> {
    const command = new UpdateItemCommand({ TableName: tableName, Key: jobsKey, ...change });
    await replyTo('write', dynamodb.send(command));
  }

  return {
    readCursor: () => getItem(jobsKey, cursorFromItem),
    writeCursor: (cursor) =>
      update(
        cursor
          ? {
              UpdateExpression: 'SET t = :topic, p = :partition',
              ExpressionAttributeValues: {
                ':topic': { S: cursor.topic },
                ':partition': numberValue(cursor.partition),
              },
            }
          : { UpdateExpression: 'REMOVE t, p' },
      ),
    async claimAsk(nowMs, everyMs) {
      try {
        await update({
          UpdateExpression: 'SET a = :now',
          // The rule of `mayAsk`.
          ConditionExpression: 'attribute_not_exists(a) OR a <= :before OR a > :after',
          ExpressionAttributeValues: {
            ':now': numberValue(nowMs),
            ':before': numberValue(nowMs - everyMs),
            ':after': numberValue(nowMs + everyMs),
          },
        });
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
