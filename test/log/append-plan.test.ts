/** Append plans: nothing overlaps, all is in order, a commit carries what one update can. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type NumberedBatch,
  type PendingBatch,
  planEntry,
  planObject,
  takeCommittable,
} from '../../lib/log/append-plan.js';
import { sizeOf } from '../../lib/log/byte-parts.js';
import { producersPerCommitMax, splitIntervalBytes } from '../../lib/log/limits.js';
import { walMagicBytes } from '../../lib/log/wal-object.js';
import { stamp } from './heads.js';
import { propertyRuns } from './samples.js';

const ref = { topicId: 't', partition: 0 };

/** `who` is a producer, an epoch, a first sequence and as many as there are records. */
function batchOf(
  recordCount: number,
  who?: readonly [producer: string, epoch: number, baseSequence: number],
  facts: Partial<PendingBatch> = {},
): PendingBatch {
  const sizeBytes = recordCount * 10;
  const parts = [new Uint8Array(sizeBytes)];
  const bare = { ref, parts, sizeBytes, recordCount, maxTimestampMs: recordCount, ...facts };
  if (!who) return bare;
  const { recordDelta: _, ...producer } = stamp(...who, recordCount);
  return { ...bare, producer };
}

function laidOut<B extends PendingBatch>(batches: readonly B[]) {
  return planObject(batches).partitions[0]?.batches ?? [];
}

describe('an object', () => {
  const anyPending = fc.array(
    fc
      .record({
        ref: fc.record({
          topicId: fc.constantFrom('t', 'u'),
          partition: fc.nat({ max: 2 }),
        }),
        parts: fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 3,
        }),
        recordCount: fc.integer({ min: 1, max: 9 }),
        maxTimestampMs: fc.nat(),
      })
      .map((batch) => ({ ...batch, sizeBytes: sizeOf(batch.parts) })),
    { maxLength: 12 },
  );
  const keyOf = (of: { topicId: string; partition: number }) => `${of.topicId}/${of.partition}`;

  test('holds each batch once, and of each partition in the order of arrival', () => {
    const property = fc.property(anyPending, (pending) => {
      const { partitions } = planObject(pending);
      expect(new Set(partitions.map((p) => keyOf(p.ref))).size).toBe(partitions.length);
      for (const partition of partitions) {
        const arrived = pending.filter((b) => keyOf(b.ref) === keyOf(partition.ref));
        expect(partition.batches.map(({ batch }) => batch)).toEqual(arrived);
      }
      expect(partitions.flatMap(({ batches }) => batches)).toHaveLength(pending.length);
    });
    fc.assert(property, propertyRuns);
  });

  test('is filled from its magic on without a gap, each partition one range', () => {
    const property = fc.property(anyPending, (pending) => {
      const { parts, ranges, partitions } = planObject(pending);
      let position = walMagicBytes;
      for (const [i, { ref: of, batches }] of partitions.entries()) {
        const recordCount = batches.reduce((sum, { batch }) => sum + batch.recordCount, 0);
        const start = position;
        for (const laid of batches) {
          expect(laid.position).toBe(position);
          position += laid.batch.sizeBytes;
        }
        expect(ranges[i]).toEqual({
          ...of,
          position: start,
          sizeBytes: position - start,
          recordCount,
        });
      }
      expect(ranges).toHaveLength(partitions.length);
      const all = partitions.flatMap(({ batches }) => batches.flatMap(({ batch }) => batch.parts));
      expect(parts).toEqual(all);
    });
    fc.assert(property, propertyRuns);
  });
});

describe('one commit takes', () => {
  const crowd = (count: number) =>
    Array.from({ length: count }, (_, i) => batchOf(1, [`p${i}`, 0, 0]));
  const most = producersPerCommitMax;
  const expecting = batchOf(1, undefined, { expectedNextOffset: 0 });
  const fenced = batchOf(1, undefined, { fencingToken: '' });

  test.each<[string, PendingBatch[], number]>([
    ['nothing of nothing', [], 0],
    ['all that has no producer', [batchOf(1), batchOf(2), batchOf(3)], 3],
    ['a producer that follows on', [batchOf(2, ['p', 0, 5]), batchOf(1, ['p', 0, 7])], 2],
    ['no producer that leaves a gap', [batchOf(2, ['p', 0, 5]), batchOf(1, ['p', 0, 8])], 1],
    ['no producer that repeats itself', [batchOf(2, ['p', 0, 5]), batchOf(2, ['p', 0, 5])], 1],
    ['no second epoch', [batchOf(2, ['p', 0, 5]), batchOf(1, ['p', 1, 7])], 1],
    [
      'a producer across others',
      [batchOf(2, ['p', 0, 5]), batchOf(9, ['q', 3, 0]), batchOf(1), batchOf(1, ['p', 0, 7])],
      4,
    ],
    [
      'a producer across the greatest sequence',
      [batchOf(3, ['p', 0, 2 ** 31 - 2]), batchOf(1, ['p', 0, 1])],
      2,
    ],
    ['one that expects an offset alone', [expecting, batchOf(1)], 1],
    ['one with a token alone, even an empty one', [fenced, batchOf(1)], 1],
    ['what lies before one with a condition', [batchOf(1), batchOf(1), expecting], 2],
    ['as many producers as there may be', crowd(most), most],
    ['not one more', crowd(most + 1), most],
    ['not one more, and be it ourselves', [...crowd(most), batchOf(1)], most],
    ['ourselves among the most', [batchOf(1), ...crowd(most)], most],
    [
      'more batches of the most producers',
      [...crowd(most), batchOf(1, ['p0', 0, 1]), batchOf(1, ['new', 0, 0])],
      most + 1,
    ],
  ])('%s', (_what, batches, count) => {
    const all = laidOut(batches);
    expect(takeCommittable(all)).toEqual(all.slice(0, count));
  });

  test('only neighbours in the object', () => {
    const all = laidOut([batchOf(1), batchOf(1), batchOf(1)]);
    expect(takeCommittable(all.filter((_, i) => i !== 1))).toHaveLength(1);
  });
});

