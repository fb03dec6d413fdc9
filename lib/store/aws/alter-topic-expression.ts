/**
 * The alteration of a topic as one conditional update of its item: this topic, at this version. Pure.
 * Attribute names are those of items/topic-item.ts.
 */

import type { Topic, TopicState } from '../topic-store.js';
import { numberValue } from './items/attributes.js';
import { lineageToValue, textsToValue } from './items/topic-item.js';

export function alterTopicExpression(
  { topicId, version }: Topic,
  { partitionCount, configs, tags, annotations, lineage }: TopicState,
) {
  const atVersion = version === 0 ? 'attribute_not_exists(v)' : 'v = :version';
  return {
    UpdateExpression: `SET c = :count, g = :configs, a = :tags, n = :annotations, v = :next${
      lineage ? ', l = :lineage' : ''
    }`,
    ConditionExpression: `i = :topicId AND ${atVersion}`,
    ExpressionAttributeValues: {
      ':topicId': { S: topicId },
      ':count': numberValue(partitionCount),
      ':configs': textsToValue(configs),
      ':tags': textsToValue(tags),
      ':annotations': textsToValue(annotations),
      ...(lineage && { ':lineage': lineageToValue(lineage) }),
      ':next': numberValue(version + 1),
      ...(version === 0 ? {} : { ':version': numberValue(version) }),
    },
  };
}
