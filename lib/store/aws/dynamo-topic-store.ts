/**
 * Topics and the counter of producer ids, in the same DynamoDB table as the partition index. What brings
 * partitions into sight is one transaction with the check of the store's WAL floor.
 */

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type AlterOutcome, alteredTopic, grows, type TopicStore } from '../topic-store.js';
import { alterTopicExpression } from './alter-topic-expression.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { createDynamoBuriedTopics } from './dynamo-buried-topics.js';
import { listItems } from './dynamo-listing.js';
import { hasFailed, transact } from './dynamo-transactions.js';
import { createDynamoWalFloor } from './dynamo-wal-floor.js';
import { type Item, numberValue } from './items/attributes.js';
import { producerIdFromItem, producerIdKey } from './items/producer-id-item.js';
import { topicFromItem, topicKey, topicsPartitionKey, topicToItem } from './items/topic-item.js';

export function createDynamoTopicStore(dynamodb: DynamoDBClient, tableName: string): TopicStore {
  const table = { TableName: tableName };
  const floors = createDynamoWalFloor(dynamodb, tableName);
  return {
    walFloor: floors.read,
    raiseWalFloor: floors.raise,
    ...createDynamoBuriedTopics(dynamodb, tableName),
    async create(topic, walFloor = 0) {
      const put = {
        ...table,
        Item: topicToItem(topic),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      };
      const reasons = await transact(dynamodb, [{ Put: put }, floors.check(walFloor)]);
      if (!reasons) return 'created';
      const [onTopic] = reasons;
      if (!hasFailed(onTopic)) return 'belowFloor';
      // With our own id, it is this very call whose first reply was lost.
      const Item = onTopic?.Item;
      const there = Item && decodeStored('none', () => topicFromItem(Item));
      return there?.topicId === topic.topicId ? 'created' : 'exists';
    },
    async find(name) {
      const command = new GetItemCommand({ ...table, Key: topicKey(name), ConsistentRead: true });
      const { Item } = await replyTo('read', dynamodb.send(command));
      return Item && decodeStored('none', () => topicFromItem(Item));
    },
    async list(countMax, after) {
      const listing = { pk: topicsPartitionKey, countMax, after };
      const { page: topics, ...more } = await listItems(
        dynamodb,
        tableName,
        listing,
        topicFromItem,
      );
      return { topics, ...more };
    },
    async alter(before, state, walFloor = 0) {
      const update = {
        ...table,
        Key: topicKey(before.name),
        ...alterTopicExpression(before, state),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      };
      const altered = { kind: 'altered', topic: alteredTopic(before, state) } as const;
      const otherwise = (Item: Item | undefined): AlterOutcome => {
        const topic = Item && decodeStored('none', () => topicFromItem(Item));
        return topic?.topicId === before.topicId ? { kind: 'stale', topic } : { kind: 'missing' };
      };
      if (grows(before, state)) {
        const reasons = await transact(dynamodb, [{ Update: update }, floors.check(walFloor)]);
        if (!reasons) return altered;
        const [onTopic] = reasons;
        return hasFailed(onTopic) ? otherwise(onTopic?.Item) : { kind: 'belowFloor' };
      }
      try {
        await replyTo('write', dynamodb.send(new UpdateItemCommand(update)));
        return altered;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return otherwise(error.Item);
        throw error;
      }
    },
    async delete({ name, topicId, partitionCount }) {
      const command = new DeleteItemCommand({
        ...table,
        Key: topicKey(name),
        ConditionExpression: 'i = :topicId AND c = :count',
        ExpressionAttributeValues: {
          ':topicId': { S: topicId },
          ':count': numberValue(partitionCount),
        },
      });
      try {
        await replyTo('write', dynamodb.send(command));
        return 'deleted';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'missing';
        throw error;
      }
    },
    async nextProducerId() {
      const command = new UpdateItemCommand({
        ...table,
        Key: producerIdKey,
        UpdateExpression: 'ADD c :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'UPDATED_NEW',
      });
      const { Attributes } = await replyTo('write', dynamodb.send(command));
      return decodeStored('unknown', () => producerIdFromItem(Attributes ?? {}));
    },
  };
}
