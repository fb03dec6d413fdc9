/** lib/contract/records.js: records as JSON, strict on the way in, described on the way out. */

import { describe, expect, test } from 'vitest';
import {
  batchContentType,
  fetchHeaders,
  ndjsonContentType,
} from '../../lib/contract/media-types.js';
import {
  acceptedResponse,
  appendRequest,
  appendResponse,
  fetchResponse,
  partitionAppendResponse,
  recordInput,
  recordOutput,
} from '../../lib/contract/records.js';

describe('records in', () => {
  test.each([
    [{ value: 'a' }],
    [{ value: null }],
    [{ value: { any: ['thing', 1] }, key: 5 }],
    [{ value: '', key: null, headers: [], timestamp: 0, partition: 0, format: 'json' }],
    [
      {
        value: '',
        headers: [
          ['a', 1],
          ['a', null],
        ],
      },
    ],
    [{ value: '', headers: { a: 1 } }],
  ])('%j is one', (record) => {
    expect(recordInput.parse(record)).toEqual(record);
  });

  test.each([
    [{}],
    [{ key: 'k' }],
    [{ value: 'a', vlaue: 'b' }],
    [{ value: 'a', partition: -1 }],
    [{ value: 'a', partition: 2 ** 31 }],
    [{ value: 'a', timestamp: 0.5 }],
    [{ value: 'a', headers: null }],
    [{ value: 'a', headers: 'a' }],
    [{ value: 'a', headers: [['a']] }],
    [{ value: 'a', headers: [['a', 'b', 'c']] }],
    [{ value: 'a', headers: [[1, 'b']] }],
    [{ value: 'a', headers: ['ab'] }],
    [{ value: 'a', format: 'xml' }],
    [[]],
    [null],
    ['a'],
  ])('%j is none', (record) => {
    expect(recordInput.safeParse(record).success).toBe(false);
  });

  // Fault 34 of docs/faults.md.
  test('a header named __proto__ is kept, a field of that name refused', () => {
    const kept = recordInput.parse(JSON.parse('{"value":"a","headers":{"__proto__":"x"}}'));
    expect(Object.entries(kept.headers ?? {})).toEqual([['__proto__', 'x']]);
    const polluting: unknown = JSON.parse('{"value":"a","__proto__":{"key":"x"}}');
    expect(recordInput.safeParse(polluting).success).toBe(false);
  });

  test('a request holds at least one', () => {
    expect(appendRequest.safeParse({ records: [{ value: 'a' }] }).success).toBe(true);
    for (const wrong of [{ records: [] }, {}, [], { records: [{ value: 'a' }], more: 1 }]) {
      expect(appendRequest.safeParse(wrong).success).toBe(false);
    }
  });
});

describe('answers', () => {
  const appended = {
    partition: 0,
    baseOffset: 1,
    nextOffset: 2,
    recordCount: 1,
    duplicate: false,
    highWatermark: 2,
  };

  test('of appends', () => {
    const failed = {
      partition: 1,
      recordCount: 1,
      error: { code: 'X', sideEffects: 'none', y: 1 },
    };
    expect(partitionAppendResponse.parse({ ...appended, topic: 't' })).toEqual({
      ...appended,
      topic: 't',
    });
    const both = { topic: 't', partitions: [appended, failed] };
    expect(appendResponse.parse(both)).toEqual(both);
    expect(acceptedResponse.safeParse({ topic: 't', accepted: 3 }).success).toBe(true);
  });

  test('of fetches', () => {
    const record = {
      topic: 't',
      partition: 0,
      offset: 0,
      timestamp: 5,
      key: null,
      value: 'v',
      headers: [['a', 'b']],
    };
    expect(recordOutput.parse(record)).toEqual(record);
    const place = { nextOffset: 1, logStartOffset: 0, highWatermark: 1 };
    const page = { topic: 't', partition: 0, records: [record], ...place };
    expect(fetchResponse.parse(page)).toEqual(page);
    expect(Object.keys(fetchHeaders)).toEqual(Object.keys(place));
  });
});

test('types and names on the wire do not change', () => {
  expect([batchContentType, ndjsonContentType, ...Object.values(fetchHeaders)]).toEqual([
    'application/vnd.logbrook.record-batch',
    'application/x-ndjson',
    'logbrook-next-offset',
    'logbrook-log-start-offset',
    'logbrook-high-watermark',
  ]);
});
