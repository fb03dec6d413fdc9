/**
 * What the log's tests are fed: arbitrary records, locations and entries, bytes that have been
 * damaged, and golden files. A golden file is only ever read: see golden/README.md.
 */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { CorruptData, TooLarge, UnsupportedCompression } from '../../lib/log/corrupt-data.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import type { BatchLocation, TailEntry } from '../../lib/log/partition-head.js';
import type { LogRecord } from '../../lib/log/record.js';

/** Fixed, so that a run of CI means the same as the one before. */
export const propertyRuns = { numRuns: 200, seed: 20_261_123 };

export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`golden/${name}`, import.meta.url)));
}

/** Text of every code point, the byte order mark and the empty string included. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('\uFEFFmark', '', 'naïve ☃', '𝄞'),
);

const nullableBytes = fc.option(fc.uint8Array({ maxLength: 40 }));

/** Far enough apart for deltas of more than 2^31, either way. */
const timestampMs = fc.oneof(
  fc.integer({ min: 1_780_000_000_000, max: 1_780_000_000_100 }),
  fc.integer({ min: -(2 ** 40), max: 2 ** 45 }),
  fc.constant(-1),
);

export const anyRecord: fc.Arbitrary<LogRecord> = fc.record({
  key: nullableBytes,
  value: nullableBytes,
  headers: fc.array(
    fc
      .tuple(fc.oneof(anyText, fc.constant('same')), nullableBytes)
      .map(([n, v]) => [n, v] as const),
    { maxLength: 4 },
  ),
  timestampMs,
});

export const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 12 });

const objectKey = fc.oneof(
  fc
    .tuple(fc.integer({ min: 2_000_010_100, max: 2_099_123_123 }), fc.uuid())
    .map(([bucket, uuid]) => `wal/${bucket}/${uuid}`),
  fc.tuple(fc.uuid(), fc.nat()).map(([id, n]) => `segments/${id}/0/${n}`),
  fc.constant('wal/0026112307/00000000-0000-4000-8000-000000000000'),
  anyText,
);

const count = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 2 ** 31 - 1 }), fc.maxSafeNat());

const splits = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 33 })), {
    maxLength: 3,
  })
  .map((steps) => {
    let [recordDelta, positionDelta] = [0, 0];
    return steps.map(([records, bytes]) => {
      recordDelta += records;
      positionDelta += bytes;
      return { recordDelta, positionDelta };
    });
  });

export const anyLocation: fc.Arbitrary<BatchLocation> = fc.record({
  objectKey,
  position: count,
  sizeBytes: count,
  recordCount: fc.nat({ max: 2 ** 31 - 1 }),
  maxTimestampMs: timestampMs,
  splits,
});

export const anyTailEntry: fc.Arbitrary<TailEntry> = fc
  .tuple(
    anyLocation,
    fc.array(
      fc.record({
        producer: anyText,
        epoch: fc.nat({ max: 32_767 }),
        baseSequence: fc.nat({ max: 2 ** 31 - 1 }),
        nextSequence: fc.nat({ max: 2 ** 31 - 1 }),
        recordDelta: fc.nat({ max: 1_000_000 }),
      }),
      { maxLength: 4 },
    ),
  )
  .map(([location, stamps]) => ({ ...location, stamps }));

export const anyIndexPage: fc.Arbitrary<IndexPage> = fc
  .tuple(
    fc.nat({ max: 2 ** 40 }),
    timestampMs,
    fc.maxSafeNat(),
    fc.array(anyLocation, { maxLength: 5 }),
  )
  .map(([baseOffset, maxTimestampMs, endBytes, locations]) => ({
    baseOffset,
    nextOffset: locations.reduce((sum, { recordCount }) => sum + recordCount, baseOffset),
    maxTimestampMs,
    endBytes,
    locations,
  }));

type Damage = { readonly flips: readonly (readonly [number, number])[]; readonly keep: number };

const anyDamage: fc.Arbitrary<Damage> = fc.record({
  flips: fc.array(fc.tuple(fc.nat({ max: 999 }), fc.integer({ min: 1, max: 255 })), {
    maxLength: 4,
  }),
  keep: fc.oneof(fc.constant(1000), fc.nat({ max: 1000 })),
});

/** Valid bytes, a few of them changed and perhaps an end missing; or bytes never valid. */
export function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const hurt = fc.tuple(valid, anyDamage).map(([bytes, { flips, keep }]) => {
    const copy = bytes.slice(0, Math.ceil((bytes.length * keep) / 1000));
    for (const [permille, mask] of flips) {
      const at = Math.floor((copy.length * permille) / 1000);
      if (at < copy.length) copy[at] = (copy[at] as number) ^ mask;
    }
    return copy;
  });
  return fc.oneof({ weight: 4, arbitrary: hurt }, fc.uint8Array({ maxLength: 120 }));
}

/** Runs a decoder; true if it answered, false if it threw what decoders may throw. */
export function decodes(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    const typed =
      error instanceof CorruptData ||
      error instanceof TooLarge ||
      error instanceof UnsupportedCompression;
    if (!typed) throw error;
    return false;
  }
}
