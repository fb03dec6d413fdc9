/**
 * Properties: whatever records are sent, in whatever format, they come back as they were, in their
 * order, and a record reads the same in JSON as in the binary batch.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, answerOf, append, jsonInit, newTopic, page, recordsPath } from './api-client.js';
import { inProcessApi } from './apis.js';

let api: Api;
beforeAll(async () => {
  api = await inProcessApi();
});
afterAll(() => api.stop());

const numRuns = 150;
const unicode = fc.string({ unit: 'binary' });
const base64 = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('base64'));
/** null would be a tombstone; -0 is written as 0. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => value !== null)
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

const contents = { text: unicode, json, base64 } as const;

function recordsOf(content: fc.Arbitrary<unknown>) {
  const nullable = fc.option(content, { freq: 6 });
  const one = fc.record({
    key: nullable,
    value: nullable,
    headers: fc.array(fc.tuple(unicode, nullable), { maxLength: 3 }),
    timestamp: fc.integer({ min: 0, max: 1_700_000_000_000 }),
  });
  return fc.array(one, { minLength: 1, maxLength: 8 });
}

test.each(['text', 'json', 'base64'] as const)(
  'format %s: in and out are the same',
  async (format) => {
    await fc.assert(
      fc.asyncProperty(recordsOf(contents[format]), async (records) => {
        const topic = await newTopic(api);
        await append(api, topic, records, `?format=${format}`);
        const found = (await page(api, topic, `?format=${format}`)).records;
        expect(found).toEqual(
          records.map((record, offset) => ({ topic, partition: 0, offset, ...record })),
        );
      }),
      { numRuns },
    );
  },
);

test('NDJSON in and out are the same as JSON', async () => {
  await fc.assert(
    fc.asyncProperty(recordsOf(unicode), async (records) => {
      const topic = await newTopic(api);
      const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
      const headers = { 'content-type': 'application/x-ndjson' };
      await answerOf(await api.fetch(recordsPath(topic), { method: 'POST', body, headers }));
      const accept = { headers: { accept: 'application/x-ndjson' } };
      const text = await (await api.fetch(recordsPath(topic), accept)).text();
      const lines = text.split('\n').slice(0, -1);
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
        (await page(api, topic)).records,
      );
      expect(lines).toHaveLength(records.length);
    }),
    { numRuns },
  );
});

test('lines of text come back as they are', async () => {
  const line = unicode.map((text) => text.replaceAll('\n', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
      const topic = await newTopic(api);
      const body = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''));
      const headers = { 'content-type': 'text/plain' };
      await answerOf(await api.fetch(recordsPath(topic), { method: 'POST', body, headers }));
      expect((await page(api, topic)).records.map(({ value }) => value)).toEqual(lines);
    }),
    { numRuns },
  );
});

// Fault 33 of docs/faults.md.
test('of one key all records are in one partition, in the order they were sent', async () => {
  const keyed = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'ключ', ''), fc.nat()), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(keyed, async (pairs) => {
      const topic = await newTopic(api, 5);
      const records = pairs.map(([key, n]) => ({ key, value: String(n) }));
      await answerOf(await api.fetch(`/v1/topics/${topic}/records`, jsonInit({ records })));
      const all = await Promise.all([0, 1, 2, 3, 4].map((p) => page(api, topic, '', p)));
      for (const key of new Set(pairs.map(([name]) => name))) {
        const places = all.filter((one) => one.records.some((record) => record.key === key));
        expect(places).toHaveLength(1);
        const found = places[0]?.records.filter((record) => record.key === key);
        expect(found?.map(({ value }) => value)).toEqual(
          records.filter((record) => record.key === key).map(({ value }) => value),
        );
      }
    }),
    { numRuns: 60 },
  );
});
