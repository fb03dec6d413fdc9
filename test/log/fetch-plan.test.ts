/** Fetch plans: cover what is wanted, in order, without gaps, and not much more than asked for. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pagesToAsk, planFetch } from '../../lib/log/fetch-plan.js';
import { type PlacedLocation, placeEntries } from '../../lib/log/partition-head.js';
import { propertyRuns } from './samples.js';

/** 100 records in 1000 bytes, with places to start at every quarter. */
const quarters = [25, 50, 75].map((n) => ({ recordDelta: n, positionDelta: n * 10 }));
const piece = { sizeBytes: 1000, recordCount: 100, maxTimestampMs: 0, splits: quarters };
const two = placeEntries(500, [
  { ...piece, objectKey: 'a', position: 4 },
  { ...piece, objectKey: 'b', position: 9 },
]);
const adjacent = placeEntries(500, [
  { ...piece, objectKey: 'a', position: 4 },
  { ...piece, objectKey: 'a', position: 1004 },
]);

const start = { recordDelta: 0, positionDelta: 0 };

type Read = [objectKey: string, position: number, sizeBytes: number, baseOffset: number];
test.each<[string, PlacedLocation[], number, number, Read[]]>([
  [
    'everything',
    two,
    500,
    9999,
    [
      ['a', 4, 1000, 500],
      ['b', 9, 1000, 600],
    ],
  ],
  [
    'from a split on',
    two,
    525,
    9999,
    [
      ['a', 254, 750, 525],
      ['b', 9, 1000, 600],
    ],
  ],
  [
    'from the split in front',
    two,
    549,
    9999,
    [
      ['a', 254, 750, 525],
      ['b', 9, 1000, 600],
    ],
  ],
  ['the last quarter', two, 599, 250, [['a', 754, 250, 575]]],
  ['up to the next split', two, 500, 251, [['a', 4, 500, 500]]],
  ['up to the split exactly', two, 500, 250, [['a', 4, 250, 500]]],
  ['one byte', two, 526, 1, [['a', 254, 250, 525]]],
  ['no byte, yet a batch', two, 526, 0, [['a', 254, 250, 525]]],
  [
    'a little of the next',
    two,
    575,
    300,
    [
      ['a', 754, 250, 575],
      ['b', 9, 250, 600],
    ],
  ],
  ['one read for what is adjacent', adjacent, 500, 9999, [['a', 4, 2000, 500]]],
  ['adjacent, and cut', adjacent, 575, 300, [['a', 754, 500, 575]]],
  ['nowhere', [], 0, 100, []],
])('%s', (_what, locations, offset, bytesMax, reads) => {
  const planned = planFetch(locations, offset, bytesMax).map(
    ({ objectKey, position, sizeBytes, baseOffset }) =>
      [objectKey, position, sizeBytes, baseOffset] as Read,
  );
  expect(planned).toEqual(reads);
});

/** Batches as they lie in objects: what a plan is held against. */
type Batch = { objectKey: string; position: number; sizeBytes: number; baseOffset: number };

