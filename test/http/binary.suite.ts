/**
 * RecordBatches over the API: stored and served as they were sent, but for the offset and leader epoch
 * that stand outside the CRC; and readable as JSON, in three formats.
 */

import { describe, expect, test } from 'vitest';
import { batchContentType, fetchHeaders } from '../../lib/contract/media-types.js';
import { decodeRecords, eachBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import {
  type Api,
  type ApiOf,
  answerOf,
  append,
  bytesInit,
  newTopic,
  page,
  recordsPath,
} from './api-client.js';
import { batch, batchOf, record } from './batches.js';

const wild = new Uint8Array([0, 255, 254, 128, 10, 13]);
const utf8 = new TextEncoder();

const everything = [
  record(wild, { key: wild, headers: [['h', wild]] }),
  record(null, { key: new Uint8Array(0) }),
  record('', {
    key: null,
    timestampMs: 1_600_000_000_000,
    headers: [
      ['z', null],
      ['a', new Uint8Array(0)],
      ['z', utf8.encode('again')],
      ['ключ', utf8.encode('значение')],
    ],
  }),
];

async function fetchBinary(api: Api, topic: string, query: string): Promise<Response> {
  const headers = { accept: batchContentType };
  const response = await api.fetch(`${recordsPath(topic)}${query}`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(batchContentType);
  return response;
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

/** The bytes that the CRC covers, and the CRC. */
const sealed = (bytes: Uint8Array) => Buffer.from(bytes.subarray(16)).toString('hex');

export function binaryCases(api: ApiOf): void {
  describe('record batches', () => {
    test.each(['none', 'gzip'] as const)(
      '%s: a batch comes back byte for byte',
      async (compression) => {
        const topic = await newTopic(api());
        const sent = batchOf({ records: everything, compression });
        const answer = await answerOf(await api().fetch(recordsPath(topic), bytesInit(sent)));
        expect(answer).toMatchObject({ baseOffset: 0, nextOffset: 3, recordCount: 3 });
        await answerOf(await api().fetch(recordsPath(topic), bytesInit(sent)));
        const found = await bytesOf(await fetchBinary(api(), topic, '?offset=0'));
        const batches = [...eachBatch(found)];
        expect(batches.map(({ header }) => header.baseOffset)).toEqual([0, 3]);
        for (const { bytes } of batches) expect(sealed(bytes)).toBe(sealed(sent));
        const records = batches.flatMap(({ bytes }) => decodeRecords(bytes, nodeCodecs));
        const expected = [...everything, ...everything].map((one, offset) => ({ ...one, offset }));
        expect(records.map(plain)).toEqual(expected.map(plain));
      },
    );

    test('a batch that contains the offset is served whole; JSON begins at the offset', async () => {
      const topic = await newTopic(api());
      await answerOf(await api().fetch(recordsPath(topic), bytesInit(batch(['a', 'b', 'c']))));
      const response = await fetchBinary(api(), topic, '?offset=2');
      expect(response.headers.get(fetchHeaders.nextOffset)).toBe('3');
      expect(response.headers.get(fetchHeaders.logStartOffset)).toBe('0');
      expect(response.headers.get(fetchHeaders.highWatermark)).toBe('3');
      expect(decodeRecords(await bytesOf(response), nodeCodecs)).toHaveLength(3);
      const { records, nextOffset } = await page(api(), topic, '?offset=2');
      expect([records.map(({ value }) => value), nextOffset]).toEqual([['c'], 3]);
    });

    test('at the end there are no bytes, and the place is in the headers', async () => {
      const topic = await newTopic(api());
      const response = await fetchBinary(api(), topic, '?offset=0');
      expect(response.headers.get(fetchHeaders.nextOffset)).toBe('0');
      expect((await bytesOf(response)).length).toBe(0);
    });

    test('records sent as JSON are a batch that binary clients read', async () => {
      const topic = await newTopic(api());
      await append(api(), topic, [{ key: 'k', value: 'v', timestamp: 5 }, { value: null }]);
      const found = await bytesOf(await fetchBinary(api(), topic, ''));
      const [first, second] = decodeRecords(found, nodeCodecs);
      expect(first && plain({ ...first })).toEqual({
        ...plain({ ...record('v', { key: utf8.encode('k'), timestampMs: 5 }), offset: 0 }),
      });
      expect([second?.key, second?.value, second?.offset]).toEqual([null, null, 1]);
    });
  });
  describe('formats', () => formatCases(api));
}

function formatCases(api: ApiOf): void {
  const send = async (topic: string, values: readonly (string | Uint8Array)[]) =>
    answerOf(await api().fetch(recordsPath(topic), bytesInit(batch(values))));

  // Fault 25 of docs/faults.md.
  test('null, empty and absent stay apart, and bytes that are no text are given as base64', async () => {
    const topic = await newTopic(api());
    const sent = batchOf({ records: everything });
    await answerOf(await api().fetch(recordsPath(topic), bytesInit(sent)));
    const base64 = Buffer.from(wild).toString('base64');
    const { records } = await page(api(), topic, '?format=text');
    expect(records).toMatchObject([
      { key: base64, value: base64, headers: [['h', base64]], format: 'base64' },
      { key: '', value: null, headers: [] },
      {
        key: null,
        value: '',
        headers: [
          ['z', null],
          ['a', ''],
          ['z', 'again'],
          ['ключ', 'значение'],
        ],
      },
    ]);
    expect(records.map(({ format }) => format)).toEqual(['base64', undefined, undefined]);
  });

  test.each([
    ['an object', '{"a":{"b":[1,2.5,-0.1e-7,"ü\\u0000"]}}', { a: { b: [1, 2.5, -0.1e-7, 'ü\0'] } }],
    ['a string', '"s"', 's'],
    ['a number with white space', ' 12 ', 12],
    ['the largest safe integer', '9007199254740991', 9007199254740991],
    ['an exact integer beyond it', '9007199254740992', 9007199254740992],
    ['false', 'false', false],
  ])('format json gives %s as JSON', async (_what, text, expected) => {
    const topic = await newTopic(api());
    await send(topic, [text]);
    const [found] = (await page(api(), topic, '?format=json')).records;
    expect([found?.value, found?.format]).toEqual([expected, undefined]);
  });

  test.each([
    ['an empty value', ''],
    ['what is no JSON', 'plain text'],
    ['the word null, which is no tombstone', 'null'],
    ['an integer that a number would round', '{"id":12345678901234567891}'],
    ['a number that JSON cannot hold', '[1e400]'],
    ['JSON too deep to be written again', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['JSON after a byte order mark', '\ufeff{}'],
  ])('format json gives %s as base64', async (_what, text) => {
    const topic = await newTopic(api());
    await send(topic, [text, '{"next":1}']);
    const [found, next] = (await page(api(), topic, '?format=json')).records;
    expect(found?.format).toBe('base64');
    expect(Buffer.from(String(found?.value), 'base64').toString()).toBe(text);
    expect(next?.value).toEqual({ next: 1 });
  });

  test('NDJSON out: a line for each record, and the place in the headers', async () => {
    const topic = await newTopic(api());
    await send(topic, ['a\nb', 'c']);
    const headers = { accept: 'application/x-ndjson' };
    const response = await api().fetch(`${recordsPath(topic)}?maxRecords=1`, { headers });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get(fetchHeaders.nextOffset)).toBe('1');
    const lines = (await response.text()).split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ offset: 0, value: 'a\nb' });
  });
}

type Bytes = Uint8Array | null;

/** Bytes as text, so that a difference is shown as one. */
function plain(one: {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers: readonly (readonly [string, Bytes])[];
}) {
  const hex = (bytes: Bytes) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  return {
    offset: one.offset,
    timestampMs: one.timestampMs,
    key: hex(one.key),
    value: hex(one.value),
    headers: one.headers.map(([name, value]) => [name, hex(value)]),
  };
}
