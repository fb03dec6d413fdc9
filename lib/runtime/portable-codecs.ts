/**
 * Checksum and gzip in plain JavaScript, for where there is no Node: browsers, workers, edge functions.
 * Output is capped while it is made, so a decompression bomb costs no more than the cap.
 */

import { Gunzip, gzipSync } from 'fflate';
import { copyRange } from '../log/byte-parts.js';
import type { Codecs } from '../log/codecs.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../log/corrupt-data.js';
import { portableCrc32c } from './portable-crc32c.js';

/** Input is handed over in pieces: one piece makes at most about a thousand times its size. */
const pieceBytes = 1_024;

export const portableCodecs: Codecs = {
  crc32c: portableCrc32c,
  available: new Set(['none', 'gzip'] as const),
  compress(compression, bytes) {
    if (compression === 'none') return bytes;
    if (compression === 'gzip') return gzipSync(bytes);
    throw new UnsupportedCompression(`${compression} is not available here`);
  },
  decompress(compression, bytes, bytesMax) {
    if (compression === 'gzip') return gunzip(bytes, bytesMax);
    if (compression !== 'none')
      throw new UnsupportedCompression(`${compression} is not available here`);
    if (bytes.length > bytesMax) throw tooLarge(bytesMax);
    return bytes;
  },
};

function gunzip(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let complete = false;
  const stream = new Gunzip((piece, final) => {
    sizeBytes += piece.length;
    if (sizeBytes > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
    complete = final;
  });
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      stream.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
    }
  } catch (error) {
    if (error instanceof TooLarge) throw error;
    throw new CorruptData(`bytes are not gzip: ${(error as Error).message}`);
  }
  if (!complete) throw new CorruptData('bytes are not gzip: they end too early');
  return copyRange(pieces);
}

function tooLarge(bytesMax: number): TooLarge {
  return new TooLarge(`a batch is over ${bytesMax} bytes when decompressed`, bytesMax);
}
