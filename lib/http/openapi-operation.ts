/**
 * How every operation is described: what it answers, and that failures are problems.
 */

import type * as z from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { problem, problemContentType } from '../contract/errors.js';

const failures = {
  default: {
    description: 'A problem; `code`, `retriable` and `sideEffects` say what to do about it.',
    content: { [problemContentType]: { schema: problem } },
  },
};

export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

export const requestBody = (schema: z.ZodType) => ({
  content: { 'application/json': { schema } },
});

export function operation(
  operationId: string,
  summary: string,
  rest: Pick<ZodOpenApiOperationObject, 'requestParams' | 'requestBody' | 'responses'>,
): ZodOpenApiOperationObject {
  return { operationId, summary, ...rest, responses: { ...rest.responses, ...failures } };
}
