/**
 * Appending JSON, NDJSON and lines: what is answered, where records go, and that they come back as they
 * were sent.
 */

import { describe, expect, test } from 'vitest';
import {
  type Api,
  type ApiOf,
  answerOf,
  append,
  jsonInit,
  ndjsonInit,
  newTopic,
  page,
  problemFrom,
  recordsPath,
  textInit,
  values,
  watermarks,
} from './api-client.js';

type Appends = { readonly topic: string; readonly partitions: readonly { partition: number }[] };

const toTopic = async (api: Api, topic: string, init: RequestInit, query = ''): Promise<Appends> =>
  answerOf(await api.fetch(`/v1/topics/${topic}/records${query}`, init));

export function appendCases(api: ApiOf): void {
  describe('appends', () => {
    test('an append is answered with the offsets of its records', async () => {
      const topic = await newTopic(api());
      expect(await append(api(), topic, [{ value: 'a' }, { value: 'b' }])).toEqual({
        topic,
        partition: 0,
        baseOffset: 0,
        nextOffset: 2,
        recordCount: 2,
        duplicate: false,
        highWatermark: 2,
      });
      expect(await append(api(), topic, [{ value: 'c' }])).toMatchObject({
        baseOffset: 2,
        nextOffset: 3,
      });
      expect(await values(api(), topic)).toEqual(['a', 'b', 'c']);
    });

    test('every part of a record comes back', async () => {
      const topic = await newTopic(api());
      const records = [
        {
          key: 'naïve 🔑',
          value: 'line one\nline two\u0000',
          headers: [
            ['b', '2'],
            ['a', '1'],
            ['b', '3'],
            ['', ''],
            ['none', null],
          ],
          timestamp: 1_700_000_000_123,
        },
        { key: '', value: '', headers: { __proto__x: 'y' }, timestamp: 0 },
        { key: null, value: null, timestamp: 1 },
      ];
      await append(api(), topic, records);
      const found = (await page(api(), topic)).records;
      expect(found).toEqual([
        { topic, partition: 0, offset: 0, ...records[0] },
        { topic, partition: 0, offset: 1, ...records[1], headers: [['__proto__x', 'y']] },
        { topic, partition: 0, offset: 2, ...records[2], headers: [] },
      ]);
    });

    test('a header named __proto__ is a header like others', async () => {
      const topic = await newTopic(api());
      const body = '{"records":[{"value":"v","headers":{"__proto__":"x","a":"b"}}]}';
      await answerOf(await api().fetch(recordsPath(topic), jsonInit(body)));
      const [record] = (await page(api(), topic)).records;
      expect(record?.headers).toEqual([
        ['__proto__', 'x'],
        ['a', 'b'],
      ]);
    });

    test('a record without a timestamp gets the time of its arrival', async () => {
      const topic = await newTopic(api());
      await append(api(), topic, [{ value: 'now' }]);
      const [record] = (await page(api(), topic)).records;
      expect(Math.abs((record?.timestamp ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    test.each(['all', '-1'])('acks=%s is durable', async (acks) => {
      const topic = await newTopic(api());
      const init = jsonInit({ records: [{ value: 'a' }] });
      await answerOf(await api().fetch(`${recordsPath(topic)}?acks=${acks}`, init));
      expect(await watermarks(api(), topic)).toEqual([1]);
    });

    test('acks=0 is accepted without offsets, and the records arrive', async () => {
      const topic = await newTopic(api());
      const waiting = page(api(), topic, '?offset=0&waitMs=60000');
      const init = jsonInit({ records: [{ value: 'a' }, { value: 'b' }] });
      const response = await api().fetch(`${recordsPath(topic)}?acks=0`, init);
      expect(await answerOf(response, 202)).toEqual({ topic, accepted: 2 });
      expect((await waiting).records.map(({ value }) => value)).toEqual(['a', 'b']);
    });
  });
  describe('bodies of records', () => bodyCases(api));
  describe('partitions of records', () => partitionCases(api));
}

function bodyCases(api: ApiOf): void {
  test('NDJSON: each line is a record, blank lines and a last line end do not count', async () => {
    const topic = await newTopic(api());
    const text = '{"value":"a","key":"k"}\n\n{"value":null}\r\n{"value":"c"}\n';
    await toTopic(api(), topic, ndjsonInit(text));
    const found = (await page(api(), topic)).records;
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['k', 'a'],
      [null, null],
      [null, 'c'],
    ]);
  });

  test('text: each line is a value as it stands, white space and all', async () => {
    const topic = await newTopic(api());
    await toTopic(api(), topic, textInit('one\n  two \r\n\n\tvier\u2028fünf\ufeff\nlast'));
    const lines = ['one', '  two \r', '', '\tvier\u2028fünf\ufeff', 'last'];
    expect(await values(api(), topic)).toEqual(lines);
  });

  test('text: keyField takes the key from the line, and a line without it has none', async () => {
    const topic = await newTopic(api());
    await toTopic(api(), topic, textInit('10.0.0.1 GET /\n  b  c\nalone\n\nx y '), '?keyField=2');
    const found = (await page(api(), topic)).records;
    expect(found.map(({ key }) => key)).toEqual(['GET', 'c', null, null, 'y']);
    expect(found.map(({ value }) => value)).toEqual([
      '10.0.0.1 GET /',
      '  b  c',
      'alone',
      '',
      'x y ',
    ]);
  });

  test('content types may carry parameters, in any case', async () => {
    const topic = await newTopic(api());
    const headers = { 'content-type': 'Application/JSON; charset=UTF-8' };
    const body = JSON.stringify({ records: [{ value: 'ü' }] });
    await answerOf(await api().fetch(recordsPath(topic), { method: 'POST', body, headers }));
    expect(await values(api(), topic)).toEqual(['ü']);
  });

  test('a record may have a format of its own', async () => {
    const topic = await newTopic(api());
    const records = [
      { value: { a: [1, null, 'x'] }, key: 7, headers: [['h', true]] },
      { value: 'AP8=', format: 'base64' },
      { value: 'plain', format: 'text' },
    ];
    await append(api(), topic, records, '?format=json');
    const found = (await page(api(), topic, '?format=base64')).records;
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      [base64('7'), base64('{"a":[1,null,"x"]}')],
      [null, 'AP8='],
      [null, base64('plain')],
    ]);
    expect(found[0]?.headers).toEqual([['h', base64('true')]]);
  });
}

/** Kafka's own test vectors (org.apache.kafka.common.utils.UtilsTest). */
const murmur2Vectors = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  abc: 479470107,
} as const;

