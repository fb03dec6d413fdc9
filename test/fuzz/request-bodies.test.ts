/**
 * Bodies and queries of every sort, through the whole app: an answer below 500 always, a problem document
 * with every refusal, and what was refused is not written.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Problem, problemContentType } from '../../lib/contract/errors.js';
import { batchContentType, ndjsonContentType } from '../../lib/contract/media-types.js';
import { encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { type Api, append, newTopic, recordsPath, watermarks } from '../http/api-client.js';
import { inProcessApi } from '../http/apis.js';
import { resealed } from '../http/batches.js';
import { anyRecords } from '../log/samples.js';
import { fuzzRuns, fuzzTimeoutMs } from './fuzz-runs.js';
import { hostileValue, jsonText, nearlyJson, veryDeep } from './hostile-json.js';
import { nearlyValid, randomBytes } from './mutated-bytes.js';

let api: Api;
let topic = '';
beforeAll(async () => {
  api = await inProcessApi();
  topic = await newTopic(api, 2);
  await append(api, topic, [{ value: 'first' }]);
});
afterAll(() => api.stop());

const utf8 = new TextEncoder();

const record = fc.record(
  {
    key: fc.option(fc.string({ maxLength: 9 })),
    value: fc.oneof(fc.string({ maxLength: 9 }), fc.constant('AAAA'), hostileValue),
    headers: fc.oneof(fc.constant([['h', 'v']]), fc.constant({ h: 'v' })),
    timestamp: fc.constantFrom(0, 1_700_000_000_000),
    partition: fc.constant(0),
    format: fc.constantFrom('text', 'json', 'base64'),
  },
  { requiredKeys: ['value'] },
);
const appendBody = fc.record({ records: fc.array(record, { minLength: 1, maxLength: 3 }) });

const ndjson = fc
  .array(nearlyJson(record), { maxLength: 4 })
  .map(
    (lines) => new Uint8Array(Buffer.concat(lines.flatMap((line) => [line, utf8.encode('\n')]))),
  );

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((value) => utf8.encode(value)),
  randomBytes,
);

const batch = fc
  .tuple(
    nearlyValid(
      fc
        .tuple(anyRecords, fc.constantFrom(...nodeCodecs.available))
        .map(([records, compression]) => encodeRecordBatch({ records, compression }, nodeCodecs)),
    ),
    fc.boolean(),
  )
  .map(([bytes, reseal]) => {
    if (!reseal || bytes.length < 61) return bytes;
    return resealed(bytes, (view) => view.setInt32(8, bytes.length - 12));
  });

type Body = readonly [contentType: string, body: fc.Arbitrary<Uint8Array>];

const bodies: readonly Body[] = [
  ['application/json', nearlyJson(appendBody)],
  [ndjsonContentType, ndjson],
  ['text/plain', text],
  [batchContentType, batch],
];

/** Below 500, and whole; true for a success. */
async function answered(response: Response): Promise<boolean> {
  const body = await response.text();
  expect(response.status, body).toBeLessThan(500);
  if (response.ok) return true;
  expect(response.headers.get('content-type')).toBe(problemContentType);
  const problem = JSON.parse(body) as Problem;
  expect(problem).toMatchObject({ status: response.status, retriable: false, sideEffects: 'none' });
  expect(body.length).toBeLessThan(8_000);
  return false;
}

