/**
 * Fetching (lib/http/fetch-routes.js): where a fetch begins, how much it brings, where the next one
 * goes on, and how long it waits.
 */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  type ApiOf,
  answerOf,
  append,
  appendEach,
  bytesInit,
  jsonInit,
  newTopic,
  offsets,
  page,
  problemFrom,
  recordsPath,
  values,
} from './api-client.js';
import { batch, withRecordBytes } from './batches.js';

export function fetchCases(api: ApiOf): void {
  describe('where a fetch begins', () => beginCases(api));
  describe('how much a fetch brings', () => sizeCases(api));
  describe('offsets out of range', () => rangeCases(api));
  describe('long polls', () => waitCases(api));
  describe('offsets by time', () => offsetCases(api));
}

function beginCases(api: ApiOf): void {
  const timed = async () => {
    const topic = await newTopic(api());
    for (const timestamp of [1000, 3000, 2000, 5000]) {
      await append(api(), topic, [{ value: String(timestamp), timestamp }]);
    }
    return topic;
  };

  test('without anything it begins at the log start', async () => {
    const topic = await newTopic(api());
    await appendEach(api(), topic, ['a', 'b']);
    expect(await page(api(), topic)).toMatchObject({
      nextOffset: 2,
      logStartOffset: 0,
      highWatermark: 2,
    });
    expect(await values(api(), topic)).toEqual(['a', 'b']);
  });

  test('an empty partition is an empty answer', async () => {
    const topic = await newTopic(api());
    expect(await page(api(), topic)).toEqual({
      topic,
      partition: 0,
      records: [],
      nextOffset: 0,
      logStartOffset: 0,
      highWatermark: 0,
    });
  });

  test.each([
    ['?offset=1', ['3000', '2000', '5000']],
    ['?offset=4', []],
    ['?timestamp=0', ['1000', '3000', '2000', '5000']],
    ['?timestamp=1001', ['3000', '2000', '5000']],
    ['?timestamp=3000', ['3000', '2000', '5000']],
    ['?timestamp=3001', ['5000']],
    ['?timestamp=5001', []],
    ['?timestamp=1970-01-01T00:00:05Z', ['5000']],
    ['?timestamp=1970-01-01T01:00:05%2B01:00', ['5000']],
    ['?timestamp=1970-01-01T00:00:03.001Z', ['5000']],
    ['?timestamp=1970-01-01', ['1000', '3000', '2000', '5000']],
    ['?last=1', ['5000']],
    ['?last=3', ['3000', '2000', '5000']],
    ['?last=0', []],
    ['?last=9007199254740991', ['1000', '3000', '2000', '5000']],
  ])('%s', async (query, expected) => {
    expect(await values(api(), await timed(), query)).toEqual(expected);
  });
}

