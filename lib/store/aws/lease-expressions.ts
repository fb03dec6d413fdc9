/**
 * The lease of a head, as conditional updates of its item: what lib/log/lease.ts and page-replacement.ts
 * decide. Pure. Attribute names are those of items/head-item.ts.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Leadership, LeaseRequest } from '../../log/lease.js';
import type { PageReplacement } from '../../log/page-replacement.js';
import type { HeadExpression } from './commit-expression.js';
import { numberValue } from './items/attributes.js';

export const leadsCondition = 'l = :leader AND e = :epoch';

export function leadsValues({ leader, leaderEpoch }: Leadership): Record<string, AttributeValue> {
  return { ':leader': { S: leader }, ':epoch': numberValue(leaderEpoch) };
}

export function takeLeaseExpression({ candidate, nowMs, leaseMs }: LeaseRequest): HeadExpression {
  return {
    UpdateExpression: 'SET l = :leader, d = :expires, e = if_not_exists(e, :zero) + :one',
    ConditionExpression: 'attribute_exists(n) AND (attribute_not_exists(l) OR d <= :now)',
    ExpressionAttributeValues: {
      ':leader': { S: candidate },
      ':expires': numberValue(nowMs + leaseMs),
      ':now': numberValue(nowMs),
      ':zero': numberValue(0),
      ':one': numberValue(1),
    },
  };
}

export function renewLeaseExpression(
  leadership: Leadership,
  leaseExpiresMs: number,
): HeadExpression {
  return {
    UpdateExpression: 'SET d = :expires',
    ConditionExpression: leadsCondition,
    ExpressionAttributeValues: {
      ...leadsValues(leadership),
      ':expires': numberValue(leaseExpiresMs),
    },
  };
}

export function releaseLeaseExpression(leadership: Leadership): HeadExpression {
  return {
    UpdateExpression: 'REMOVE l, d',
    ConditionExpression: leadsCondition,
    ExpressionAttributeValues: leadsValues(leadership),
  };
}

/** For the head's part of a transaction: an update where it changes, else only the condition. */
export function replacementExpression(
  leadership: Leadership,
  { page, compactedTo }: PageReplacement,
): Partial<HeadExpression> & Pick<HeadExpression, 'ConditionExpression'> {
  const ConditionExpression = `${leadsCondition} AND b >= :end`;
  const values = { ...leadsValues(leadership), ':end': numberValue(page.nextOffset) };
  if (compactedTo === undefined) {
    return { ConditionExpression, ExpressionAttributeValues: values };
  }
  return {
    UpdateExpression: 'SET c = :compactedTo',
    ConditionExpression: `${ConditionExpression} AND (attribute_not_exists(c) OR c <= :compactedTo)`,
    ExpressionAttributeValues: { ...values, ':compactedTo': numberValue(compactedTo) },
  };
}
