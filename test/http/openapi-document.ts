/** The OpenAPI document, with its references resolved, as the tests look at it. */

import { expect } from 'vitest';
import { openApiDocument } from '../../lib/http/openapi.js';
import { type Schema, schemaComplaints } from './json-schema.js';

type Media = { readonly schema: Schema };
type Content = Readonly<Record<string, Media>>;

export type Parameter = {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
};

export type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { description: string; content?: Content }>>;
};

type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

export const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;

export type Described = { readonly method: string; readonly path: string } & Operation;

export const operations: readonly Described[] = Object.entries(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation })),
);

export function resolve(ref: string): Schema {
  let found: unknown = document;
  for (const part of ref.replace(/^#\//, '').split('/')) {
    found = (found as Record<string, unknown>)[part];
  }
  expect(found, `${ref} leads nowhere`).toBeTypeOf('object');
  return found as Schema;
}

/** What is wrong with an answer, going by the document. */
export async function answerComplaints(
  operation: Described,
  response: Response,
): Promise<readonly string[]> {
  const described = operation.responses[response.status] ?? operation.responses.default;
  if (!described) return [`${response.status} is not described`];
  const text = await response.text();
  if (!described.content) return text === '' ? [] : ['has a body'];
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = described.content[type];
  if (!media) return [`${type} is not described for ${response.status}`];
  if (!type.endsWith('json') || type.startsWith('application/x-')) return [];
  return schemaComplaints(JSON.parse(text), media.schema, resolve);
}
