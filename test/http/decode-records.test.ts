/** lib/http/decode-records.js and lib/contract/render-records.js: bytes in and out of JSON without loss. */

import { describe, expect, test } from 'vitest';
import { fieldOf } from '../../lib/cli/line-records.js';
import { renderRecord } from '../../lib/contract/render-records.js';
import {
  decodeJson,
  decodeNdjson,
  decodeText,
  mediaType,
  unsupportedMediaType,
} from '../../lib/http/decode-records.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const nowMs = 1_700_000_000_000;
const text = (bytes: Uint8Array | null | undefined) =>
  bytes ? Buffer.from(bytes).toString() : bytes;

describe('in', () => {
  test('JSON: what is absent has its default', () => {
    const [one] = decodeJson(utf8('{"records":[{"value":"v"}]}'), 'text', nowMs);
    expect(one).toEqual({
      record: { key: null, value: utf8('v'), headers: [], timestampMs: nowMs },
      partition: undefined,
    });
  });

  test('JSON: partition, timestamp, and a format of its own', () => {
    const body = '{"records":[{"value":"AA==","format":"base64","partition":2,"timestamp":5}]}';
    const [one] = decodeJson(utf8(body), 'json', nowMs);
    expect(one?.partition).toBe(2);
    expect(one?.record).toMatchObject({ timestampMs: 5, value: new Uint8Array([0]) });
  });

  test('format json: values are JSON text, null is a tombstone', () => {
    const body = '{"records":[{"value":{"b":1,"a":[true]},"key":null},{"value":null}]}';
    const [one, two] = decodeJson(utf8(body), 'json', nowMs);
    expect(text(one?.record.value)).toBe('{"b":1,"a":[true]}');
    expect([one?.record.key, two?.record.value]).toEqual([null, null]);
  });

  test('NDJSON: a problem names its line as an editor counts', () => {
    const body = utf8('{"value":"a"}\n\n\n{"value":1}');
    expect(() => decodeNdjson(body, 'text', nowMs)).toThrow(/line 4\.value/);
  });

  test.each([
    ['a b c', 2, 'b'],
    ['  a\t b', 1, 'a'],
    ['a', 2, undefined],
    ['a ', 2, undefined],
    ['', 1, undefined],
    ['   ', 1, undefined],
    ['é\u00a0x', 2, undefined],
    ['a\u00a0b\ufeff c', 1, 'a\u00a0b\ufeff'],
    ['\u3000a b', 1, '\u3000a'],
    ['\v\fa\r\tb', 2, 'b'],
  ])('text: of %j field %i is %j', (line, keyField, key) => {
    const [one] = decodeText(utf8(`${line}\n`), keyField, nowMs);
    // As the command line has it: or one key's lines would go to two partitions.
    expect(fieldOf(Buffer.from(line), keyField)?.toString()).toBe(key ?? undefined);
    expect(text(one?.record.key) ?? undefined).toBe(key);
    expect(text(one?.record.value)).toBe(line);
  });

  test('text: without keyField there are no keys', () => {
    const [one] = decodeText(utf8('a b'), undefined, nowMs);
    expect(one?.record.key).toBeNull();
  });
});

describe('out', () => {
  const placed = (value: Uint8Array | null) => ({
    offset: 3,
    timestampMs: 5,
    key: null,
    value,
    headers: [['h', utf8('1')]] as const,
  });

  test('one part that does not fit makes the whole record base64', () => {
    expect(renderRecord('t', 1, placed(new Uint8Array([255])), 'text')).toEqual({
      topic: 't',
      partition: 1,
      offset: 3,
      timestamp: 5,
      key: null,
      value: '/w==',
      headers: [['h', 'MQ==']],
      format: 'base64',
    });
  });

  test('asked for base64, a record does not say that it is', () => {
    const rendered = renderRecord('t', 1, placed(utf8('x')), 'base64');
    expect(rendered).toMatchObject({ value: 'eA==' });
    expect(rendered).not.toHaveProperty('format');
  });

  test('base64 of a megabyte', () => {
    const bytes = new Uint8Array(1024 * 1024 + 1).map((_, i) => i * 31);
    const { value } = renderRecord('t', 0, placed(bytes), 'base64');
    expect(value).toBe(Buffer.from(bytes).toString('base64'));
  });
});

describe('media types', () => {
  test.each([
    ['application/json', 'application/json'],
    ['Text/Plain ; charset=utf-8', 'text/plain'],
    [undefined, ''],
    [';', ''],
  ])('%j is %j', (header, expected) => {
    expect(mediaType(header)).toBe(expected);
  });

  test('a refusal says what is supported', () => {
    expect(unsupportedMediaType('a/b', ['c/d', 'e/f']).message).toMatch(/a\/b.*c\/d, e\/f/);
    expect(unsupportedMediaType('', ['c/d'])).toMatchObject({ status: 415 });
  });
});
