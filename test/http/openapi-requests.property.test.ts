/**
 * Random requests built from the OpenAPI document, partly as it says and partly not: none is answered
 * with 500, and every answer is one that the document describes.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchContentType } from '../../lib/contract/media-types.js';
import { fuzzTimeoutMs, runsFactor } from '../fuzz/fuzz-runs.js';
import { hostileValue, jsonText } from '../fuzz/hostile-json.js';
import { answerOf, append, jsonInit, newTopic, values } from './api-client.js';
import { inProcessApi } from './apis.js';
import { batch } from './batches.js';
import { type Schema, schemaComplaints } from './json-schema.js';
import { answerComplaints, type Described, operations, resolve } from './openapi-document.js';

const oddText = fc.oneof(
  fc.constantFrom('', '0', '1', '-1', '1e3', '2147483647', '9007199254740992', 'null', '%00', '..'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Dots and nothing would make another path of it before it is sent. */
const oddPart = oddText.filter((text) => !['', '.', '..'].includes(text));

const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('__proto__', [['a', 'b']]),
  hostileValue,
);

/** Mostly values of the schema, sometimes anything. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 8, arbitrary: fitting(schema) }, { weight: 1, arbitrary: oddJson });
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref) return fitting(resolve(String(schema.$ref)));
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.anyOf) return fc.oneof(...(schema.anyOf as Schema[]).map(valuesOf));
  switch (schema.type) {
    case 'integer': {
      const { minimum = 0, maximum = 2 ** 53 - 1 } = schema as {
        minimum?: number;
        maximum?: number;
      };
      const small = Math.min(maximum, Math.max(minimum, 0) + 4);
      return fc.oneof(
        fc.integer({ min: Math.max(minimum, 0), max: small }),
        fc.integer({ min: minimum, max: maximum }),
      );
    }
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 20 });
    case 'array':
      return schema.prefixItems
        ? fc.tuple(...(schema.prefixItems as Schema[]).map(valuesOf))
        : fc.array(valuesOf(schema.items as Schema), { maxLength: 4 });
    case 'object':
      return objectOf(schema);
    default:
      return oddJson;
  }
}

function objectOf(schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const requiredKeys = (schema.required ?? []) as string[];
  const knownOr = (name: string, inner: Schema) =>
    name in known
      ? fc.oneof({ weight: 4, arbitrary: known[name] as fc.Arbitrary<unknown> }, valuesOf(inner))
      : valuesOf(inner);
  // Of very many optional fields each object has few: else one of them would always be wrong.
  if (requiredKeys.length === 0 && properties.length > 8) {
    const some = properties.map(([name, inner]) =>
      knownOr(name, inner).map((one) => ({ [name]: one })),
    );
    return fc.oneof(fc.constant({}), ...some);
  }
  const fields = Object.fromEntries(
    properties.map(([name, inner]) => [name, knownOr(name, inner)]),
  );
  const described = fc.record(fields, { requiredKeys });
  if (schema.additionalProperties === false || properties.length > 0) return described;
  return fc.dictionary(fc.string({ maxLength: 5 }), oddJson, { maxKeys: 3 });
}

/** Named in bodies, where no path does. */
const knownTopic = 'known-topic';
const known: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  scopes: fc.constant([{ operations: ['produce'], topics: [''] }]),
  topic: fc.constant(knownTopic),
  partition: fc.nat(3),
};

type Sent = { readonly path: string; readonly init: RequestInit };

function pathOf({ path, parameters = [] }: Described, topic: string): fc.Arbitrary<string> {
  const filled = fc.record({
    topic: fc.oneof(
      { weight: 9, arbitrary: fc.constant(topic) },
      { weight: 1, arbitrary: oddPart },
    ),
    partition: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('0', '1') },
      { weight: 1, arbitrary: oddPart },
    ),
    group: fc.oneof(
      { weight: 9, arbitrary: fc.constant('known') },
      { weight: 1, arbitrary: oddPart },
    ),
  });
  const queries = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema: described }) => {
      // Nobody is to wait for the test to end.
      const schema = name === 'waitMs' ? { ...described, maximum: 3 } : described;
      return fc
        .oneof(
          { weight: 12, arbitrary: fc.constant(undefined) },
          { weight: 3, arbitrary: fitting(schema).map(String) },
          { weight: 1, arbitrary: oddText },
        )
        .map((value) => (value === undefined ? [] : [`${name}=${encode(value)}`]));
    });
  return fc
    .tuple(filled, fc.tuple(...queries))
    .map(([{ topic: name, partition, group }, query]) => {
      const place = path
        .replace('{topic}', encode(name))
        .replace('{partition}', encode(partition))
        .replace('{group}', encode(group));
      const pairs = query.flat();
      return pairs.length === 0 ? place : `${place}?${pairs.join('&')}`;
    });
}

