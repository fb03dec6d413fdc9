/**
 * Tokens of long lists: all that the next page needs, since a client sends nothing beside them.
 */

import { Buffer } from 'node:buffer';
import { invalidArgument, KinesisError } from './kinesis-error.js';
import { openToken, sealToken } from './sealed-token.js';

const lifeMs = 300_000;

export function sealListToken(key: Uint8Array, nowMs: number, list: string, place: object): string {
  return sealToken(key, nowMs, Buffer.from(JSON.stringify({ ...place, list })));
}

/** `list` names the kind of list: a token of another is none. */
export function openListToken<T>(key: Uint8Array, nowMs: number, list: string, text: string): T {
  const token = openToken(key, text);
  const place = token && parse(token.content);
  if (!token || place?.list !== list) throw invalidArgument('NextToken is invalid.');
  if (nowMs - token.sealedAtMs <= lifeMs) return place as T;
  throw new KinesisError(
    'ExpiredNextTokenException',
    'The NextToken is expired: it is good for 300 seconds. Begin the list anew.',
  );
}

/** An iterator has the same seal, but holds no JSON. */
function parse(content: Buffer): { list?: unknown } | undefined {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
