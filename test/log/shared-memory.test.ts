/** Memory that is shared: every range for one alone, and as large as it was asked for. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freeMemory, sharedBytesMax, takeMemory } from '../../lib/log/shared-memory.js';
import { propertyRuns } from './samples.js';

test('what was taken stays what it is, whatever is taken or left free after it', () => {
  const anySize = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: sharedBytesMax }));
  const property = fc.property(fc.array(fc.tuple(anySize, fc.boolean())), (row) => {
    const taken = row.map(([sizeBytes, looked], i) => {
      const free = looked ? freeMemory(sizeBytes) : undefined;
      free?.fill(255);
      const bytes = takeMemory(sizeBytes);
      if (free) expect(bytes.byteOffset).toBe(free.byteOffset);
      return bytes.fill(i % 255);
    });
    for (const [i, bytes] of taken.entries()) {
      expect(bytes).toHaveLength(row[i]?.[0] ?? 0);
      expect(bytes.every((byte) => byte === i % 255)).toBe(true);
    }
  });
  fc.assert(property, propertyRuns);
});

test('there is always room for the largest range', () => {
  takeMemory(1);
  for (let i = 0; i < 10; i++) {
    expect(freeMemory(sharedBytesMax).length).toBeGreaterThanOrEqual(sharedBytesMax);
    takeMemory(sharedBytesMax - i);
  }
});
