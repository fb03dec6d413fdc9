/**
 * Events of a Function URL, nearly as Lambda sends them: whatever is missing, of another type or hostile
 * in them, the invocation ends with an answer below 500.
 */

import type { LambdaFunctionURLEvent } from 'aws-lambda';
import fc from 'fast-check';
import { beforeAll, expect, test, vi } from 'vitest';
import { compose } from '../../lambda/compose.js';
import { handleEvent } from '../../lambda/function-url.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { jsonEvent, urlEvent } from '../lambda/events.js';
import { fakeLambda, invoke, type StreamingHandler } from '../lambda/fake-lambda.js';
import { createManualWorld } from '../support/manual-world.js';
import { testKeys } from '../support/test-keys.js';
import { fuzzRuns, fuzzTimeoutMs } from './fuzz-runs.js';
import { nearlyDocument } from './hostile-json.js';

const environment = {
  LOGBROOK_TABLE: 'table',
  LOGBROOK_BUCKET: 'bucket',
  LOGBROOK_LOG_LEVEL: 'silent',
  LOGBROOK_STREAM_LIFE_MS: '50',
  LOGBROOK_KMS_KEY: 'alias/logbrook',
  LOGBROOK_ROOT_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:1:secret:root',
};

let handler: StreamingHandler;

beforeAll(async () => {
  vi.stubGlobal('awslambda', fakeLambda);
  const stores = createMemoryStores();
  const keys = testKeys(stores, createManualWorld().clock);
  const api = compose(environment, { stores, keys });
  handler = (event, stream, context) => handleEvent(api, event, stream, context);
  const created = jsonEvent('POST', '/v1/topics', { name: 'access', partitions: 1 });
  expect((await invoke(handler, created)).status).toBe(201);
});

const records = '/v1/topics/access/partitions/0/records';

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    '%',
    '%00',
    '..',
    '@evil',
    '#',
    '\r\nx: y',
    '\u0000',
    'é',
    '\ud800',
    '//',
    '?',
  ),
  fc.string({ unit: 'binary', maxLength: 9 }),
);

const valid: fc.Arbitrary<LambdaFunctionURLEvent> = fc.constantFrom(
  jsonEvent('POST', records, { records: [{ value: 'a' }] }),
  urlEvent('GET', `${records}?offset=0`),
  urlEvent('GET', '/v1/topics'),
  urlEvent('POST', records, {
    headers: { 'content-type': 'application/x-ndjson' },
    body: '{"value":"a"}\n',
  }),
  urlEvent('GET', '/healthz', { cookies: ['a=b'] }),
);

/** What a stranger can bring about: every field a text, as its type says. */
const fromOutside = fc
  .record({
    event: valid,
    path: hostileText,
    query: hostileText,
    header: fc.tuple(hostileText, hostileText),
    method: fc.oneof(fc.constantFrom('GET', 'POST', 'TRACE', 'CONNECT', 'get', ''), hostileText),
    body: fc.option(hostileText, { nil: undefined }),
    isBase64Encoded: fc.boolean(),
    which: fc.nat({ max: 63 }),
  })
  .map(({ event, path, query, header: [name, value], method, body, isBase64Encoded, which }) => {
    const changed = {
      ...event,
      ...(which & 1 && { rawPath: event.rawPath + path }),
      ...(which & 2 && { rawQueryString: event.rawQueryString + query }),
      ...(which & 4 && { headers: { ...event.headers, [name]: value } }),
      ...(which & 8 && { isBase64Encoded, ...(body !== undefined && { body }) }),
    };
    if (!(which & 16)) return changed;
    const http = { ...event.requestContext.http, method };
    return { ...changed, requestContext: { ...event.requestContext, http } };
  });

async function statusOf(event: LambdaFunctionURLEvent): Promise<number> {
  const { status, headers } = await invoke(handler, event);
  expect(status).toBeLessThan(500);
  if (status >= 400) expect(headers['content-type']).toBe('application/problem+json');
  return status;
}

test(
  'whatever a stranger sends is answered',
  async () => {
    const seen = new Set<number>();
    const property = fc.asyncProperty(fromOutside, async (event) => {
      seen.add(await statusOf(event));
    });
    await fc.assert(property, fuzzRuns(400));
    expect([...seen]).toEqual(expect.arrayContaining([200, 400, 404]));
  },
  fuzzTimeoutMs,
);

test(
  'what is not even an event, in any field, is answered too',
  async () => {
    const event = nearlyDocument(valid.map((one) => structuredClone(one)));
    const isObject = (value: unknown) => typeof value === 'object' && value !== null;
    const property = fc.asyncProperty(event.filter(isObject), async (one) => {
      await statusOf(one as LambdaFunctionURLEvent);
    });
    await fc.assert(property, fuzzRuns(400));
  },
  fuzzTimeoutMs,
);

test.each([
  ['without a text', { toString: 1 }],
  ['with a length that would fill the memory', { length: 2 ** 32 }],
])('a body %s is refused', async (_what, body) => {
  const event = { ...jsonEvent('POST', records, {}), body } as unknown as LambdaFunctionURLEvent;
  expect(await statusOf(event)).toBe(400);
});
