/**
 * Tokens that clients carry for us: shard iterators and the tokens of long lists. Nobody can make one or
 * change one without the key; each is different from every other, even for the same place.
 *
 *   '0000000000000001' | sealed at, ms (6 bytes) | nonce (6) | content | HMAC-SHA-256 of all before (16)
 *
 * as base64.
 */

import { Buffer } from 'node:buffer';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export type OpenedToken = { readonly sealedAtMs: number; readonly content: Buffer };

const version = Buffer.from('0000000000000001', 'hex');
const timeBytes = 6;
const nonceBytes = 6;
const contentStart = version.length + timeBytes + nonceBytes;
const macBytes = 16;

export function sealToken(key: Uint8Array, nowMs: number, content: Uint8Array): string {
  const time = Buffer.alloc(timeBytes);
  time.writeUIntBE(nowMs, 0, timeBytes);
  const body = Buffer.concat([version, time, randomBytes(nonceBytes), content]);
  return Buffer.concat([body, macOf(key, body)]).toString('base64');
}

/** Undefined for what we did not seal. */
export function openToken(key: Uint8Array, token: string): OpenedToken | undefined {
  const bytes = Buffer.from(token, 'base64');
  if (bytes.length < contentStart + macBytes || bytes.toString('base64') !== token)
    return undefined;
  const body = bytes.subarray(0, -macBytes);
  if (!timingSafeEqual(bytes.subarray(-macBytes), macOf(key, body))) return undefined;
  const sealedAtMs = body.readUIntBE(version.length, timeBytes);
  return { sealedAtMs, content: body.subarray(contentStart) };
}

function macOf(key: Uint8Array, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(body).digest().subarray(0, macBytes);
}
