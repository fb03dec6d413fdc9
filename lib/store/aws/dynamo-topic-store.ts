/**
 * Topics and the counter of producer ids, in the same DynamoDB table as the partition index.
 */

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { alteredTopic, type TopicStore } from '../topic-store.js';
import { alterTopicExpression } from './alter-topic-expression.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { createDynamoBuriedTopics } from './dynamo-buried-topics.js';
import { listItems } from './dynamo-listing.js';
import { numberValue } from './items/attributes.js';
import { producerIdFromItem, producerIdKey } from './items/producer-id-item.js';
import { topicFromItem, topicKey, topicsPartitionKey, topicToItem } from './items/topic-item.js';

export function createDynamoTopicStore(dynamodb: DynamoDBClient, tableName: string): TopicStore {
  const table = { TableName: tableName };
  return {
    ...createDynamoBuriedTopics(dynamodb, tableName),
    async create(topic) {
      const command = new PutItemCommand({
        ...table,
        Item: topicToItem(topic),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await replyTo('write', dynamodb.send(command));
        return 'created';
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // With our own id, it is this very call whose first reply was lost.
        const { Item } = error;
        const there = Item && decodeStored('none', () => topicFromItem(Item));
        return there?.topicId === topic.topicId ? 'created' : 'exists';
      }
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
    async alter(before, state) {
      const command = new UpdateItemCommand({
        ...table,
        Key: topicKey(before.name),
        ...alterTopicExpression(before, state),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await replyTo('write', dynamodb.send(command));
        return { kind: 'altered', topic: alteredTopic(before, state) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        const { Item } = error;
        const topic = Item && decodeStored('none', () => topicFromItem(Item));
        return topic?.topicId === before.topicId ? { kind: 'stale', topic } : { kind: 'missing' };
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
