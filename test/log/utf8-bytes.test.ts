/** Strings as bytes: the same as one by one, and none in another's memory. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8Bytes } from '../../lib/log/utf8-bytes.js';
import { propertyRuns } from './samples.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 3 }).map((text) => text.repeat(9_000)),
);

test('whatever was encoded since, the bytes of a string stay what they are', () => {
  const property = fc.property(fc.array(anyText), (texts) => {
    const encoded = texts.map(utf8Bytes);
    expect(encoded.map((bytes) => new TextDecoder().decode(bytes))).toEqual(texts);
  });
  fc.assert(property, propertyRuns);
});

test('what no UTF-8 can carry becomes what TextEncoder makes of it', () => {
  expect(utf8Bytes('a\ud800b')).toEqual(new TextEncoder().encode('a\ud800b'));
});

test('short strings share memory, also when it is full, long ones have their own', () => {
  const short = Array.from({ length: 200 }, () => utf8Bytes('é'.repeat(500)));
  expect(new Set(short.map(({ buffer }) => buffer)).size).toBeLessThan(10);
  const long = utf8Bytes('x'.repeat(100_000));
  expect(long.buffer.byteLength).toBe(100_000);
});
