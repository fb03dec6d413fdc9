/** lib/runtime/zstd-frame.js: frames by node:zlib of Node 24, two by hand, whole and cut at every byte. */

import { expect, test } from 'vitest';
import { isCutOff } from '../../lib/runtime/zstd-frame.js';

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

test.each([
  ['compressed', '28b52ffd604401cd00005868656c6c6f20776f726c6404000c80aa0006a0d3d3f14a11'],
  ['raw', '28b52ffd200529000068656c6c6f'],
  ['of 5,000 equal bytes', '28b52ffd6088124d0000106161010083d3032c'],
  // By hand: descriptor, window, one block of type 1, five times "a"; and two blocks of type 0.
  ['with a repeated byte', '28b52ffd00002b000061'],
  ['of two blocks', '28b52ffd000028000068656c6c6f29000068656c6c6f'],
  ['with a checksum', '28b52ffd240529000068656c6c6fa36d9f88'],
  ['without its size', '28b52ffd000029000068656c6c6f'],
  ['empty', '28b52ffd2000010000'],
])('a frame %s is whole, and less of it is cut off', (_name, hex) => {
  const frame = bytesOf(hex);
  expect(isCutOff(frame)).toBe(false);
  for (let sizeBytes = 0; sizeBytes < frame.length; sizeBytes++) {
    expect(isCutOff(frame.subarray(0, sizeBytes)), `${sizeBytes} bytes`).toBe(true);
  }
});

test('what begins as something else is left to the decoder', () => {
  expect(isCutOff(bytesOf('727562626973682e'))).toBe(false);
});
