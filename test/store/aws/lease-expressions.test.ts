/** The expressions of leaders, to the letter. */

import { expect, test } from 'vitest';
import {
  releaseLeaseExpression,
  renewLeaseExpression,
  replacementExpression,
  takeLeaseExpression,
} from '../../../lib/store/aws/lease-expressions.js';

const me = { leader: 'me', leaderEpoch: 4 };
const leads = { ':leader': { S: 'me' }, ':epoch': { N: '4' } };
const page = { baseOffset: 0, nextOffset: 9, maxTimestampMs: 0, endBytes: 0, locations: [] };

test('a lease is taken where there is none, or an old one', () => {
  expect(takeLeaseExpression({ candidate: 'me', nowMs: 100, leaseMs: 10 })).toEqual({
    UpdateExpression: 'SET l = :leader, d = :expires, e = if_not_exists(e, :zero) + :one',
    ConditionExpression: 'attribute_exists(n) AND (attribute_not_exists(l) OR d <= :now)',
    ExpressionAttributeValues: {
      ':leader': { S: 'me' },
      ':expires': { N: '110' },
      ':now': { N: '100' },
      ':zero': { N: '0' },
      ':one': { N: '1' },
    },
  });
});

test('all else is for the leader of this epoch', () => {
  expect(renewLeaseExpression(me, 120)).toEqual({
    UpdateExpression: 'SET d = :expires',
    ConditionExpression: 'l = :leader AND e = :epoch',
    ExpressionAttributeValues: { ...leads, ':expires': { N: '120' } },
  });
  expect(releaseLeaseExpression(me)).toEqual({
    UpdateExpression: 'REMOVE l, d',
    ConditionExpression: 'l = :leader AND e = :epoch',
    ExpressionAttributeValues: leads,
  });
  expect(replacementExpression(me, { page })).toEqual({
    ConditionExpression: 'l = :leader AND e = :epoch AND b >= :end',
    ExpressionAttributeValues: { ...leads, ':end': { N: '9' } },
  });
  expect(replacementExpression(me, { page, compactedTo: 9 })).toEqual({
    UpdateExpression: 'SET c = :compactedTo',
    ConditionExpression:
      'l = :leader AND e = :epoch AND b >= :end AND (attribute_not_exists(c) OR c <= :compactedTo)',
    ExpressionAttributeValues: { ...leads, ':end': { N: '9' }, ':compactedTo': { N: '9' } },
  });
});
