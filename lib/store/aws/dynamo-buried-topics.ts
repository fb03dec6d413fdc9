/**
 * Deleted topics that wait to be swept, one item each in the same table.
 */

import { DeleteItemCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { BuriedTopic, TopicStore } from '../topic-store.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { dynamoItems } from './dynamo-items.js';
import { type Item, numberValue } from './items/attributes.js';
import {
  buriedPartitionKey,
  buriedTopicFromItem,
  buriedTopicKey,
  buriedTopicToItem,
} from './items/buried-topic-item.js';

export function createDynamoBuriedTopics(
  dynamodb: DynamoDBClient,
  tableName: string,
): Pick<TopicStore, 'bury' | 'buried' | 'forget'> {
  const table = { TableName: tableName };
  const { putUnlessTaken } = dynamoItems(dynamodb, tableName);
  return {
    async bury(topic) {
      await putUnlessTaken({
        Item: buriedTopicToItem(topic),
        ConditionExpression: 'attribute_not_exists(pk) OR c <= :c',
        ExpressionAttributeValues: { ':c': numberValue(topic.partitionCount) },
      });
    },
    async buried(countMax, after) {
      const topics: BuriedTopic[] = [];
      let from: Item | undefined = after === undefined ? undefined : buriedTopicKey(after);
      do {
        const command: QueryCommand = new QueryCommand({
          ...table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: buriedPartitionKey } },
          ConsistentRead: true,
          Limit: countMax - topics.length,
          ExclusiveStartKey: from,
        });
        const { Items = [], LastEvaluatedKey } = await replyTo('read', dynamodb.send(command));
        topics.push(...decodeStored('none', () => Items.map(buriedTopicFromItem)));
        from = LastEvaluatedKey;
      } while (from && topics.length < countMax);
      return topics;
    },
    async forget(topicId) {
      const command = new DeleteItemCommand({ ...table, Key: buriedTopicKey(topicId) });
      await replyTo('write', dynamodb.send(command));
    },
  };
}
