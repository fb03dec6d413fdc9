/** A stored head reads back as it was, whatever is in it, and never as something else. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../../lib/log/corrupt-data.js';
import { emptyHead, type PartitionHead, type TailEntry } from '../../../lib/log/partition-head.js';
import { decodeHead, encodeHead } from '../../../lib/store/local/head-format.js';
import { walKey } from '../../conformance/log-builders.js';

const count = fc.maxSafeNat();
const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });

const entry: fc.Arbitrary<TailEntry> = fc.record({
  objectKey: fc.oneof(fc.constant(walKey()), fc.constantFrom('segments/a/0/b', 'inline/é')),
  position: count,
  sizeBytes: count,
  recordCount: count,
  maxTimestampMs: fc.integer({ min: -1, max: 2 ** 48 }),
  splits: fc.constantFrom([], [{ recordDelta: 3, positionDelta: 700_000 }]),
  stamps: fc.array(
    fc.record({
      producer: name,
      epoch: fc.nat(),
      baseSequence: fc.nat(),
      nextSequence: fc.nat(),
      recordDelta: fc.nat(),
    }),
    { maxLength: 3 },
  ),
});

const head: fc.Arbitrary<PartitionHead> = fc.record({
  logStartOffset: count,
  nextOffset: count,
  tailBaseOffset: count,
  tail: fc.array(entry, { maxLength: 6 }),
  pagedMaxTimestampMs: fc.integer({ min: -1 }),
  rolls: count,
  producers: fc.dictionary(name, fc.record({ epoch: fc.nat(), nextSequence: fc.nat() })),
  windows: fc.dictionary(
    name,
    fc.record({
      seenAtRoll: count,
      spans: fc.array(
        fc.record({
          epoch: fc.nat(),
          baseSequence: fc.nat(),
          nextSequence: fc.nat(),
          baseOffset: count,
        }),
      ),
    }),
  ),
  evictions: count,
  walFloor: count,
  fencingToken: fc.option(fc.string({ unit: 'grapheme' })),
  lease: fc.record({
    leader: fc.option(fc.string()),
    leaderEpoch: count,
    leaseExpiresMs: count,
  }),
});

test('any head reads back as it was', () => {
  fc.assert(
    fc.property(head, (before) => {
      const plain = JSON.parse(JSON.stringify(before));
      expect(decodeHead(encodeHead(before))).toEqual(plain);
      // The second time from remembered text.
      expect(decodeHead(encodeHead(decodeHead(encodeHead(before))))).toEqual(plain);
    }),
    { numRuns: 200 },
  );
});

test('what is not a head of this version is corrupt', () => {
  const newer = JSON.stringify({ ...JSON.parse(encodeHead(emptyHead)), version: 2 });
  for (const text of ['', '{', 'null', '{}', newer]) {
    expect(() => decodeHead(text)).toThrow(CorruptData);
  }
});

test.each([
  ['logStartOffset', '5'],
  ['nextOffset', 2 ** 53],
  ['rolls', 0.5],
  ['tail', {}],
  ['tail', [5]],
  ['producers', { a: { epoch: 0 } }],
  ['windows', { a: { seenAtRoll: 0, spans: [{}] } }],
  ['fencingToken', 5],
  ['lease', undefined],
])('a head whose %s is %j is corrupt, not computed with', (field, value) => {
  const text = JSON.stringify({ ...JSON.parse(encodeHead(emptyHead)), [field]: value });
  expect(() => decodeHead(text)).toThrow(CorruptData);
  expect(() => decodeHead(text)).toThrow(field);
});

test('a version that nobody can print is corrupt too', () => {
  expect(() => decodeHead('{"version":{"toString":1}}')).toThrow(CorruptData);
});
