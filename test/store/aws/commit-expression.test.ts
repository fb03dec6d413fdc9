/** The commit's expression: what is sent for each kind of request, to the letter. */

import { expect, test } from 'vitest';
import type { CommitRequest } from '../../../lib/log/commit.js';
import { encodeTailEntry } from '../../../lib/log/location-format.js';
import { commitExpression } from '../../../lib/store/aws/commit-expression.js';
import { encodeSpans } from '../../../lib/store/aws/items/span-format.js';
import { sampleEntry, sampleRequest, sampleStamp } from './samples.js';

const always =
  'attribute_exists(n) AND attribute_not_exists(z) AND f <= :bucket AND size(t) < :tailEntriesMax';
const append = 'SET n = n + :count, t = list_append(t, :entry)';
const spans = [{ epoch: 2, baseSequence: 0, nextSequence: 9, baseOffset: 40 }];
const parked = { epoch: 2, nextSequence: 9, spans, lastBaseOffset: 40 };

test('a producer that goes on', () => {
  const stamp = sampleStamp({ epoch: 1, baseSequence: 7, nextSequence: 12 });
  expect(commitExpression(sampleRequest({ entry: sampleEntry([stamp]) }))).toEqual({
    UpdateExpression: `${append}, p.#p0 = :next0`,
    ConditionExpression: `${always} AND (p.#p0 = :expected0)`,
    ExpressionAttributeNames: { '#p0': 'a' },
    ExpressionAttributeValues: {
      ':count': { N: '5' },
      ':entry': { L: [{ B: encodeTailEntry(sampleEntry([stamp])) }] },
      ':bucket': { N: '2026112307' },
      ':tailEntriesMax': { N: '192' },
      ':next0': { M: { e: { N: '1' }, s: { N: '12' } } },
      ':expected0': { M: { e: { N: '1' }, s: { N: '7' } } },
    },
  });
});

test('without producers there are no names, which DynamoDB refuses to see empty', () => {
  const expression = commitExpression(sampleRequest({ entry: sampleEntry([]) }));
  expect(expression).not.toHaveProperty('ExpressionAttributeNames');
  expect(expression.ConditionExpression).toBe(always);
});

test('the conditions of a single writer', () => {
  const expression = commitExpression(
    sampleRequest({ entry: sampleEntry([]), expectedNextOffset: 40, fencingToken: 'me' }),
  );
  expect(expression.ConditionExpression).toBe(
    `${always} AND n = :expectedNextOffset AND k = :token`,
  );
  expect(expression.ExpressionAttributeValues).toMatchObject({
    ':expectedNextOffset': { N: '40' },
    ':token': { S: 'me' },
  });
});

const present = 'p.#p0 = :expected0';
const newEpoch = 'p.#p0.e < :epoch0';
const absent = '(attribute_not_exists(p.#p0) AND v = :evictions0)';
const atNine = { epoch: 2, baseSequence: 9, nextSequence: 14 };

test.each<[why: string, stamp: object, CommitRequest['admissions'], clause: string]>([
  ['at 0, a newer epoch will do', {}, {}, `${present} OR ${newEpoch}`],
  ['past 0 it will not', { baseSequence: 3 }, {}, present],
  [
    'a new producer begins at 0',
    {},
    { a: { evictions: 4, parked: null } },
    `${present} OR ${newEpoch} OR ${absent}`,
  ],
  [
    'a new producer past 0 is not admitted',
    { baseSequence: 3 },
    { a: { evictions: 4, parked: null } },
    present,
  ],
  [
    'a parked producer goes on where it was',
    atNine,
    { a: { evictions: 4, parked } },
    `${present} OR ${absent}`,
  ],
  [
    'a parked producer goes nowhere else',
    { ...atNine, baseSequence: 10 },
    { a: { evictions: 4, parked } },
    present,
  ],
  [
    'a batch that a parked producer has already is not admitted',
    { epoch: 2, baseSequence: 0, nextSequence: 9 },
    { a: { evictions: 4, parked } },
    `${present} OR ${newEpoch}`,
  ],
  [
    "somebody else's admission is nothing",
    {},
    { b: { evictions: 4, parked: null } },
    `${present} OR ${newEpoch}`,
  ],
])('%s', (_why, stamp, admissions, clause) => {
  const entry = sampleEntry([sampleStamp(stamp)]);
  const expression = commitExpression(sampleRequest({ entry, admissions }));
  expect(expression.ConditionExpression).toBe(`${always} AND (${clause})`);
  const admitted = clause.includes(absent);
  expect(expression.UpdateExpression.includes('w.#p0')).toBe(admitted);
  expect(':evictions0' in (expression.ExpressionAttributeValues ?? {})).toBe(admitted);
});

