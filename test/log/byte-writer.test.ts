/** The writer: Kafka's varints byte by byte, growth, and what it refuses to write. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter, varintBytes } from '../../lib/log/byte-writer.js';
import { propertyRuns } from './samples.js';

// What `ByteUtils.writeVarlong` of kafka-clients 3.9.1 writes.
test.each([
  [0, [0x00]],
  [-1, [0x01]],
  [1, [0x02]],
  [63, [0x7e]],
  [-64, [0x7f]],
  [64, [0x80, 0x01]],
  [-65, [0x81, 0x01]],
  [8191, [0xfe, 0x7f]],
  [-8192, [0xff, 0x7f]],
  [8192, [0x80, 0x80, 0x01]],
  [2 ** 31 - 1, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
  [-(2 ** 31), [0xff, 0xff, 0xff, 0xff, 0x0f]],
  [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x10]],
  [17_179_869_183, [0xfe, 0xff, 0xff, 0xff, 0x7f]],
  [-17_179_869_185, [0x81, 0x80, 0x80, 0x80, 0x80, 0x01]],
])('%i is written as Kafka writes it', (value, bytes) => {
  const writer = new ByteWriter();
  writer.varint(value);
  expect([...writer.finish()]).toEqual(bytes);
});

test('a varint takes as many bytes as was said', () => {
  const safe = fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 });
  const property = fc.property(safe, (value) => {
    const writer = new ByteWriter(1);
    writer.varint(value);
    expect(writer.length).toBe(varintBytes(value));
  });
  fc.assert(property, propertyRuns);
});

test('what was written stays when the buffer grows', () => {
  const writer = new ByteWriter(0);
  for (let i = 0; i < 300; i++) writer.int8(i);
  writer.bytes(new Uint8Array(1000).fill(7));
  const bytes = writer.finish();
  expect(bytes.length).toBe(1300);
  expect(bytes.subarray(0, 300)).toEqual(Uint8Array.from({ length: 300 }, (_, i) => i));
  expect(bytes.subarray(300).every((byte) => byte === 7)).toBe(true);
});

test.each([-1, 0.5, 2 ** 53, Number.NaN])('%d is no unsigned integer', (value) => {
  expect(() => new ByteWriter().unsigned(value)).toThrow('unsigned integer');
});

test.each([2 ** 52, -(2 ** 52) - 1])('%d is too far for a zigzag', (value) => {
  expect(() => new ByteWriter().varint(value)).toThrow('unsigned integer');
});