test.each(bodies)(
  'records as %s are written or refused',
  async (contentType, body) => {
    let [taken, refused] = [0, 0];
    const place = fc.constantFrom(recordsPath(topic), `/v1/topics/${topic}/records`);
    const query = fc.constantFrom('', '?format=json', '?format=base64', '?keyField=2');
    const property = fc.asyncProperty(place, query, body, async (path, after, bytes) => {
      const before = await watermarks(api, topic);
      const init = {
        method: 'POST',
        body: bytes as BodyInit,
        headers: { 'content-type': contentType },
      };
      if (await answered(await api.fetch(path + after, init))) taken++;
      else {
        refused++;
        expect(await watermarks(api, topic)).toEqual(before);
      }
    });
    await fc.assert(property, fuzzRuns(250));
    expect(taken).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

test('everything that was written is read, in every format', async () => {
  for (const format of ['text', 'json', 'base64']) {
    for (const partition of [0, 1]) {
      let offset = 0;
      for (;;) {
        const path = `${recordsPath(topic, partition)}?format=${format}&offset=${offset}`;
        const response = await api.fetch(path);
        expect(response.status).toBe(200);
        const page = (await response.json()) as { nextOffset: number; highWatermark: number };
        if (page.nextOffset === page.highWatermark) break;
        expect(page.nextOffset).toBeGreaterThan(offset);
        offset = page.nextOffset;
      }
    }
  }
});

const jsonRequests: readonly (readonly [
  method: string,
  path: string,
  valid: fc.Arbitrary<unknown>,
])[] = [
  ['POST', '/v1/topics', fc.constant({ name: 'fuzzed', partitions: 1, configs: {} })],
  [
    'PATCH',
    '/v1/topics/TOPIC',
    fc.constant({ configs: { 'retention.ms': 5, 'max.message.bytes': null } }),
  ],
  ['POST', '/v1/topics/TOPIC/partitions', fc.constant({ count: 3 })],
  ['PUT', '/v1/topics/TOPIC/partitions/0/fence', fc.constant({ token: 'a', expected: null })],
  ['POST', '/v1/topics/TOPIC/partitions/0/trim', fc.constant({ offset: 0 })],
];

test.each(jsonRequests)(
  '%s %s is done or refused',
  async (method, path, valid) => {
    let done = 0;
    const own = await newTopic(api, 1);
    const property = fc.asyncProperty(nearlyJson(valid), async (bytes) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method, body: bytes as BodyInit, headers };
      if (await answered(await api.fetch(path.replace('TOPIC', own), init))) done++;
    });
    await fc.assert(property, fuzzRuns(250));
    expect(done).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

const unprintable = { toString: 1 };

// Fault 34 of docs/faults.md.
test.each<[what: string, method: string, path: string, body: unknown]>([
  ['a setting', 'PATCH', '', { configs: { 'retention.ms': unprintable } }],
  ['a very deep setting', 'PATCH', '', { configs: { 'retention.ms': veryDeep } }],
  ['the length of a token', 'PUT', '/partitions/0/fence', { token: { length: unprintable } }],
  ['the length of the records', 'POST', '/records', { records: { length: unprintable } }],
])('%s that cannot be made a text or a number is refused', async (_what, method, path, body) => {
  const headers = { 'content-type': 'application/json' };
  const init = { method, body: jsonText(body), headers };
  expect(await answered(await api.fetch(`/v1/topics/${topic}${path}`, init))).toBe(false);
});

const names = ['offset', 'timestamp', 'last', 'maxBytes', 'maxRecords', 'format', 'limit', 'after'];
const queryPart = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom('=', '&', '%', '%00', '%ff', '%zz', '+', '#', '?', '[]', '[0]', '__proto__', ';'),
  fc.constantFrom('0', '1', '-1', '1e3', '99999999999999999', '2024-01-01T00:00:00Z', 'text'),
  fc.string({ unit: 'binary-ascii', maxLength: 4 }),
);
const query = fc.array(queryPart, { maxLength: 9 }).map((parts) => parts.join(''));

test(
  'query strings are read or refused',
  async () => {
    let read = 0;
    const paths = ['/v1/topics', `/v1/topics/${topic}/offsets`, recordsPath(topic)];
    const property = fc.asyncProperty(fc.constantFrom(...paths), query, async (path, after) => {
      if (await answered(await api.fetch(`${path}?${after}`))) read++;
    });
    await fc.assert(property, fuzzRuns(600));
    expect(read).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);
