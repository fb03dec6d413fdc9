/** Spans: every one comes back, damage is noticed, and what follows on is small. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../../../lib/log/corrupt-data.js';
import { decodeSpans, encodeSpans } from '../../../../lib/store/aws/items/span-format.js';
import { anySpans, propertyRuns } from '../samples.js';

test('spans come back as they were', () => {
  const property = fc.property(anySpans, (spans) => {
    expect(decodeSpans(encodeSpans(spans))).toEqual(spans);
  });
  fc.assert(property, propertyRuns);
});

test('five batches that follow on take 26 bytes', () => {
  const spans = Array.from({ length: 5 }, (_, i) => ({
    epoch: 0,
    baseSequence: 1_000 + i * 10,
    nextSequence: 1_010 + i * 10,
    baseOffset: 5_000_000 + i * 40,
  }));
  expect(encodeSpans(spans)).toHaveLength(26);
});

test('damaged bytes are CorruptData, or spans', () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 60 }),
    fc.boolean(),
    (noise, versioned) => {
      const bytes = versioned ? Uint8Array.of(1, ...noise) : noise;
      try {
        for (const span of decodeSpans(bytes)) expect(span.baseOffset).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptData);
      }
    },
  );
  fc.assert(property, { ...propertyRuns, numRuns: 1_000 });
});

test.each([
  ['another version', [2, 0]],
  ['bytes too many', [1, 0, 0]],
  ['a count that cannot be', [1, 200, 1]],
  ['a sequence below 0', [1, 1, 0, 1, 0, 0]],
])('%s is refused', (_why, bytes) => {
  expect(() => decodeSpans(Uint8Array.from(bytes))).toThrow(CorruptData);
});