const anyLog = fc
  .array(
    fc.record({
      fresh: fc.boolean(),
      batches: fc.array(
        fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9 }), fc.boolean()),
        { minLength: 1, maxLength: 8 },
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((entries) => {
    const batches: Batch[] = [];
    let [object, position, baseOffset] = [0, 4, 1000];
    const bare = entries.map(({ fresh, batches: sizes }) => {
      if (fresh) [object, position] = [object + 1, 4];
      const start = { objectKey: `o${object}`, position };
      const splits: { recordDelta: number; positionDelta: number }[] = [];
      let [recordCount, sizeBytes] = [0, 0];
      for (const [bytes, records, split] of sizes) {
        const deltas = { recordDelta: recordCount, positionDelta: sizeBytes };
        if (split && sizeBytes > 0) splits.push(deltas);
        batches.push({ ...start, position, sizeBytes: bytes, baseOffset });
        recordCount += records;
        sizeBytes += bytes;
        position += bytes;
        baseOffset += records;
      }
      return { ...start, sizeBytes, recordCount, maxTimestampMs: 0, splits };
    });
    return { locations: placeEntries(1000, bare), batches, nextOffset: baseOffset };
  });

type AnyLog = typeof anyLog extends fc.Arbitrary<infer Log> ? Log : never;

describe('of any log, from any offset, with any budget', () => {
  const bytesMax = fc.oneof(fc.nat({ max: 400 }), fc.constant(2 ** 31));
  const check = (property: (of: ReturnType<typeof planned>) => void) =>
    fc.assert(
      fc.property(anyLog, fc.nat(), bytesMax, (log, seed, max) =>
        property(planned(log, seed, max)),
      ),
      propertyRuns,
    );

  function planned(log: AnyLog, seed: number, max: number) {
    const offset = 1000 + (seed % (log.nextOffset - 1000));
    const first = log.locations.findIndex((l) => l.baseOffset + l.recordCount > offset);
    const reads = planFetch(log.locations.slice(first), offset, max);
    const covered = log.batches.filter((batch) =>
      reads.some(
        (read) =>
          read.objectKey === batch.objectKey &&
          batch.position >= read.position &&
          batch.position + batch.sizeBytes <= read.position + read.sizeBytes,
      ),
    );
    return { ...log, offset, reads, covered, max };
  }

  test('the batch that holds the offset is read', () => {
    check(({ batches, covered, offset }) => {
      expect(covered).toContain(batches.findLast(({ baseOffset }) => baseOffset <= offset));
    });
  });

  test('reads are whole batches, in order, none left out', () => {
    check(({ batches, covered, reads }) => {
      const from = batches.indexOf(covered[0] as Batch);
      expect(covered).toEqual(batches.slice(from, from + covered.length));
      const bytes = covered.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(reads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(bytes);
      expect(reads.map((r) => r.baseOffset)).toEqual(
        reads.map((r) => {
          const at = (b: Batch) => b.objectKey === r.objectKey && b.position === r.position;
          return batches.find(at)?.baseOffset;
        }),
      );
    });
  });

  test('adjacent ranges are one read', () => {
    check(({ reads }) => {
      for (const [i, read] of reads.entries()) {
        const before = reads[i - 1];
        const touches =
          before?.objectKey === read.objectKey &&
          before.position + before.sizeBytes === read.position;
        expect(touches).toBe(false);
      }
    });
  });

  test('it ends at the first place behind the offset that satisfies the budget', () => {
    check(({ locations, offset, reads, max, nextOffset }) => {
      const first = locations.findIndex((l) => l.baseOffset + l.recordCount > offset);
      const starts: { at: number; bytes: number }[] = [];
      let bytes = 0;
      for (const { baseOffset, sizeBytes, splits } of locations.slice(first)) {
        for (const { recordDelta, positionDelta } of [start, ...splits]) {
          starts.push({ at: baseOffset + recordDelta, bytes: bytes + positionDelta });
        }
        bytes += sizeBytes;
      }
      const from = starts.findLast(({ at }) => at <= offset)?.bytes ?? 0;
      const stops = [...starts, { at: nextOffset, bytes }];
      const stop = stops.find((s) => s.at > offset && s.bytes - from >= max) ?? { bytes };
      const read = reads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(read).toBe(stop.bytes - from);
    });
  });
});

test.each([
  [1024, 100, 0, 64],
  [1000, 0, 0, 64],
  [1, 0, 3, 2],
  [1_048_576, 16 * 70_000, 16, 2],
  [1_048_576, 1600, 16, 64],
  [0, 100, 1, 2],
  [3200, 1600, 16, 3],
])(
  'a budget of %i after %i bytes in %i entries asks for %i pages',
  (max, bytes, entries, pages) => {
    expect(pagesToAsk(max, bytes, entries)).toBe(pages);
  },
);
