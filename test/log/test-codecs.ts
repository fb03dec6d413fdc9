/**
 * Just enough of `Codecs` for the tests of the log: CRC-32C and gzip. The log's tests depend on no
 * runtime of ours, so that a bug in one does not hide a bug in the other.
 */

import { gunzipSync, gzipSync } from 'node:zlib';
import crc32c from 'crc-32/crc32c.js';
import type { Codecs } from '../../lib/log/codecs.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../../lib/log/corrupt-data.js';

export const testCodecs: Codecs = {
  crc32c: (bytes) => crc32c.buf(bytes) >>> 0,
  available: new Set(['none', 'gzip'] as const),
  compress(compression, bytes) {
    if (compression === 'none') return bytes;
    if (compression !== 'gzip') throw new UnsupportedCompression(compression);
    return plain(gzipSync(bytes));
  },
  decompress(compression, bytes, bytesMax) {
    if (compression === 'none') return bytes;
    if (compression !== 'gzip') throw new UnsupportedCompression(compression);
    try {
      return plain(gunzipSync(bytes, { maxOutputLength: bytesMax }));
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === 'ERR_BUFFER_TOO_LARGE') throw new TooLarge('gzip output', bytesMax);
      throw new CorruptData('not gzip');
    }
  },
};

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
