/** The newest offset of each key: exact, and within its bound. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyOffsets } from '../../lib/log/key-offsets.js';
import { propertyRuns } from './samples.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

test('it knows the newest offset of every key it was given, and no other', () => {
  const keys = fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 60 });
  const property = fc.property(keys, (given) => {
    const offsets = createKeyOffsets(1_000_000);
    for (const [offset, key] of given.entries()) expect(offsets.add(key, offset)).toBe(true);
    for (const key of given) {
      const newest = given.findLastIndex((other) => Buffer.compare(other, key) === 0);
      expect(offsets.newest(key)).toBe(newest);
    }
    expect(offsets.newest(Uint8Array.of(1, 2, 3, 4))).toBeUndefined();
  });
  fc.assert(property, propertyRuns);
});

test('when it is full it takes newer offsets of its keys, and no other key', () => {
  const offsets = createKeyOffsets(200);
  expect(offsets.add(bytesOf('a'), 0)).toBe(true);
  expect(offsets.add(bytesOf('b'), 1)).toBe(true);
  expect(offsets.add(bytesOf('c'), 2)).toBe(false);
  expect(offsets.add(bytesOf('a'), 3)).toBe(true);
  expect([offsets.newest(bytesOf('a')), offsets.newest(bytesOf('c'))]).toEqual([3, undefined]);
});

test('there is room for one key, however large', () => {
  const offsets = createKeyOffsets(0);
  const large = new Uint8Array(100_000).fill(7);
  expect(offsets.add(large, 5)).toBe(true);
  expect(offsets.newest(large)).toBe(5);
  expect(offsets.newest(large.subarray(1))).toBeUndefined();
  expect(offsets.add(bytesOf('a'), 6)).toBe(false);
});
