/** lib/client/record-bytes.js: JSON to bytes and back without loss. */

import { expect, test } from 'vitest';
import { outputBytes, producerRecord } from '../../lib/client/record-bytes.js';
import type { RecordFormat } from '../../lib/contract/fields.js';
import { recordFormats } from '../../lib/contract/fields.js';

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

test('a record with everything', () => {
  const input = {
    key: 'k',
    value: { a: [1, 'ü'] },
    headers: { h: null },
    timestamp: 5,
    partition: 2,
    format: 'json',
  } as const;
  const record = producerRecord(input, 'text', 9);
  expect(text(record.key)).toBe('"k"');
  expect(text(record.value)).toBe('{"a":[1,"ü"]}');
  expect(record.headers).toEqual([['h', null]]);
  expect(record).toMatchObject({ timestampMs: 5, partition: 2 });
});

test('what is left out', () => {
  const record = producerRecord({ value: null }, 'text', 9);
  expect(record).toMatchObject({ key: null, value: null, headers: [], timestampMs: 9 });
  expect(record.partition).toBeUndefined();
});

test.each<[RecordFormat, unknown]>([
  ['text', 5],
  ['text', '\ud800'],
  ['base64', 'AAE'],
  ['base64', 'A A='],
  ['base64', '!!!!'],
])('%s cannot carry %j', (format, value) => {
  expect(() => producerRecord({ value }, format, 0)).toThrow(/Invalid record: value/);
});

test.each(recordFormats)('bytes from a record in format %s', (format) => {
  const given = { text: 'ab', json: 'ab', base64: 'YWI=' }[format];
  expect(text(outputBytes({}, given, format))).toBe(format === 'json' ? '"ab"' : 'ab');
  expect(outputBytes({}, null, format)).toBeNull();
  expect(outputBytes({ format: 'base64' }, '/wA=', format)).toEqual(Uint8Array.of(255, 0));
});
