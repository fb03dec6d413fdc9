/** Splitting a location: the pieces are the whole, in order, and as small as the splits allow. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLocation } from '../../lib/log/split-location.js';
import { propertyRuns } from './samples.js';

const shape = fc.record({
  blocks: fc.array(
    fc.record({ records: fc.integer({ min: 1, max: 9 }), bytes: fc.integer({ min: 1, max: 50 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  bytesMax: fc.integer({ min: 0, max: 200 }),
});

test('the pieces lie one after another and together are the location', () => {
  const property = fc.property(shape, ({ blocks, bytesMax }) => {
    let [recordDelta, positionDelta] = [0, 0];
    const splits = blocks.map(({ records, bytes }) => {
      recordDelta += records;
      positionDelta += bytes;
      return { recordDelta, positionDelta };
    });
    const whole = {
      objectKey: 'segments/a',
      baseOffset: 100,
      position: 4,
      sizeBytes: positionDelta,
      recordCount: recordDelta,
      maxTimestampMs: 0,
      splits: splits.slice(0, -1),
    };
    const pieces = splitLocation(whole, bytesMax);
    let [offset, position] = [100, 4];
    for (const piece of pieces) {
      expect([piece.baseOffset, piece.position]).toEqual([offset, position]);
      offset += piece.recordCount;
      position += piece.sizeBytes;
      const largest = Math.max(bytesMax, ...blocks.map(({ bytes }) => bytes));
      expect(piece.sizeBytes).toBeLessThanOrEqual(largest);
    }
    expect([offset, position]).toEqual([100 + recordDelta, 4 + positionDelta]);
  });
  fc.assert(property, propertyRuns);
});

test('an empty one is one piece', () => {
  const empty = { objectKey: 'segments/a', baseOffset: 3, position: 4, sizeBytes: 0 };
  const location = { ...empty, recordCount: 7, maxTimestampMs: 0, splits: [] };
  expect(splitLocation(location, 0)).toEqual([location]);
});
