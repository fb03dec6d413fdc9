/**
 * A request body that is one JSON document.
 */

import type { Context } from 'hono';
import { onePiece } from '../log/byte-parts.js';
import { mediaType, unsupportedMediaType } from './decode-records.js';
import type { HttpDeps } from './http-deps.js';
import { bodyText, checkContentEncoding, parseJson } from './read-body.js';

const bytesMaxDefault = 64 * 1024;

export async function jsonBody(
  c: Context,
  deps: HttpDeps,
  bytesMax = bytesMaxDefault,
): Promise<unknown> {
  const type = mediaType(c.req.header('content-type'));
  if (type !== 'application/json') throw unsupportedMediaType(type, ['application/json']);
  checkContentEncoding(c.req.raw.headers);
  const parts = await deps.readBody(c.req.raw, c.env, bytesMax);
  return parseJson(bodyText(onePiece(parts)), 'The body');
}
