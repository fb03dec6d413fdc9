/** The reader: gives back what was written, and reads nothing that is not there. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../lib/log/byte-reader.js';
import { ByteWriter } from '../../lib/log/byte-writer.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { decodes, propertyRuns } from './samples.js';

const kinds = {
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.nat({ max: 2 ** 32 - 1 }),
  int64: fc.maxSafeInteger(),
  unsigned: fc.maxSafeNat(),
  varint: fc.oneof(
    fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
    fc.integer({ min: -200, max: 200 }),
  ),
};
const names = Object.keys(kinds) as (keyof typeof kinds)[];
const field = fc.oneof(...names.map((kind) => kinds[kind].map((value) => ({ kind, value }))));

test('any row of integers comes back, and then nothing is left', () => {
  const property = fc.property(fc.array(field), (fields) => {
    const writer = new ByteWriter(1);
    for (const { kind, value } of fields) writer[kind](value);
    const reader = new ByteReader(writer.finish());
    for (const { kind, value } of fields) expect(reader[kind]()).toBe(value);
    expect(reader.remainingBytes).toBe(0);
  });
  fc.assert(property, propertyRuns);
});

test('random bytes are read or corrupt, and never make it step back or beyond the end', () => {
  const steps = fc.array(fc.constantFrom(...names));
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), steps, (bytes, kindsToRead) => {
    const reader = new ByteReader(bytes);
    for (const kind of kindsToRead) {
      const before = reader.position;
      decodes(() => expect(Number.isSafeInteger(reader[kind]())).toBe(true));
      expect(reader.position).toBeGreaterThanOrEqual(before);
      expect(reader.position).toBeLessThanOrEqual(bytes.length);
    }
  });
  fc.assert(property, propertyRuns);
});

test.each([-1, -(2 ** 31), 4, 2 ** 53, Number.NaN])('%d bytes are not there', (count) => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  expect(() => reader.bytes(count)).toThrow(CorruptData);
  expect(reader.position).toBe(0);
});

test('bytes are a view', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const reader = new ByteReader(bytes, 1);
  bytes[1] = 9;
  expect([...reader.bytes(2)]).toEqual([9, 3]);
});

test('an end before the end of the bytes holds', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4), 1, 3);
  expect(reader.remainingBytes).toBe(2);
  expect(() => reader.int32()).toThrow(CorruptData);
  expect(reader.int16()).toBe(0x0203);
  expect(() => reader.int8()).toThrow(CorruptData);
});

test.each([
  ['never ends', Array(20).fill(0xff)],
  ['is 2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['is cut off', [0x80, 0x80]],
  ['is not there', []],
])('a varint that %s is corrupt', (_what, bytes) => {
  expect(() => new ByteReader(Uint8Array.from(bytes)).unsigned()).toThrow(CorruptData);
});
