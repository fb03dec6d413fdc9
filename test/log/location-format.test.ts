/** The bytes of locations and tail entries: for ever what the golden file says. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../lib/log/byte-reader.js';
import { ByteWriter } from '../../lib/log/byte-writer.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import {
  checkVersion,
  decodeTailEntry,
  encodeTailEntry,
  readLocation,
  uuidBytes,
  uuidText,
  writeLocation,
} from '../../lib/log/location-format.js';
import type { TailEntry } from '../../lib/log/partition-head.js';
import { anyLocation, anyTailEntry, damaged, decodes, golden, propertyRuns } from './samples.js';

const entry: TailEntry = {
  objectKey: 'wal/2026112307/0f8fad5b-d9cb-469f-a165-70867728950e',
  position: 4,
  sizeBytes: 1_300_000,
  recordCount: 70_000,
  maxTimestampMs: 1_780_000_000_123,
  splits: [
    { recordDelta: 30_000, positionDelta: 530_000 },
    { recordDelta: 60_000, positionDelta: 1_100_000 },
  ],
  stamps: [
    { producer: '4242', epoch: 3, baseSequence: 2 ** 31 - 2, nextSequence: 8, recordDelta: 0 },
    { producer: 'w1x', epoch: 0, baseSequence: 0, nextSequence: 69_990, recordDelta: 10 },
  ],
};

test('a tail entry is written as it always was, and read', () => {
  expect(encodeTailEntry(entry)).toEqual(golden('tail-entry-v1.bin'));
  expect(decodeTailEntry(golden('tail-entry-v1.bin'))).toEqual(entry);
});

test('what lies inline is told from what lies in an object by one byte', () => {
  const inline = { ...entry, objectKey: entry.objectKey.replace('wal/', 'inline/') };
  const bytes = encodeTailEntry(inline);
  expect(decodeTailEntry(bytes)).toEqual(inline);
  const changed = encodeTailEntry(entry);
  changed[1] = 2;
  expect(bytes).toEqual(changed);
});

test('an ordinary location takes about 35 bytes', () => {
  const writer = new ByteWriter();
  writeLocation(writer, { ...entry, splits: [] });
  expect(writer.length).toBeLessThanOrEqual(40);
});

test('every location comes back and ends where it ends', () => {
  const property = fc.property(anyLocation, (location) => {
    const writer = new ByteWriter(1);
    writeLocation(writer, location);
    const reader = new ByteReader(writer.finish());
    expect(readLocation(reader)).toEqual(location);
    expect(reader.remainingBytes).toBe(0);
  });
  fc.assert(property, propertyRuns);
});

test('every tail entry comes back', () => {
  const property = fc.property(anyTailEntry, (any) => {
    expect(decodeTailEntry(encodeTailEntry(any))).toEqual(any);
  });
  fc.assert(property, propertyRuns);
});

test('damaged bytes are read or corrupt', () => {
  const property = fc.property(damaged(anyTailEntry.map(encodeTailEntry)), (bytes) => {
    decodes(() => decodeTailEntry(bytes));
  });
  fc.assert(property, { ...propertyRuns, numRuns: 1000 });
});

test('every beginning of a tail entry is corrupt', () => {
  const bytes = encodeTailEntry(entry);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeTailEntry(bytes.subarray(0, length))).toThrow(CorruptData);
  }
});

test.each<[string, number[]]>([
  ['a version to come', [2]],
  ['a key of an unknown kind', [1, 2]],
  ['a key that is not UTF-8', [1, 0, 1, 0xff, 4, 1, 1, 0, 0, 0]],
  ['a lying count of splits', [1, 0, 0, 4, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['a lying count of stamps', [1, 0, 0, 4, 1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  [
    'splits that add up to more than 2^53',
    [1, 0, 0, 4, 1, 1, 0, 2, ...[255, 255, 255, 255, 255, 255, 255, 15, 1], 1, 1, 0],
  ],
  ['a byte too many', [1, 0, 0, 4, 1, 1, 0, 0, 0, 0]],
])('a tail entry with %s is corrupt', (_what, bytes) => {
  expect(() => decodeTailEntry(Uint8Array.from(bytes))).toThrow(CorruptData);
});

// Fault 50 of docs/faults.md.
test('a version says of what it is', () => {
  expect(() => checkVersion(1, 'thing')).not.toThrow();
  expect(() => checkVersion(9, 'thing')).toThrow('thing has format version 9, this code reads 1');
});

test('every uuid comes back', () => {
  const property = fc.property(fc.uuid(), (uuid) => {
    expect(uuidBytes(uuid).length).toBe(16);
    expect(uuidText(uuidBytes(uuid))).toBe(uuid);
  });
  fc.assert(property, propertyRuns);
});
