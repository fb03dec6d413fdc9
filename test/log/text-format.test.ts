/** lib/log/text-format.js: every text comes back, and lengths and counts that lie are refused. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../lib/log/byte-reader.js';
import { ByteWriter } from '../../lib/log/byte-writer.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { readCount, readText, writeText } from '../../lib/log/text-format.js';

function rewritten(text: string): string {
  const writer = new ByteWriter();
  writeText(writer, text);
  return readText(new ByteReader(writer.finish()));
}

test('every text comes back, a byte order mark at its beginning too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(rewritten(text)).toBe(text);
    }),
  );
  expect(rewritten('\uFEFFann')).toBe('\uFEFFann');
});

test.each([
  ['a length beyond the end', [5, 0x61]],
  ['bytes that are not UTF-8', [1, 0xff]],
])('%s is corrupt', (_, bytes) => {
  expect(() => readText(new ByteReader(Uint8Array.from(bytes)))).toThrow(CorruptData);
});

test('a count needs a byte at least for each of what it counts', () => {
  expect(readCount(new ByteReader(Uint8Array.of(2, 0, 0)))).toBe(2);
  expect(() => readCount(new ByteReader(Uint8Array.of(3, 0, 0)))).toThrow(CorruptData);
});
