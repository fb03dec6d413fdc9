/** The decoders' errors can be told apart, by class and by name. */

import { expect, test } from 'vitest';
import { CorruptData, TooLarge, UnsupportedCompression } from '../../lib/log/corrupt-data.js';

test.each([
  [new CorruptData('x'), 'CorruptData'],
  [new TooLarge('x', 7), 'TooLarge'],
  [new UnsupportedCompression('x'), 'UnsupportedCompression'],
])('%s is an error of its own name', (error, name) => {
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe(name);
});

test('too large says what the limit is', () => {
  expect(new TooLarge('x', 7).limitBytes).toBe(7);
});
