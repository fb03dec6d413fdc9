/**
 * CBOR as the Java SDK speaks it: blobs are byte strings, and a time is tag 1 with whole milliseconds
 * (not the seconds of RFC 8949), in both directions.
 */

import { decode, encode, Tagged } from 'cborg';

/** A time that came as CBOR. */
export class TaggedTime {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

const timeTag = 1;

/** Throws for bytes that are not one whole CBOR item. */
export function decodeCbor(bytes: Uint8Array): unknown {
  return decode(bytes, {
    tags: {
      [timeTag]: (content) => new TaggedTime(Number(content())),
    },
  });
}

export function cborTime(ms: number): Tagged {
  return new Tagged(timeTag, Math.floor(ms));
}

/** Members that are undefined are left out: an absent member is never null. */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, { ignoreUndefinedProperties: true });
}
