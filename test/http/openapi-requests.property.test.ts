/**
 * Random requests built from the OpenAPI document, partly as it says and partly not: none is answered
 * with 500, and every answer is one that the document describes.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { append, newTopic, values } from './api-client.js';
import { inProcessApi } from './apis.js';
import type { Schema } from './json-schema.js';
import { answerComplaints, type Described, operations, resolve } from './openapi-document.js';

const oddText = fc.oneof(
  fc.constantFrom('', '0', '1', '-1', '1e3', '2147483647', '9007199254740992', 'null', '%00', '..'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Dots and nothing would make another path of it before it is sent. */
const oddPart = oddText.filter((text) => !['', '.', '..'].includes(text));

const oddJson = fc.oneof(
  fc.constantFrom(null, 0, -1, 1.5, 1e308, '', [], {}, '__proto__', [[]], [['a', 'b']]),
  fc.jsonValue({ maxDepth: 2 }),
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
  const fields = Object.fromEntries(properties.map(([name, inner]) => [name, valuesOf(inner)]));
  const requiredKeys = (schema.required ?? []) as string[];
  const known = fc.record(fields, { requiredKeys });
  if (schema.additionalProperties === false) return known;
  return fc.dictionary(fc.string({ maxLength: 5 }), oddJson, { maxKeys: 3 });
}

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
  });
  const queries = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.name !== 'waitMs')
    .map(({ name, schema }) =>
      fc
        .oneof(
          { weight: 12, arbitrary: fc.constant(undefined) },
          { weight: 3, arbitrary: fitting(schema).map(String) },
          { weight: 1, arbitrary: oddText },
        )
        .map((value) => (value === undefined ? [] : [`${name}=${encode(value)}`])),
    );
  return fc.tuple(filled, fc.tuple(...queries)).map(([{ topic: name, partition }, query]) => {
    const place = path.replace('{topic}', encode(name)).replace('{partition}', encode(partition));
    const pairs = query.flat();
    return pairs.length === 0 ? place : `${place}?${pairs.join('&')}`;
  });
}

const encode = (text: string) => encodeURIComponent(text.toWellFormed());

function initOf({ method, requestBody }: Described): fc.Arbitrary<RequestInit> {
  const media = Object.entries(requestBody?.content ?? {});
  if (media.length === 0) return fc.constant({ method: method.toUpperCase() });
  const bodies = media.map(([type, { schema }]) => {
    const json = valuesOf(schema).map((value) => JSON.stringify(value));
    const raw = fc.oneof(oddText, fc.uint8Array({ maxLength: 80 }));
    const body = type.includes('json')
      ? fc.oneof({ weight: 9, arbitrary: json }, { weight: 1, arbitrary: raw })
      : raw;
    return body.map((content) => ({
      method: method.toUpperCase(),
      body: content as string,
      headers: { 'content-type': type },
    }));
  });
  return fc.oneof(...bodies);
}

const sentTo = (operation: Described, topic: string): fc.Arbitrary<Sent> =>
  fc.record({ path: pathOf(operation, topic), init: initOf(operation) });

/** Fixed, so that the count of requests that fit below is not luck; another by FC_SEED. */
const seed = Number(process.env.FC_SEED ?? 1);

/** What ends the topic that the others are tried on. */
const harmless = operations.filter(({ operationId }) => operationId !== 'deleteTopic');

test.each(harmless)('$operationId takes anything without failing', async (operation) => {
  const api = await inProcessApi();
  const topic = await newTopic(api, 2);
  await append(api, topic, [{ value: 'first' }]);
  let fitting = 0;
  await fc.assert(
    fc.asyncProperty(sentTo(operation, topic), async ({ path, init }) => {
      const response = await api.fetch(path, init);
      expect(response.status).toBeLessThan(500);
      if (response.status < 300) fitting++;
      // A path may lead elsewhere once a name holds dots: only routes of this shape are compared.
      if (response.status === 404 || response.status === 405) return;
      expect(await answerComplaints(operation, response)).toEqual([]);
    }),
    { numRuns: 150, seed },
  );
  expect(fitting).toBeGreaterThan(0);
  if (operation.operationId !== 'trimPartition') {
    expect(await values(api, topic, '?maxRecords=1')).toEqual(['first']);
  }
  await api.stop();
});