test('a new producer gets the place of a window', () => {
  const admissions = { a: { evictions: 4, parked: null } };
  const expression = commitExpression(sampleRequest({ admissions }));
  expect(expression.UpdateExpression).toBe(
    `${append}, p.#p0 = :next0, w.#p0 = if_not_exists(w.#p0, :window0)`,
  );
  expect(expression.ExpressionAttributeValues).toMatchObject({ ':window0': { L: [] } });
});

test("a parked producer brings its spans, and gets the head's roll count with them", () => {
  const entry = sampleEntry([sampleStamp(atNine)]);
  const admissions = { a: { evictions: 4, parked } };
  const expression = commitExpression(sampleRequest({ entry, admissions }));
  expect(expression.UpdateExpression).toBe(
    `${append}, p.#p0 = :next0, w.#p0 = list_append(if_not_exists(w.#p0, :window0), r)`,
  );
  expect(expression.ExpressionAttributeValues).toMatchObject({
    ':window0': { L: [{ B: encodeSpans(spans) }] },
    ':evictions0': { N: '4' },
  });
});

test("of one producer's stamps the first is expected and the last is stored", () => {
  const stamps = [
    sampleStamp({ baseSequence: 7, nextSequence: 9 }),
    sampleStamp({ producer: 'b', baseSequence: 3, nextSequence: 4 }),
    sampleStamp({ baseSequence: 9, nextSequence: 12 }),
  ];
  const expression = commitExpression(sampleRequest({ entry: sampleEntry(stamps) }));
  expect(expression.ConditionExpression).toBe(
    `${always} AND (p.#p0 = :expected0) AND (p.#p1 = :expected1)`,
  );
  expect(expression.ExpressionAttributeNames).toEqual({ '#p0': 'a', '#p1': 'b' });
  expect(expression.ExpressionAttributeValues).toMatchObject({
    ':expected0': { M: { s: { N: '7' } } },
    ':next0': { M: { s: { N: '12' } } },
    ':expected1': { M: { s: { N: '3' } } },
    ':next1': { M: { s: { N: '4' } } },
  });
});

test('stamps that do not follow on are a condition that no head meets', () => {
  const stamps = [sampleStamp({ nextSequence: 2 }), sampleStamp({ baseSequence: 3 })];
  const expression = commitExpression(sampleRequest({ entry: sampleEntry(stamps) }));
  expect(expression.ConditionExpression).toBe(`${always} AND attribute_not_exists(n)`);
  expect(expression).not.toHaveProperty('ExpressionAttributeNames');
});

test('the most producers that one commit carries fit into what an expression holds', () => {
  const stamps = Array.from({ length: 16 }, (_, i) => sampleStamp({ producer: `producer-${i}` }));
  const start = { ...parked, epoch: 0, nextSequence: 0 };
  const admissions = Object.fromEntries(
    stamps.map(({ producer }) => [producer, { evictions: 4, parked: start }]),
  );
  const expression = commitExpression(sampleRequest({ entry: sampleEntry(stamps), admissions }));
  expect(expression.ConditionExpression).toContain(':evictions15');
  expect(expression.ConditionExpression.length).toBeLessThan(4_096);
  expect(expression.UpdateExpression.length).toBeLessThan(4_096);
});