function partitionCases(api: ApiOf): void {
  test('a key goes to the partition that Kafka gives it', async () => {
    const topic = await newTopic(api(), 7);
    const records = Object.keys(murmur2Vectors).map((key) => ({ key, value: key }));
    await toTopic(api(), topic, jsonInit({ records }));
    for (const [key, hash] of Object.entries(murmur2Vectors)) {
      const found = await page(api(), topic, '', (hash & 0x7fffffff) % 7);
      expect(found.records.map(({ value }) => value)).toContain(key);
    }
  });

  test('an empty key is a key', async () => {
    const topic = await newTopic(api(), 5);
    const used = new Set<number>();
    for (let i = 0; i < 6; i++) {
      const answer = await toTopic(api(), topic, jsonInit({ records: [{ key: '', value: 'v' }] }));
      used.add(answer.partitions[0]?.partition ?? -1);
    }
    expect(used.size).toBe(1);
  });

  test('records without a key share one partition of their request', async () => {
    const topic = await newTopic(api(), 16);
    const records = Array.from({ length: 50 }, (_, i) => ({ value: String(i) }));
    const { partitions } = await toTopic(api(), topic, jsonInit({ records }));
    expect(partitions).toHaveLength(1);
    const [only] = partitions;
    const found = await page(api(), topic, '', only?.partition);
    expect(found.records.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
  });

  test('a record may name its partition, also against its key', async () => {
    const topic = await newTopic(api(), 3);
    const records = [
      { value: 'a', partition: 2 },
      { value: 'b', partition: 0, key: 'abc' },
      { value: 'c', partition: 2 },
    ];
    const answer = await toTopic(api(), topic, jsonInit({ records }));
    expect([...answer.partitions].sort((a, b) => a.partition - b.partition)).toMatchObject([
      { partition: 0, recordCount: 1, baseOffset: 0, nextOffset: 1 },
      { partition: 2, recordCount: 2, baseOffset: 0, nextOffset: 2 },
    ]);
    expect(await watermarks(api(), topic)).toEqual([1, 0, 2]);
  });

  test('one wrong record refuses the whole request, in every partition', async () => {
    const topic = await newTopic(api(), 2);
    const good = { value: 'good', partition: 0 };
    const records = [good, { value: 'bad', partition: 1, timestamp: 9e15 }];
    const response = await api().fetch(`/v1/topics/${topic}/records`, jsonInit({ records }));
    await problemFrom(response, 400, 'INVALID_TIMESTAMP');
    expect(await watermarks(api(), topic)).toEqual([0, 0]);
  });
}
