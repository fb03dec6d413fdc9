/** Lineages: even ranges without a hole, and the partition that holds a place. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  evenRanges,
  hashNumber,
  hashText,
  lineageOf,
  openPartitions,
  partitionAt,
} from '../../lib/log/lineage.js';

test('three even ranges are those of Kinesis', () => {
  expect(evenRanges(3).map(({ end }) => hashNumber(end).toString())).toEqual([
    '113427455640312821154458202477256070484',
    '226854911280625642308916404954512140969',
    '340282366920938463463374607431768211455',
  ]);
});

test('a place is found in the one range that holds it', () => {
  const lineage = lineageOf({ partitionCount: 7, createdAtMs: 1_000 });
  const open = openPartitions(lineage);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (place) => {
      const hash = hashText(place);
      const { start = '', end = '' } = lineage.partitions[partitionAt(open, hash)] ?? {};
      expect(start <= hash && hash <= end).toBe(true);
    }),
  );
});
