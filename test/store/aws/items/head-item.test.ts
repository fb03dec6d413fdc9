/** The head's item: every head comes back, an unwritten one is tiny, damage is noticed. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../../../lib/log/corrupt-data.js';
import { emptyHead, type PartitionHead } from '../../../../lib/log/partition-head.js';
import type { Item } from '../../../../lib/store/aws/items/attributes.js';
import { headFromItem, headToItem } from '../../../../lib/store/aws/items/head-item.js';
import { anySpans, propertyRuns, ref, sampleEntry, sampleHead } from '../samples.js';

const anyProducer = fc.record({
  name: fc.string({ minLength: 1, maxLength: 20 }),
  epoch: fc.nat(),
  nextSequence: fc.nat(),
  window: fc.option(fc.record({ seenAtRoll: fc.nat(), spans: anySpans })),
});

const anyHead: fc.Arbitrary<PartitionHead> = fc
  .record({
    offsets: fc.tuple(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat()),
    tailLength: fc.nat({ max: 3 }),
    pagedMaxTimestampMs: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
    producers: fc.uniqueArray(anyProducer, { maxLength: 6, selector: ({ name }) => name }),
    counters: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    pagedBytes: fc.maxSafeNat(),
    compactedTo: fc.maxSafeNat(),
    walFloorOffset: fc.maxSafeNat(),
    closed: fc.boolean(),
    fencingToken: fc.option(fc.string({ maxLength: 36 })),
    lease: fc.record({
      leader: fc.option(fc.string({ minLength: 1 })),
      leaderEpoch: fc.nat(),
      leaseExpiresMs: fc.maxSafeNat(),
    }),
  })
  .map(({ offsets, tailLength, producers, counters, ...rest }) => ({
    ...rest,
    logStartOffset: offsets[0],
    nextOffset: offsets[1],
    tailBaseOffset: offsets[2],
    tail: Array.from({ length: tailLength }, () => sampleEntry()),
    rolls: counters[0],
    evictions: counters[1],
    walFloor: counters[2],
    producers: Object.fromEntries(
      producers.map(({ name, epoch, nextSequence }) => [name, { epoch, nextSequence }]),
    ),
    windows: Object.fromEntries(
      producers.flatMap(({ name, window }) => (window ? [[name, window]] : [])),
    ),
  }));

test('a head comes back as it was', () => {
  const property = fc.property(anyHead, (head) => {
    expect(headFromItem(headToItem(ref, head))).toEqual(head);
  });
  fc.assert(property, propertyRuns);
});

test('an unwritten head is a few small attributes', () => {
  expect(headToItem(ref, emptyHead)).toEqual({
    pk: { S: '1/p/0f8fad5b-d9cb-469f-a165-70867728950e/3' },
    sk: { S: 'head' },
    n: { N: '0' },
    s: { N: '0' },
    b: { N: '0' },
    t: { L: [] },
    x: { N: '-1' },
    r: { L: [{ N: '0' }] },
    p: { M: {} },
    w: { M: {} },
    v: { N: '0' },
    f: { N: '0' },
  });
});

test('what a late admission leaves behind a window, or in the place of one, means nothing', () => {
  const spans = { B: Uint8Array.of(1, 0) };
  const w = {
    a: { L: [spans, { N: '3' }, { N: '7' }, { N: '7' }] },
    b: { L: [{ N: '7' }, { N: '7' }] },
  };
  const item = { ...headToItem(ref, sampleHead), w: { M: w } };
  expect(headFromItem(item).windows).toEqual({ a: { seenAtRoll: 3, spans: [] } });
});

test.each<[why: string, damage: Item]>([
  ['a number that is a text', { n: { S: '5' } }],
  ['a number over 2^53', { n: { N: '9007199254740993' } }],
  ['a tail that is no list', { t: { S: '' } }],
  ['a tail entry that is no bytes', { t: { L: [{ S: '' }] } }],
  ['a tail entry that is damaged', { t: { L: [{ B: Uint8Array.of(1) }] } }],
  ['no roll count', { r: { L: [] } }],
  ['a producer without an epoch', { p: { M: { a: { M: { s: { N: '1' } } } } } }],
  ['a window without its roll', { w: { M: { a: { L: [{ B: Uint8Array.of(1, 0) }] } } } }],
])('%s is CorruptData', (_why, damage) => {
  const item = { ...headToItem(ref, sampleHead), ...damage };
  expect(() => headFromItem(item)).toThrow(CorruptData);
});