function sizeCases(api: ApiOf): void {
  // Fault 26 of docs/faults.md.
  test('maxBytes brings at least one batch, whole, and the next fetch goes on', async () => {
    const topic = await newTopic(api());
    await append(api(), topic, [{ value: 'a'.repeat(2000) }, { value: 'b' }]);
    await append(api(), topic, [{ value: 'c' }]);
    const first = await page(api(), topic, '?maxBytes=0');
    expect(first.records.map(({ offset }) => offset)).toEqual([0, 1]);
    expect([first.nextOffset, first.highWatermark]).toEqual([2, 3]);
    const rest = await page(api(), topic, `?maxBytes=1&offset=${first.nextOffset}`);
    expect(rest.records.map(({ value }) => value)).toEqual(['c']);
  });

  test('maxBytes bounds what comes after the first batch', async () => {
    const topic = await newTopic(api());
    await appendEach(
      api(),
      topic,
      Array.from({ length: 20 }, () => 'x'.repeat(1000)),
    );
    const { records } = await page(api(), topic, '?maxBytes=5000');
    expect(records.length).toBeGreaterThan(2);
    expect(records.length).toBeLessThan(6);
  });

  test('maxRecords stops inside a batch, and nextOffset is the first that is missing', async () => {
    const topic = await newTopic(api());
    await append(api(), topic, [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    await append(api(), topic, [{ value: 'd' }]);
    const seen: unknown[] = [];
    let offset = 0;
    for (let round = 0; offset < 4 && round < 4; round++) {
      const found = await page(api(), topic, `?offset=${offset}&maxRecords=2`);
      expect(found.records.length).toBeLessThanOrEqual(2);
      seen.push(...found.records.map(({ value }) => value));
      offset = found.nextOffset;
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });

  test('maxRecords=0 brings nothing and stays where it is', async () => {
    const topic = await newTopic(api());
    await appendEach(api(), topic, ['a']);
    expect(await page(api(), topic, '?maxRecords=0')).toMatchObject({ records: [], nextOffset: 0 });
  });

  test('following nextOffset from page to page meets every record once', async () => {
    const topic = await newTopic(api());
    const sent = Array.from({ length: 60 }, (_, i) => `${i}-${'x'.repeat(i * 7)}`);
    await appendEach(api(), topic, sent);
    const seen: unknown[] = [];
    let [offset, end] = [0, 60];
    while (offset < end) {
      const found = await page(api(), topic, `?offset=${offset}&maxBytes=1500`);
      seen.push(...found.records.map(({ value }) => value));
      [offset, end] = [found.nextOffset, found.highWatermark];
    }
    expect(seen).toEqual(sent);
  });

  test('batches that unpack to very much are served in parts, not all at once', async () => {
    const topic = await newTopic(api());
    const value = 'z'.repeat(30 * 1024 * 1024);
    const sent = bytesInit(batch([value], { compression: 'gzip' }));
    for (let i = 0; i < 8; i++) await answerOf(await api().fetch(recordsPath(topic), sent));
    const response = await api().fetch(recordsPath(topic));
    expect(response.status).toBe(200);
    const body = await response.text();
    expect(body.length).toBeLessThan(200 * 1024 * 1024);
    const found = JSON.parse(body) as { records: unknown[]; nextOffset: number };
    expect(found.nextOffset).toBe(found.records.length);
    expect(found.nextOffset).toBeLessThan(8);
  });

  test('a batch of very many small records is served in parts', async () => {
    const topic = await newTopic(api());
    const count = 400_000;
    const records = Buffer.concat(Array.from({ length: count }, (_, i) => emptyRecord(i)));
    const sent = bytesInit(withRecordBytes(gzipSync(records), 1, count));
    await answerOf(await api().fetch(recordsPath(topic), sent));
    const found = await page(api(), topic, '?offset=399990');
    expect(found.records.map(({ value }) => value)).toEqual(Array.from({ length: 10 }, () => ''));
    const start = await page(api(), topic);
    expect(start.nextOffset).toBe(start.records.length);
    expect(start.records.length).toBeGreaterThan(100_000);
    expect(start.records.length).toBeLessThan(count);
  });
}

/** A record without key and headers and with an empty value, by its place in the batch. */
function emptyRecord(index: number): Uint8Array {
  const delta: number[] = [];
  for (let rest = index * 2; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      delta.push(rest);
      break;
    }
    delta.push((rest % 128) | 128);
  }
  const body = [0, 0, ...delta, 1, 0, 0];
  return new Uint8Array([body.length * 2, ...body]);
}

function rangeCases(api: ApiOf): void {
  // Fault 40 of docs/faults.md.
  test.each(['?offset=3', '?offset=9007199254740991', '?offset=3&waitMs=60000'])(
    '%s is refused with the earliest and the latest offset',
    async (query) => {
      const topic = await newTopic(api());
      await appendEach(api(), topic, ['a', 'b']);
      for (const accept of ['application/json', 'text/event-stream']) {
        const response = await api().fetch(`${recordsPath(topic)}${query}`, {
          headers: { accept },
        });
        const problem = await problemFrom(
          response,
          416,
          'OFFSET_OUT_OF_RANGE',
          /starts at 0 and ends at 2/,
        );
        expect(problem).toMatchObject({ earliest: 0, latest: 2, sideEffects: 'none' });
      }
    },
  );
}

function waitCases(api: ApiOf): void {
  // Fault 41 of docs/faults.md.
  test('a poll at the end is answered when a record comes', async () => {
    const topic = await newTopic(api());
    await appendEach(api(), topic, ['before']);
    const poll = page(api(), topic, '?offset=1&waitMs=60000');
    await append(api(), topic, [{ value: 'a' }, { value: 'b' }]);
    expect(await poll).toMatchObject({
      records: [{ offset: 1, value: 'a' }, { value: 'b' }],
      nextOffset: 3,
      highWatermark: 3,
    });
  });

  test('a poll that finds records does not wait', async () => {
    const topic = await newTopic(api());
    await appendEach(api(), topic, ['a']);
    expect(await values(api(), topic, '?offset=0&waitMs=60000')).toEqual(['a']);
  });

  test('a poll that nothing comes for ends empty after its time, and can be repeated', async () => {
    const topic = await newTopic(api());
    const startMs = performance.now();
    const found = await page(api(), topic, '?offset=0&waitMs=120');
    expect(performance.now() - startMs).toBeGreaterThan(100);
    expect(found).toMatchObject({ records: [], nextOffset: 0, highWatermark: 0 });
  });

  test('a record for another partition wakes nobody', async () => {
    const topic = await newTopic(api(), 2);
    const poll = page(api(), topic, '?offset=0&waitMs=300', 1);
    await append(api(), topic, [{ value: 'elsewhere' }]);
    expect((await poll).records).toEqual([]);
  });

  test('many pollers of one partition are all answered', async () => {
    const topic = await newTopic(api());
    const polls = Array.from({ length: 50 }, () => page(api(), topic, '?offset=0&waitMs=60000'));
    await append(api(), topic, [{ value: 'news' }]);
    for (const found of await Promise.all(polls)) expect(found.records).toHaveLength(1);
  });

  test('a poller that goes away takes nothing with it', async () => {
    const topic = await newTopic(api());
    const gone = new AbortController();
    const path = `${recordsPath(topic)}?offset=0&waitMs=60000`;
    const poll = api().fetch(path, { signal: gone.signal });
    const outcome = poll.then((response) => response.text()).catch(() => 'aborted');
    gone.abort();
    await outcome;
    await append(api(), topic, [{ value: 'a' }]);
    expect(await values(api(), topic)).toEqual(['a']);
  });
}

function offsetCases(api: ApiOf): void {
  test('offsets of a topic and of a partition, plain and by time', async () => {
    const topic = await newTopic(api(), 2);
    await append(api(), topic, [
      { value: 'a', timestamp: 1000 },
      { value: 'b', timestamp: 2000 },
    ]);
    const empty = { partition: 1, earliest: 0, latest: 0 };
    const full = { partition: 0, earliest: 0, latest: 2 };
    expect(await offsets(api(), topic)).toEqual({ topic, partitions: [full, empty] });
    expect(await offsets(api(), topic, '?timestamp=1500')).toEqual({
      topic,
      partitions: [
        { ...full, offset: 1, timestamp: 2000 },
        { ...empty, offset: 0, timestamp: null },
      ],
    });
    const path = `/v1/topics/${topic}/partitions/0/offsets?timestamp=2001`;
    expect(await answerOf(await api().fetch(path))).toEqual({
      ...full,
      offset: 2,
      timestamp: null,
    });
  });

  test('by time: the first record that is new enough, inside a batch too', async () => {
    const topic = await newTopic(api());
    const records = [10, 50, 20, 90].map((timestamp) => ({ value: String(timestamp), timestamp }));
    await answerOf(await api().fetch(recordsPath(topic), jsonInit({ records })));
    const found = await offsets(api(), topic, '?timestamp=51');
    expect(found.partitions[0]).toMatchObject({ offset: 3, timestamp: 90 });
  });
}
