/**
 * The three requests that the partition index is made of: a conditional update of a head, a put that
 * gives way, and a read that sees all that was acknowledged before it.
 */

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { PartitionRef } from '../../log/partition-head.js';
import type { HeadChange } from '../partition-index.js';
import { decodeStored, replyTo } from './aws-errors.js';
import type { HeadExpression } from './commit-expression.js';
import type { Item } from './items/attributes.js';
import { headFromItem, headKey } from './items/head-item.js';

export type DynamoItems = ReturnType<typeof dynamoItems>;

export function dynamoItems(dynamodb: DynamoDBClient, tableName: string) {
  const table = { TableName: tableName };

  async function changeHead(ref: PartitionRef, expression: HeadExpression): Promise<HeadChange> {
    const command = new UpdateItemCommand({
      ...table,
      Key: headKey(ref),
      ...expression,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes } = await replyTo('write', dynamodb.send(command));
      const head = decodeStored('unknown', () => headFromItem(Attributes ?? {}));
      return { kind: 'changed', head };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const { Item } = error;
      if (!Item) return { kind: 'noPartition' };
      return { kind: 'refused', head: decodeStored('none', () => headFromItem(Item)) };
    }
  }

  /** An item whose place is taken stays: that is the point of its condition. Says whether it was put. */
  async function putUnlessTaken(put: Omit<PutItemCommandInput, 'TableName'>): Promise<boolean> {
    try {
      await replyTo('write', dynamodb.send(new PutItemCommand({ ...table, ...put })));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return false;
    }
  }

  async function getItem<T>(key: Item, decode: (item: Item) => T): Promise<T | undefined> {
    const command = new GetItemCommand({ ...table, Key: key, ConsistentRead: true });
    const { Item } = await replyTo('read', dynamodb.send(command));
    return Item && decodeStored('none', () => decode(Item));
  }

  return { changeHead, putUnlessTaken, getItem };
}
