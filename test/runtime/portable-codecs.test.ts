/** lib/runtime/portable-codecs.js does what node-codecs.js does, each reading what the other wrote. */

import zlib from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData, TooLarge, UnsupportedCompression } from '../../lib/log/corrupt-data.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { portableCodecs } from '../../lib/runtime/portable-codecs.js';

test('gzip made by one is read by the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      const here = portableCodecs.compress('gzip', bytes);
      const there = nodeCodecs.compress('gzip', bytes);
      expect(nodeCodecs.decompress('gzip', here, bytes.length)).toEqual(bytes);
      expect(portableCodecs.decompress('gzip', there, bytes.length)).toEqual(bytes);
      expect(portableCodecs.crc32c(bytes)).toBe(nodeCodecs.crc32c(bytes));
    }),
    { numRuns: 100 },
  );
});

test('a bomb is refused at its cap, not after it went off', () => {
  const bomb = zlib.gzipSync(Buffer.alloc(128 * 1024 * 1024));
  const before = process.memoryUsage().arrayBuffers;
  expect(() => portableCodecs.decompress('gzip', bomb, 1024)).toThrow(TooLarge);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
});

test('what is no gzip, or half of it, is corrupt; other codecs are told', () => {
  const whole = zlib.gzipSync(Buffer.alloc(9_000, 'abc'));
  for (const bytes of [whole.subarray(0, 20), new Uint8Array(30).fill(9), new Uint8Array()]) {
    expect(() => portableCodecs.decompress('gzip', bytes, 10_000)).toThrow(CorruptData);
  }
  expect(() => portableCodecs.decompress('zstd', whole, 10_000)).toThrow(UnsupportedCompression);
  expect(() => portableCodecs.compress('zstd', whole)).toThrow(UnsupportedCompression);
  expect(() => portableCodecs.decompress('none', whole, 3)).toThrow(TooLarge);
});
