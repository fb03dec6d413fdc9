/**
 * What checking a caller needs of cryptography. Handed in, since nothing of it is ours to write.
 */

export type Hashing = {
  sha256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Takes as long whatever the bytes are; of unequal lengths are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  randomBytes(count: number): Uint8Array;
};

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexPairs[byte];
  return text;
}
