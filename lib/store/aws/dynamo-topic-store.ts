/**
 * Topics and the counter of producer ids, in the same DynamoDB table as the partition index.
 */

import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { alteredTopic, type Topic, type TopicList, type TopicStore } from '../topic-store.js';
import { alterTopicExpression } from './alter-topic-expression.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { createDynamoBuriedTopics } from './dynamo-buried-topics.js';
import { numberValue, textOf } from './items/attributes.js';
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
    list: (countMax, after) => listTopics(dynamodb, tableName, countMax, after),
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

/** Asks for one more than it returns: that alone tells whether there are more. */
async function listTopics(
  dynamodb: DynamoDBClient,
  tableName: string,
  countMax: number,
  after: string | undefined,
): Promise<TopicList> {
  const found: Record<string, AttributeValue>[] = [];
  let from = after === undefined ? undefined : topicKey(after);
  do {
    const command = new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: topicsPartitionKey } },
      ConsistentRead: true,
      Limit: countMax + 1 - found.length,
      ExclusiveStartKey: from,
    });
    const reply = await replyTo('read', dynamodb.send(command));
    found.push(...(reply.Items ?? []));
    const last = reply.LastEvaluatedKey;
    from = last && topicKey(decodeStored('none', () => textOf(last, 'sk')));
  } while (from && found.length <= countMax);
  const topics: Topic[] = decodeStored('none', () => found.slice(0, countMax).map(topicFromItem));
  const last = topics.at(-1);
  return found.length > countMax && last ? { topics, after: last.name } : { topics };
}
