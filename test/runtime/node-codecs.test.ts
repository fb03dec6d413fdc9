/** Known vectors, round trips, and bombs: what a decoder is given must not decide what it allocates. */

import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Compression, compressions } from '../../lib/log/codecs.js';
import { CorruptData, TooLarge, UnsupportedCompression } from '../../lib/log/corrupt-data.js';
import { nativeCrc32c } from '../../lib/runtime/crc32c.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { portableCrc32c } from '../../lib/runtime/portable-crc32c.js';

const utf8 = new TextEncoder();
const hasZstd = 'zstdCompressSync' in zlib;
const coded = [...nodeCodecs.available].filter((compression) => compression !== 'none');

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
  const vectors: [name: string, bytes: Uint8Array, crc: number][] = [
    ['123456789', utf8.encode('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(), 0],
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['descending', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ];
  test.each(vectors)('of %s', (_name, bytes, crc) => {
    expect(nodeCodecs.crc32c(bytes)).toBe(crc);
    expect(portableCrc32c(bytes)).toBe(crc);
  });

  test.skipIf(!nativeCrc32c)('is the same by the processor and in JavaScript', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.nat(16), (bytes, from) => {
        const view = bytes.subarray(from);
        expect(nativeCrc32c?.(view)).toBe(portableCrc32c(view));
      }),
      { numRuns: 200 },
    );
  });
});

describe('compression', () => {
  test('says what this Node has', () => {
    expect([...nodeCodecs.available]).toEqual(
      hasZstd ? ['none', 'gzip', 'zstd'] : ['none', 'gzip'],
    );
  });

  test.each(['none', ...coded] as Compression[])('%s gives back what it was given', (codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
        const packed = nodeCodecs.compress(codec, bytes);
        const unpacked = nodeCodecs.decompress(codec, packed, bytes.length);
        expect(unpacked).toEqual(bytes);
        expect(Buffer.isBuffer(unpacked)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  // Fault 27 of docs/faults.md.
  test.each(coded)('%s refuses a bomb', (codec) => {
    const bomb = nodeCodecs.compress(codec, new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => nodeCodecs.decompress(codec, bomb, 1_000_000)).toThrow(TooLarge);
  });

  test.each(['none', ...coded] as Compression[])('%s keeps the cap to the byte', (codec) => {
    const packed = nodeCodecs.compress(codec, new Uint8Array(1_000));
    expect(nodeCodecs.decompress(codec, packed, 1_000)).toHaveLength(1_000);
    for (const bytesMax of [999, 1, 0]) {
      expect(() => nodeCodecs.decompress(codec, packed, bytesMax)).toThrow(
        expect.objectContaining({ name: 'TooLarge', limitBytes: bytesMax }),
      );
    }
  });

  test.each(coded)('%s calls rubbish, and what breaks off, corrupt', (codec) => {
    const packed = nodeCodecs.compress(codec, utf8.encode('a record batch, or some of it'));
    const broken = [new Uint8Array(), utf8.encode('rubbish'), packed.subarray(0, -3)];
    for (const bytes of broken) {
      expect(() => nodeCodecs.decompress(codec, bytes, 1_000)).toThrow(CorruptData);
    }
  });

  // Fault 28 of docs/faults.md.
  test('a codec that is not there is called by its name', () => {
    const absent = compressions.filter((compression) => !nodeCodecs.available.has(compression));
    expect(absent).toContain('lz4');
    for (const codec of absent) {
      const bytes = new Uint8Array(1);
      expect(() => nodeCodecs.compress(codec, bytes)).toThrow(UnsupportedCompression);
      expect(() => nodeCodecs.decompress(codec, bytes, 1)).toThrow(new RegExp(codec));
    }
  });
});
