/**
 * The JSON body of a request that is about topics, not records: small, and of that type.
 */

import type { Context } from 'hono';
import { mediaType, unsupportedMediaType } from './decode-records.js';
import type { HttpDeps } from './http-deps.js';
import { bodyText, checkContentEncoding, parseJson } from './read-body.js';

const jsonBodyBytesMax = 64 * 1024;

export async function jsonBody(c: Context, deps: HttpDeps): Promise<unknown> {
  const type = mediaType(c.req.header('content-type'));
  if (type !== 'application/json') throw unsupportedMediaType(type, ['application/json']);
  checkContentEncoding(c.req.raw.headers);
  const bytes = await deps.readBody(c.req.raw, c.env, jsonBodyBytesMax);
  return parseJson(bodyText(bytes), 'The body');
}
