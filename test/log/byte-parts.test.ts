/** Bytes in parts: any range of them is what it would be of the whole, however they are cut. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyRange, onePiece, sizeOf, subRange } from '../../lib/log/byte-parts.js';
import { propertyRuns } from './samples.js';

const anyParts = fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 6 });

test('a range of the parts is that range of the whole', () => {
  const property = fc.property(anyParts, fc.nat(40), fc.nat(40), (parts, position, sizeBytes) => {
    const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
    expect(sizeOf(parts)).toBe(whole.length);
    expect(copyRange(parts)).toEqual(whole);
    expect(copyRange(parts, position, sizeBytes)).toEqual(
      whole.slice(position, position + sizeBytes),
    );
    expect(copyRange(subRange(parts, position))).toEqual(whole.slice(position));
  });
  fc.assert(property, propertyRuns);
});

test('a copy is memory of its own, a view is not; nothing empty is handed on', () => {
  const part = Uint8Array.of(1, 2, 3);
  const [copy, [view, ...rest]] = [copyRange([part]), subRange([part, new Uint8Array(0)], 1)];
  part.fill(9);
  expect(copy).toEqual(Uint8Array.of(1, 2, 3));
  expect(view).toEqual(Uint8Array.of(9, 9));
  expect(rest).toEqual([]);
});

test('parts become one piece, which is a view wherever they are one already', () => {
  const whole = Uint8Array.of(1, 2, 3, 4);
  const [left, right] = [whole.subarray(0, 2), whole.subarray(2)];
  expect(onePiece([])).toHaveLength(0);
  expect(onePiece([right])).toBe(right);
  const neighbours = onePiece([left, right]);
  expect(neighbours.buffer).toBe(whole.buffer);
  expect(neighbours).toEqual(whole);
  expect(onePiece([right, left])).toEqual(Uint8Array.of(3, 4, 1, 2));
  expect(onePiece([left, Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3));
});