const encode = (text: string) => encodeURIComponent(text.toWellFormed());

type Headers = Record<string, string>;

/** Every form of the answer that the document knows, and some that it does not. */
function headersOf({ parameters = [], responses }: Described): fc.Arbitrary<Headers> {
  const types = Object.keys(responses['200']?.content ?? {});
  const accept = fc.constantFrom('*/*', 'application/xml', 'text/event-stream;q=2', ...types);
  const named = parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name }) => [name, fc.constantFrom('0', '1', '-1', 'x', '9007199254740993')] as const);
  return fc.record({ accept, ...Object.fromEntries(named) }, { requiredKeys: [] });
}

function initOf(operation: Described): fc.Arbitrary<RequestInit> {
  const method = operation.method.toUpperCase();
  const media = Object.entries(operation.requestBody?.content ?? {});
  const asked = headersOf(operation);
  if (media.length === 0) return asked.map((headers) => ({ method, headers }));
  const bodies = media.map(([type, { schema }]) =>
    fc.tuple(bodyOf(type, schema), asked).map(([content, headers]) => ({
      method,
      body: content as string,
      headers: { ...headers, 'content-type': type },
    })),
  );
  return fc.oneof(...bodies);
}

function bodyOf(type: string, schema: Schema): fc.Arbitrary<string | Uint8Array> {
  const raw = fc.oneof(oddText, fc.uint8Array({ maxLength: 80 }));
  if (type === batchContentType) return fc.oneof(raw, fc.constant(batch(['a', 'b'])));
  if (!type.includes('json')) return raw;
  const json = valuesOf(schema).map(jsonText);
  return fc.oneof({ weight: 9, arbitrary: json }, { weight: 1, arbitrary: raw });
}

const sentTo = (operation: Described, topic: string): fc.Arbitrary<Sent> =>
  fc.record({ path: pathOf(operation, topic), init: initOf(operation) });

/** Fixed, so that the count of requests that fit below is not luck; another by FC_SEED. */
const seed = Number(process.env.FC_SEED ?? 1);

const runs = { numRuns: 150 * runsFactor, seed };

/** A success is as the document says; so is a refusal, unless the path has become another's. */
async function isDescribed(operation: Described, response: Response): Promise<boolean> {
  expect(response.status).toBeLessThan(500);
  if (response.status !== 404 && response.status !== 405) {
    expect(await answerComplaints(operation, response)).toEqual([]);
    return response.status < 300;
  }
  const schema = resolve('#/components/schemas/Problem');
  expect(schemaComplaints(await response.json(), schema, resolve)).toEqual([]);
  return false;
}

/** Here nobody has a key that could be revoked, or narrowed to a token. */
const aboutKeysThatExist = ['revokeKey', 'createToken'];

/** What ends the topic that the others are tried on. */
const harmless = operations.filter(({ operationId }) => operationId !== 'deleteTopic');

test.each(harmless)(
  '$operationId takes anything without failing',
  async (operation) => {
    // A follower's stream ends soon, so that its events can be looked at.
    const api = await inProcessApi({ settings: { streamLifeMs: 3 } });
    const topic = await newTopic(api, 2);
    await append(api, topic, [{ value: 'first' }]);
    await answerOf(
      await api.fetch('/v1/topics', jsonInit({ name: knownTopic, partitions: 3 })),
      201,
    );
    const offsets = [{ topic: knownTopic, partition: 0, offset: 1 }];
    await answerOf(await api.fetch('/v1/groups/known/offsets', jsonInit({ offsets })));
    let fitting = 0;
    await fc.assert(
      fc.asyncProperty(sentTo(operation, topic), async ({ path, init }) => {
        if (await isDescribed(operation, await api.fetch(path, init))) fitting++;
      }),
      runs,
    );
    if (!aboutKeysThatExist.includes(operation.operationId)) expect(fitting).toBeGreaterThan(0);
    if (operation.operationId !== 'trimPartition') {
      expect(await values(api, topic, '?maxRecords=1')).toEqual(['first']);
    }
    await api.stop();
  },
  fuzzTimeoutMs,
);

test(
  'deleteTopic takes anything without failing',
  async () => {
    const operation = operations.find(({ operationId }) => operationId === 'deleteTopic');
    if (!operation) throw new Error('there is no deleteTopic');
    const api = await inProcessApi();
    let [fitting, topic] = [0, await newTopic(api)];
    await fc.assert(
      fc.asyncProperty(pathOf(operation, 'TOPIC'), async (path) => {
        const response = await api.fetch(path.replace('TOPIC', topic), { method: 'DELETE' });
        if (!(await isDescribed(operation, response))) return;
        fitting++;
        topic = await newTopic(api);
      }),
      runs,
    );
    expect(fitting).toBeGreaterThan(0);
    await api.stop();
  },
  fuzzTimeoutMs,
);
