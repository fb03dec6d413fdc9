/** Bad bodies of records, as JSON, NDJSON and lines: refused with the field, the line or the limit. */

import { describe, expect, test } from 'vitest';
import {
  type ApiOf,
  bytesInit,
  jsonInit,
  ndjsonInit,
  newTopic,
  problemFrom,
  recordsPath,
  textInit,
} from './api-client.js';
import { type BadInput, badInputTable } from './bad-input.js';

const MiB = 1024 * 1024;
const invalid = 'INVALID_REQUEST';

export function badRecordCases(api: ApiOf): void {
  // Faults 25, 34 of docs/faults.md.
  describe('bad JSON', () => badInputTable(api, [...badJson, ...badFields]));
  // Faults 18, 33 of docs/faults.md.
  describe('bad values', () => badInputTable(api, [...badFormats, ...badTimes]));
  describe('bad NDJSON and text', () => badInputTable(api, badLines));
  // Fault 24 of docs/faults.md.
  describe('too large', () => badInputTable(api, tooLarge));
  test('each wrong field is named, not only the first', async () => {
    const topic = await newTopic(api());
    const body = jsonInit({ records: [{ value: 'a', timestamp: -1 }, { partition: 'x' }] });
    const problem = await problemFrom(await api().fetch(recordsPath(topic), body), 400, invalid);
    expect(problem.errors?.map(({ field }) => field)).toEqual([
      'records.0.timestamp',
      'records.1.value',
      'records.1.partition',
    ]);
  });
}

/** The same body to the topic and to one of its partitions. */
function both(
  name: string,
  init: (() => RequestInit) | RequestInit,
  code: string,
  detail: RegExp,
  status = 400,
): BadInput[] {
  const made = () => (typeof init === 'function' ? init() : init);
  return [
    [`${name}, to a topic`, (t) => [`/v1/topics/${t}/records`, made()], status, code, detail],
    [`${name}, to a partition`, (t) => [recordsPath(t), made()], status, code, detail],
  ];
}

const json = (name: string, body: unknown, detail: RegExp, code = invalid): BadInput[] =>
  both(name, jsonInit(body), code, detail);

const bytes = (name: string, body: Uint8Array, detail: RegExp): BadInput[] =>
  both(name, bytesInit(body, 'application/json'), invalid, detail);

