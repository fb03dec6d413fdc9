/** Scratch memory: the parts in one piece, in memory that is used again. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyRange } from '../../lib/log/byte-parts.js';
import { createScratch } from '../../lib/log/scratch.js';
import { propertyRuns } from './samples.js';

test('whatever was gathered before, the parts are gathered as they are', () => {
  const scratch = createScratch();
  const anyParts = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 5 });
  const property = fc.property(anyParts, (parts) => {
    expect(scratch.gather(parts)).toEqual(copyRange(parts));
  });
  fc.assert(property, propertyRuns);
});

test('one part is not copied, several are copied into memory that is there already', () => {
  const scratch = createScratch();
  const [one, two] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  expect(scratch.gather([one])).toBe(one);
  const first = scratch.gather([one, two]);
  expect(scratch.gather([two, one]).buffer).toBe(first.buffer);
});
