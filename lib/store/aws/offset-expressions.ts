/**
 * The decisions of coordinator/committed-offset.ts, each as one conditional update of its item. Pure.
 * Attribute names are those of items/offset-item.ts.
 */

import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { CommitTerms, Committed } from '../../coordinator/committed-offset.js';
import { numberValue } from './items/attributes.js';

export type OffsetExpression = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
>;

const notBeyond = '(attribute_not_exists(f) OR f <= :epoch)';

export function raiseFenceExpression(epoch: number): OffsetExpression {
  return {
    UpdateExpression: 'SET f = :epoch',
    ConditionExpression: notBeyond,
    ExpressionAttributeValues: { ':epoch': numberValue(epoch) },
  };
}

export function commitOffsetExpression(
  { by, epoch }: CommitTerms,
  { topic, offset, metadata, committedAtMs }: Committed,
): OffsetExpression {
  const conditions = [by === 'owner' ? 'f <= :epoch' : notBeyond];
  if (by !== 'reset') conditions.push('(attribute_not_exists(o) OR o <= :offset)');
  const fence = by === 'owner' ? '' : ', f = :epoch';
  return {
    UpdateExpression: `SET o = :offset, n = :topic, m = :metadata, t = :at${fence}`,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues: {
      ':epoch': numberValue(epoch),
      ':offset': numberValue(offset),
      ':topic': { S: topic },
      ':metadata': { S: metadata },
      ':at': numberValue(committedAtMs),
    },
  };
}
