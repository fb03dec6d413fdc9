/** The advance's expression: what is sent, to the letter, and that the greatest one fits. */

import { expect, test } from 'vitest';
import { evictionsPerRollMax, tailEntriesPerPage } from '../../../lib/log/limits.js';
import { advanceExpression } from '../../../lib/store/aws/advance-expression.js';
import { encodeSpans } from '../../../lib/store/aws/items/span-format.js';

const advance = {
  tailBaseOffset: 100,
  entryCount: 2,
  nextTailBaseOffset: 110,
  pagedMaxTimestampMs: 99,
  pagedBytes: 5_000,
  rolls: 8,
  windows: {},
  evict: {},
};
const window = { seenAtRoll: 8, spans: [] };

test('without producers', () => {
  expect(advanceExpression(advance)).toEqual({
    UpdateExpression: 'SET b=:base,x=:max,y=:bytes,r=:rolls REMOVE t[0],t[1]',
    ConditionExpression: 'b=:from',
    ExpressionAttributeValues: {
      ':from': { N: '100' },
      ':base': { N: '110' },
      ':max': { N: '99' },
      ':bytes': { N: '5000' },
      ':rolls': { L: [{ N: '8' }] },
    },
  });
});

test('of a whole tail, which must not have grown', () => {
  const expression = advanceExpression({ ...advance, wholeTail: true });
  expect(expression.ConditionExpression).toBe('b=:from AND size(t)=:count');
  expect(expression.ExpressionAttributeValues).toMatchObject({ ':count': { N: '2' } });
});

test('with windows, and producers that leave', () => {
  const windows = { a: window, gone: window };
  const evict = { gone: { epoch: 1, nextSequence: 6 } };
  const expression = advanceExpression({ ...advance, windows, evict });
  expect(expression.UpdateExpression).toBe(
    'SET b=:base,x=:max,y=:bytes,r=:rolls,w.#0=:0,v=v+:one REMOVE t[0],t[1],p.#1,w.#1',
  );
  expect(expression.ConditionExpression).toBe('b=:from AND p.#1=:1');
  expect(expression.ExpressionAttributeNames).toEqual({ '#0': 'a', '#1': 'gone' });
  expect(expression.ExpressionAttributeValues).toMatchObject({
    ':0': { L: [{ B: encodeSpans([]) }, { N: '8' }] },
    ':1': { M: { e: { N: '1' }, s: { N: '6' } } },
    ':one': { N: '1' },
  });
});

test('the greatest advance fits into what an expression holds; who is left over stays', () => {
  const named = <T>(prefix: string, count: number, value: T) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, value]));
  const expression = advanceExpression({
    ...advance,
    entryCount: tailEntriesPerPage,
    windows: named('w', 16 * tailEntriesPerPage, window),
    evict: named('e', 200, { epoch: 0, nextSequence: 1 }),
  });
  const { ExpressionAttributeNames: names = {} } = expression;
  expect(Object.values(names).filter((name) => name.startsWith('e'))).toHaveLength(
    evictionsPerRollMax,
  );
  expect(expression.UpdateExpression.length).toBeLessThan(4_096);
  expect(expression.ConditionExpression.length).toBeLessThan(4_096);
  // DynamoDB counts operators too, and takes 300.
  expect(expression.ConditionExpression.split(/=|AND/).length).toBeLessThan(300);
});
