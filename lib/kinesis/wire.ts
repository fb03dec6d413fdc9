/**
 * The two encodings of a request and its answer. An action builds its answer from plain values and asks
 * the wire for what differs: how a blob and how a time is written.
 */

import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { type ByteParts, onePiece } from '../log/byte-parts.js';
import { createScratch } from '../log/scratch.js';
import { cborTime, decodeCbor, encodeCbor } from './cbor.js';

export type Wire = {
  readonly contentType: string;
  /** Throws for what is not in this encoding. */
  decode(body: ByteParts): unknown;
  encode(value: unknown): Uint8Array | string;
  blob(bytes: Uint8Array): unknown;
  time(ms: number): unknown;
};

const scratch = createScratch();

export const jsonType = 'application/x-amz-json-1.1';
export const cborType = 'application/x-amz-cbor-1.1';

export const jsonWire: Wire = {
  contentType: jsonType,
  decode: (body) => JSON.parse(textOf(scratch.gather(body))),
  encode: (value) => JSON.stringify(value),
  blob: ({ buffer, byteOffset, length }) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, length).toString('base64'),
  // Seconds, to the millisecond.
  time: (ms) => Math.floor(ms) / 1000,
};

export const cborWire: Wire = {
  contentType: cborType,
  // What it decodes to are views of the body.
  decode: (body) => decodeCbor(onePiece(body)),
  encode: encodeCbor,
  blob: (bytes) => bytes,
  time: cborTime,
};

export function wireOf(contentType: string): Wire | undefined {
  if (contentType === jsonType) return jsonWire;
  return contentType === cborType ? cborWire : undefined;
}

/** Base64 makes bodies large, and all ASCII: then the text is the bytes as they are. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  throw new Error('the body is not UTF-8');
}
