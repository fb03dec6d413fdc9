/**
 * What checking callers needs of cryptography, by Node's own.
 */

import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Hashing } from '../access/hashing.js';

export const nodeHashing: Hashing = {
  sha256: (data) => plain(hash('sha256', data, 'buffer')),
  hmacSha256: (key, data) => plain(createHmac('sha256', key).update(data).digest()),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  randomBytes: (count) => plain(randomBytes(count)),
};

/** Not as a Buffer, whose `slice` does not copy. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
