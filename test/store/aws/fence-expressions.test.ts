/** The fences' expressions: what is sent, to the letter. */

import { expect, test } from 'vitest';
import {
  fencingTokenExpression,
  logStartExpression,
  walFloorExpression,
} from '../../../lib/store/aws/fence-expressions.js';

test.each<[string | null, string | null | undefined, string, string, object | undefined]>([
  ['x', undefined, 'SET k = :token', 'attribute_exists(n)', { ':token': { S: 'x' } }],
  [null, undefined, 'REMOVE k', 'attribute_exists(n)', undefined],
  [
    'x',
    null,
    'SET k = :token',
    'attribute_exists(n) AND attribute_not_exists(k)',
    { ':token': { S: 'x' } },
  ],
  [
    'x',
    'y',
    'SET k = :token',
    'attribute_exists(n) AND k = :expected',
    { ':token': { S: 'x' }, ':expected': { S: 'y' } },
  ],
  [null, 'y', 'REMOVE k', 'attribute_exists(n) AND k = :expected', { ':expected': { S: 'y' } }],
])('token %s where %s is expected', (token, expected, update, condition, values) => {
  const expression = fencingTokenExpression(token, expected);
  expect(expression.UpdateExpression).toBe(update);
  expect(expression.ConditionExpression).toBe(condition);
  expect(expression.ExpressionAttributeValues).toEqual(values);
});

test('the WAL floor only rises', () => {
  expect(walFloorExpression(2_026_112_307)).toEqual({
    UpdateExpression: 'SET f = :floor, o = n',
    ConditionExpression: 'attribute_exists(n) AND f < :floor',
    ExpressionAttributeValues: { ':floor': { N: '2026112307' } },
  });
});

test('the log start only rises, and not beyond the end', () => {
  expect(logStartExpression(12)).toEqual({
    UpdateExpression: 'SET s = :start',
    ConditionExpression: 's < :start AND n >= :start',
    ExpressionAttributeValues: { ':start': { N: '12' } },
  });
});

test('of a leader, the log start rises only while it leads', () => {
  const expression = logStartExpression(12, { leader: 'me', leaderEpoch: 4 });
  expect(expression.ConditionExpression).toBe(
    's < :start AND n >= :start AND l = :leader AND e = :epoch',
  );
  expect(expression.ExpressionAttributeValues).toEqual({
    ':start': { N: '12' },
    ':leader': { S: 'me' },
    ':epoch': { N: '4' },
  });
});
