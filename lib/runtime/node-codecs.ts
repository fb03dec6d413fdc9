/**
 * Checksum and compression as Node has them: gzip always, zstd from Node 22.15 on. Output is capped
 * while it is made, so a decompression bomb costs no more than the cap.
 */

import zlib from 'node:zlib';
import type { Codecs, Compression } from '../log/codecs.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../log/corrupt-data.js';
import { nativeCrc32c } from './crc32c.js';
import { portableCrc32c } from './portable-crc32c.js';
import { isCutOff } from './zstd-frame.js';

type Codec = {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array, bytesMax: number): Uint8Array;
};

const gzip: Codec = {
  compress: (bytes) => zlib.gzipSync(bytes),
  decompress: (bytes, bytesMax) => zlib.gunzipSync(bytes, { maxOutputLength: bytesMax }),
};

/** Where a frame's window would be larger, decoding needs more memory than the cap allows. */
const zstdWindowLogMin = 23;

/** What newer versions of node:zlib add. */
type ZstdModule = {
  zstdCompressSync(bytes: Uint8Array): Uint8Array;
  zstdDecompressSync(
    bytes: Uint8Array,
    options: { maxOutputLength: number; params: Record<number, number> },
  ): Uint8Array;
  constants: { ZSTD_d_windowLogMax: number };
};

function zstdOf(module: Partial<ZstdModule>): Codec | undefined {
  const { zstdCompressSync, zstdDecompressSync, constants } = module;
  if (!zstdCompressSync || !zstdDecompressSync || !constants) return undefined;
  return {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes, bytesMax) => {
      if (isCutOff(bytes)) throw new CorruptData('the frame breaks off');
      const windowLogMax = Math.max(zstdWindowLogMin, Math.ceil(Math.log2(bytesMax)));
      const params = { [constants.ZSTD_d_windowLogMax]: windowLogMax };
      return zstdDecompressSync(bytes, { maxOutputLength: bytesMax, params });
    },
  };
}

const zstd = zstdOf(zlib as unknown as Partial<ZstdModule>);
const codecs: Partial<Record<Compression, Codec>> = zstd ? { gzip, zstd } : { gzip };

const bombCodes = ['ERR_BUFFER_TOO_LARGE', 'ZSTD_error_frameParameter_windowTooLarge'];

export const nodeCodecs: Codecs = {
  crc32c: nativeCrc32c ?? portableCrc32c,
  available: new Set<Compression>(['none', ...(Object.keys(codecs) as Compression[])]),
  compress(compression, bytes) {
    if (compression === 'none') return bytes;
    return plain(codecOf(compression).compress(bytes));
  },
  decompress(compression, bytes, bytesMax) {
    if (compression === 'none') return capped(bytes, bytesMax);
    const codec = codecOf(compression);
    try {
      // zlib takes no cap of 0.
      return capped(plain(codec.decompress(bytes, Math.max(1, bytesMax))), bytesMax);
    } catch (error) {
      if (error instanceof TooLarge) throw error;
      if (bombCodes.includes((error as NodeJS.ErrnoException).code ?? '')) throw tooLarge(bytesMax);
      throw new CorruptData(`bytes are not ${compression}: ${(error as Error).message}`);
    }
  },
};

function codecOf(compression: Compression): Codec {
  const codec = codecs[compression];
  if (codec) return codec;
  throw new UnsupportedCompression(`this server cannot read or write ${compression}`);
}

function capped(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return bytes;
}

function tooLarge(bytesMax: number): TooLarge {
  return new TooLarge(`a batch is over ${bytesMax} bytes when decompressed`, bytesMax);
}

/** Not a Buffer, whose `slice` does not copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
