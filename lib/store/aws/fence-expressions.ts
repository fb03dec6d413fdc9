/**
 * The fences of a head, each as one conditional update of its item: the fencing token, compared and
 * set, the WAL floor and the log start, which only rise. Pure. Attribute names are those of items/head-item.ts.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Leadership } from '../../log/lease.js';
import type { HeadExpression } from './commit-expression.js';
import { numberValue } from './items/attributes.js';
import { leadsCondition, leadsValues } from './lease-expressions.js';

export function fencingTokenExpression(
  token: string | null,
  expected: string | null | undefined,
): HeadExpression {
  const conditions = ['attribute_exists(n)'];
  const values: Record<string, AttributeValue> = {};
  if (token !== null) values[':token'] = { S: token };
  if (expected === null) conditions.push('attribute_not_exists(k)');
  if (typeof expected === 'string') {
    conditions.push('k = :expected');
    values[':expected'] = { S: expected };
  }
  return {
    UpdateExpression: token === null ? 'REMOVE k' : 'SET k = :token',
    ConditionExpression: conditions.join(' AND '),
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
  };
}

export function walFloorExpression(walFloor: number): HeadExpression {
  return {
    UpdateExpression: 'SET f = :floor, o = n',
    ConditionExpression: 'attribute_exists(n) AND f < :floor',
    ExpressionAttributeValues: { ':floor': numberValue(walFloor) },
  };
}

export function logStartExpression(offset: number, leadership?: Leadership): HeadExpression {
  const leads = leadership ? ` AND ${leadsCondition}` : '';
  return {
    UpdateExpression: 'SET s = :start',
    ConditionExpression: `s < :start AND n >= :start${leads}`,
    ExpressionAttributeValues: {
      ':start': numberValue(offset),
      ...(leadership && leadsValues(leadership)),
    },
  };
}

/** For ever: nothing removes it. */
export const closeExpression: HeadExpression = {
  UpdateExpression: 'SET z = :closed',
  ConditionExpression: 'attribute_exists(n)',
  ExpressionAttributeValues: { ':closed': { BOOL: true } },
};
