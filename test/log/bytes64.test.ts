/** 64-bit integers as numbers, against BigInt. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { getInt64, setInt64 } from '../../lib/log/bytes64.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { propertyRuns } from './samples.js';

const safe = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), -(2 ** 32) - 1),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);

test('what is written is what BigInt reads, and what is read back', () => {
  const property = fc.property(safe, (value) => {
    const view = new DataView(new ArrayBuffer(10));
    setInt64(view, 1, value);
    expect(view.getBigInt64(1)).toBe(BigInt(value));
    expect(getInt64(view, 1)).toBe(value);
  });
  fc.assert(property, propertyRuns);
});

test('what BigInt wrote is read exactly or refused', () => {
  const property = fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigInt64(0, value);
    const isSafe = Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value;
    if (isSafe) expect(getInt64(view, 0)).toBe(Number(value));
    else expect(() => getInt64(view, 0)).toThrow(CorruptData);
  });
  fc.assert(property, propertyRuns);
});

test.each([2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n])(
  '%s is refused',
  (value) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigInt64(0, value);
    expect(() => getInt64(view, 0)).toThrow(CorruptData);
  },
);

test.each([2 ** 53, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d is never written', (value) => {
  expect(() => setInt64(new DataView(new ArrayBuffer(8)), 0, value)).toThrow('safe integer');
});