const utf8 = new TextEncoder();
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const badJson: readonly BadInput[] = [
  ...json('nothing', '', /not valid JSON/),
  ...json('no JSON', '{records}', /not valid JSON/),
  ...json('truncated JSON', '{"records":[{"value":"a"', /not valid JSON/),
  ...json('two documents', '{"records":[{"value":"a"}]}{}', /not valid JSON/),
  ...json('a bare array', [{ value: 'a' }], /object/),
  ...json('null', 'null', /object/),
  ...json('a deep body', deep(100_000), /object/),
  ...json('deep records', `{"records":${deep(100_000)}}`, /records\.0/),
  ...json('a deep unknown field', `{"records":[{"value":"a","x":${deep(100_000)}}]}`, /"x"/),
  ...json('a __proto__', '{"records":[{"value":"a","__proto__":{"key":"k"}}]}', /"__proto__"/),
  ...json('a constructor', '{"records":[{"value":"a","constructor":{}}]}', /"constructor"/),
  ...bytes('a byte order mark', utf8.encode('\ufeff{"records":[{"value":"a"}]}'), /not valid JSON/),
  ...bytes('invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /not valid UTF-8/),
  ...bytes('UTF-16', new Uint8Array(Buffer.from('{"records":[]}', 'utf16le')), /not valid JSON/),
  ...bytes('a cut character', utf8.encode('"ü').subarray(0, 2), /not valid UTF-8/),
];

const record = (name: string, fields: unknown, detail: RegExp): BadInput[] =>
  json(name, { records: [{ value: 'good' }, fields] }, detail);

const badFields: readonly BadInput[] = [
  ...json('no records', {}, /records/),
  ...json('an empty list of records', { records: [] }, /records/),
  ...json('records that are no list', { records: { value: 'a' } }, /records.*array/),
  ...json('an unknown field of the body', { records: [{ value: 'a' }], acks: 0 }, /"acks"/),
  ...record('a missing value', { key: 'k' }, /records\.1\.value: is required/),
  ...record('an unknown field', { value: 'a', vlaue: 'b' }, /records\.1.*"vlaue"/),
  ...record('a record that is a string', 'a', /records\.1.*object/),
  ...record('a record that is null', null, /records\.1.*object/),
  ...record(
    'a number in format text',
    { value: 5 },
    /records\.1\.value: must be a string.*format=json/,
  ),
  ...record('an object in format text', { value: {} }, /records\.1\.value: must be a string/),
  ...record('a number as a key', { value: 'a', key: 5 }, /records\.1\.key: must be a string/),
  ...record('a partition as text', { value: 'a', partition: '1' }, /records\.1\.partition.*number/),
  ...record('a negative partition', { value: 'a', partition: -1 }, /records\.1\.partition/),
  ...record('half a partition', { value: 'a', partition: 0.5 }, /records\.1\.partition/),
  ...record('headers as text', { value: 'a', headers: 'x' }, /records\.1\.headers: must be pairs/),
  ...record('headers as null', { value: 'a', headers: null }, /records\.1\.headers: must be pairs/),
  ...record('a header of one', { value: 'a', headers: [['x']] }, /headers: must be pairs/),
  ...record('a header of three', { value: 'a', headers: [['x', 'y', 'z']] }, /must be pairs/),
  ...record('a header name of 5', { value: 'a', headers: [[5, 'x']] }, /must be pairs/),
  ...record(
    'a header value of 5',
    { value: 'a', headers: { x: 5 } },
    /headers\.x: must be a string/,
  ),
  ...record('a long header name', { value: 'a', headers: { ['x'.repeat(32_769)]: '' } }, /32768/),
  ...record('an unknown format', { value: 'a', format: 'xml' }, /records\.1\.format/),
  [
    'a partition that the topic has not',
    (t) => [`/v1/topics/${t}/records`, jsonInit({ records: [{ value: 'a', partition: 3 }] })],
    404,
    'UNKNOWN_TOPIC_OR_PARTITION',
    /Record 0 asks for partition 3; the topic has 0 to 2/,
  ],
  [
    'another partition than the path',
    (t) => [recordsPath(t), jsonInit({ records: [{ value: 'a', partition: 1 }] })],
    400,
    invalid,
    /records\.0\.partition: is 1, but the path says 0/,
  ],
  ...json(
    'more headers than a record may have',
    { records: [{ value: 'a', headers: Array.from({ length: 1001 }, () => ['h', 'v']) }] },
    /at most 1000 headers, not 1001/,
    'INVALID_RECORD',
  ),
];

const formatted = (name: string, text: string, detail: RegExp, format: string): BadInput[] =>
  both(name, jsonInit(`{"records":[{"format":"${format}",${text}}]}`), invalid, detail);

const badFormats: readonly BadInput[] = [
  ...formatted(
    'a lone surrogate',
    '"value":"\\ud800"',
    /records\.0\.value: holds a lone surrogate/,
    'text',
  ),
  ...formatted(
    'one in a key',
    '"value":"a","key":"x\\udc00"',
    /records\.0\.key: .*surrogate/,
    'text',
  ),
  ...formatted(
    'one in a header',
    '"value":"a","headers":{"h":"\\ud800"}',
    /headers\.h.*surrogate/,
    'text',
  ),
  ...formatted('one in a header name', '"value":"a","headers":{"\\ud800":""}', /surrogate/, 'json'),
  ...formatted(
    'base64 of the wrong length',
    '"value":"YWI"',
    /records\.0\.value: is not base64/,
    'base64',
  ),
  ...formatted('base64 with a space', '"value":"YW Jj"', /value: is not base64/, 'base64'),
  ...formatted('base64url', '"value":"-_8="', /value: is not base64/, 'base64'),
  ...formatted('base64 with too much padding', '"value":"Y==="', /value: is not base64/, 'base64'),
  ...formatted(
    'a deep value',
    `"value":${deep(100_000)}`,
    /value: is nested more than 500/,
    'json',
  ),
  ...formatted(
    'a deep key',
    `"value":1,"key":${deep(501)}`,
    /key: is nested more than 500/,
    'json',
  ),
  ...formatted(
    'an endless number',
    '"value":[1e400]',
    /value: holds a number that is too large/,
    'json',
  ),
  ...formatted(
    'an integer that would be rounded',
    '"value":{"id":12345678901234567891}',
    /12345678901234567891.*string/,
    'json',
  ),
];

const timed = (name: string, timestamp: string, detail: RegExp, code = invalid): BadInput[] =>
  json(name, `{"records":[{"value":"a","timestamp":${timestamp}}]}`, detail, code);

const badTimes: readonly BadInput[] = [
  ...timed('a negative timestamp', '-1', /timestamp/),
  ...timed('a fractional timestamp', '1.5', /timestamp/),
  ...timed('a timestamp that is no number', 'NaN', /not valid JSON/),
  ...timed('a timestamp as text', '"2024-01-01"', /timestamp.*number/),
  ...timed('an endless timestamp', '1e400', /timestamp/),
  ...timed('the year 9999', '253402300799000', /253402300799000/, 'INVALID_TIMESTAMP'),
];

const lines = (name: string, text: string, detail: RegExp): BadInput[] =>
  both(name, ndjsonInit(text), invalid, detail);

const badLines: readonly BadInput[] = [
  ...both('no lines at all', ndjsonInit(''), 'INVALID_RECORD', /no records/),
  ...both('only blank lines', ndjsonInit('\n \n'), 'INVALID_RECORD', /no records/),
  ...lines('a broken line', '{"value":"a"}\n{"value"', /Line 2 is not valid JSON/),
  ...lines(
    'a line with a wrong field',
    '{"value":"a"}\n\n{"value":"a","valu":"a"}',
    /line 3.*"valu"/,
  ),
  ...lines('a line that is no record', '5', /line 1.*object/),
  ...lines(
    'a line with a rounded integer',
    '{"value":"a"}\n{"value":9007199254740993}',
    /Line 2.*9007199254740993/,
  ),
  ...lines('a list of records', '[{"value":"a"}]', /line 1/),
  ...both('no text', textInit(''), 'INVALID_RECORD', /no records/),
  ...both(
    'text that is no UTF-8',
    bytesInit(new Uint8Array([97, 0xc0]), 'text/plain'),
    invalid,
    /UTF-8/,
  ),
  ...both(
    'more lines than a request may have',
    () => textInit('\n'.repeat(1_000_001)),
    'RECORD_LIST_TOO_LARGE',
    /1000000.*1000001/,
    413,
  ),
];

const tooLarge: readonly BadInput[] = [
  ...both(
    'a record over 4 MiB',
    () => jsonInit({ records: [{ value: 'x'.repeat(4 * MiB) }] }),
    'MESSAGE_TOO_LARGE',
    /one partition take \d+ bytes.*4194304/,
    413,
  ),
  ...both(
    'records over 4 MiB for one partition',
    () =>
      jsonInit({
        records: Array.from({ length: 45 }, () => ({ key: 'k', value: 'x'.repeat(100_000) })),
      }),
    'MESSAGE_TOO_LARGE',
    /one partition/,
    413,
  ),
  ...['application/json', 'application/x-ndjson', 'text/plain'].flatMap((type) =>
    both(
      `a body of ${type} over 6 MiB`,
      () => bytesInit(new Uint8Array(6 * MiB + 1).fill(32), type),
      'MESSAGE_TOO_LARGE',
      /body is over the limit of 6291456/,
      413,
    ),
  ),
  [
    'a binary body over 6 MiB',
    (t) => [recordsPath(t), bytesInit(new Uint8Array(6 * MiB + 1))],
    413,
    'MESSAGE_TOO_LARGE',
    /6291456/,
  ],
];