/** Batches of some producers, each following on from its last; often the same one again. */
const anyRow = fc
  .array(
    fc.record({
      who: fc.nat({ max: 20 }),
      recordCount: fc.integer({ min: 1, max: 9 }),
      sizeBytes: fc.constantFrom(1, 1, 70, splitIntervalBytes / 2, splitIntervalBytes + 1),
      maxTimestampMs: fc.integer({ min: -1, max: 99 }),
      slip: fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? 1 : 0)),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((row) => {
    const next = new Map<string, number>();
    return row.map(({ who, recordCount, sizeBytes, maxTimestampMs, slip }): NumberedBatch => {
      const name = `p${who}`;
      const { recordDelta: _, ...producer } = stamp(
        name,
        0,
        (next.get(name) ?? 0) + slip,
        recordCount,
      );
      next.set(name, producer.nextSequence);
      return { ref, parts: [], sizeBytes, recordCount, maxTimestampMs, producer };
    });
  });

test('commit by commit every batch is taken once, by producers few enough that follow on', () => {
  const property = fc.property(anyRow, (row) => {
    let left = laidOut(row);
    const taken: NumberedBatch[] = [];
    while (left.length > 0) {
      const run = takeCommittable(left);
      expect(run.length).toBeGreaterThan(0);
      left = left.slice(run.length);
      taken.push(...run.map(({ batch }) => batch));
      const { stamps } = planEntry('o', run);
      const last = new Map<string, number>();
      for (const { producer, baseSequence, nextSequence } of stamps) {
        expect(last.get(producer) ?? baseSequence).toBe(baseSequence);
        last.set(producer, nextSequence);
      }
      expect(last.size).toBeLessThanOrEqual(producersPerCommitMax);
    }
    expect(taken).toEqual(row);
  });
  fc.assert(property, propertyRuns);
});

test('an entry says of its batches where they lie, how many they hold, and whose they are', () => {
  const property = fc.property(anyRow, fc.nat({ max: 9 }), (row, skipped) => {
    const run = takeCommittable(laidOut(row).slice(Math.min(skipped, row.length - 1)));
    const entry = planEntry('o', run);
    const batches = run.map(({ batch }) => batch);
    expect(entry).toMatchObject({
      objectKey: 'o',
      position: run[0]?.position,
      sizeBytes: batches.reduce((sum, batch) => sum + batch.sizeBytes, 0),
      recordCount: batches.reduce((sum, { recordCount }) => sum + recordCount, 0),
      maxTimestampMs: Math.max(...batches.map((b) => b.maxTimestampMs)),
    });
    // Record by record: what the stamps say is what the batches are.
    const said = entry.stamps.flatMap((s, i) => {
      const end = entry.stamps[i + 1]?.recordDelta ?? entry.recordCount;
      expect(s.nextSequence - s.baseSequence).toBe(end - s.recordDelta);
      return Array.from({ length: end - s.recordDelta }, (_, n) => [
        s.producer,
        s.baseSequence + n,
      ]);
    });
    const are = batches.flatMap(({ producer: { producer, baseSequence }, recordCount }) =>
      Array.from({ length: recordCount }, (_, n) => [producer, baseSequence + n]),
    );
    expect(said).toEqual(are);
  });
  fc.assert(property, propertyRuns);
});

test('splits are beginnings of batches, far enough apart and none left out', () => {
  const property = fc.property(anyRow, (row) => {
    const run = takeCommittable(laidOut(row));
    const wanted: { recordDelta: number; positionDelta: number }[] = [];
    let [recordDelta, last] = [0, 0];
    for (const { batch, position } of run) {
      const positionDelta = position - walMagicBytes;
      if (positionDelta - last >= splitIntervalBytes) {
        wanted.push({ recordDelta, positionDelta });
        last = positionDelta;
      }
      recordDelta += batch.recordCount;
    }
    expect(planEntry('o', run).splits).toEqual(wanted);
  });
  fc.assert(property, propertyRuns);
});
