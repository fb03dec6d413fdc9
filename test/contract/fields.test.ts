/** lib/contract/fields.js: numbers, times and queries as text, taken strictly. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendQuery,
  decimal,
  fencingToken,
  fetchQuery,
  listQuery,
  offset,
  offsetsQuery,
  partitionAppendQuery,
  partitionPath,
  recordFormat,
  recordFormats,
  timestampMs,
  topicPath,
} from '../../lib/contract/fields.js';

// Fault 31 of docs/faults.md.
describe('decimals', () => {
  test('every safe integer is one', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(decimal().parse(String(value))).toBe(value);
      }),
    );
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '-0',
    '1.0',
    '1e3',
    '0x1',
    '0b1',
    '1_000',
    '1,000',
    '１',
    '٣',
    'NaN',
    'Infinity',
    '9007199254740992',
    '99999999999999999',
    '1\n',
    '1n',
    'null',
    '𝟏',
  ])('%j is none', (text) => {
    expect(decimal().safeParse(text).success).toBe(false);
  });

  test('bounds are part of it', () => {
    const bounded = decimal(10, 2);
    expect(['2', '10', '007'].map((text) => bounded.parse(text))).toEqual([2, 10, 7]);
    for (const text of ['1', '11', '0']) expect(bounded.safeParse(text).success).toBe(false);
  });
});

// Fault 18 of docs/faults.md.
describe('instants', () => {
  const instant = (timestamp: string) => offsetsQuery.safeParse({ timestamp }).data?.timestamp;

  test.each([
    ['0', 0],
    ['1700000000123', 1_700_000_000_123],
    ['1970-01-01', 0],
    ['1970-01-01T00:00Z', 0],
    ['1970-01-01T00:00:01Z', 1000],
    ['1970-01-01T00:00:01.5Z', 1500],
    ['1970-01-01T02:00:00+02:00', 0],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s', (text, expected) => {
    expect(instant(text)).toBe(expected);
  });

  test.each([
    '-1',
    '1.5',
    '1e3',
    '',
    ' ',
    'now',
    'abc 1',
    '2024-01',
    '5/5/2020',
    '2024-01-01T00:00:00',
    '2024-01-01 00:00:00Z',
    '2024-13-01',
    '2024-01-01T25:00:00Z',
    '1969-12-31T23:59:59Z',
    'Mon, 01 Jan 2024 00:00:00 GMT',
    '9007199254740992',
    '2024-01-01T00:00:00+0100',
  ])('%j is refused', (text) => {
    const parsed = offsetsQuery.safeParse({ timestamp: text });
    expect(parsed.error?.issues[0]?.message).toMatch(/milliseconds since 1970 or an ISO 8601/);
  });

  test('every date that JavaScript writes is one', () => {
    const dates = fc.date({ min: new Date(0), max: new Date(8.64e15 / 100), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(instant(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('queries', () => {
  test('defaults', () => {
    expect(fetchQuery.parse({})).toEqual({ format: 'text' });
    expect(appendQuery.parse({})).toEqual({ format: 'text', acks: 'all' });
    expect(listQuery.parse({})).toEqual({});
  });

  test('what is unknown is refused in each', () => {
    for (const query of [fetchQuery, appendQuery, partitionAppendQuery, listQuery, offsetsQuery]) {
      expect(query.safeParse({ unknown: '1' }).success).toBe(false);
    }
  });

  test('limits are in the message', () => {
    const issues = (query: Record<string, string>) =>
      fetchQuery
        .safeParse(query)
        .error?.issues.map(({ message }) => message)
        .join();
    expect(issues({ waitMs: '60001' })).toContain('60000');
    expect(issues({ maxBytes: '33554433' })).toContain('33554432');
  });
});

test('paths', () => {
  expect(topicPath.parse({ topic: 'x' })).toEqual({ topic: 'x' });
  expect(partitionPath.parse({ topic: 'x', partition: '7' })).toEqual({ topic: 'x', partition: 7 });
  expect(partitionPath.safeParse({ topic: 'x', partition: '2147483648' }).success).toBe(false);
});

test('fencing tokens are short, not empty, and text', () => {
  expect(fencingToken.safeParse('x'.repeat(36)).success).toBe(true);
  for (const token of ['', 'x'.repeat(37), '\ud800', 5]) {
    expect(fencingToken.safeParse(token).success).toBe(false);
  }
});

test('numbers in JSON are whole and safe', () => {
  for (const schema of [offset, timestampMs]) {
    expect(schema.safeParse(0).success).toBe(true);
    for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53, '0', null, 1n]) {
      expect(schema.safeParse(wrong).success).toBe(false);
    }
  }
});

test('formats are three', () => {
  expect(recordFormats.map((format) => recordFormat.parse(format))).toEqual([
    'text',
    'json',
    'base64',
  ]);
  expect(recordFormat.safeParse('avro').success).toBe(false);
});
