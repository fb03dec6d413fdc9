/** One record's bytes: round trip, and lengths that lie. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../lib/log/byte-reader.js';
import { ByteWriter } from '../../lib/log/byte-writer.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { type LogRecord, readRecord, writeRecord } from '../../lib/log/record.js';
import { anyRecord, damaged, decodes, propertyRuns } from './samples.js';

function encode(record: LogRecord, offsetDelta = 0, timestampDeltaMs = 0): Uint8Array {
  const writer = new ByteWriter(1);
  writeRecord(writer, record, offsetDelta, timestampDeltaMs);
  return writer.finish();
}

// Fault 25 of docs/faults.md.
test('every record comes back at its offset and time, and ends where it ends', () => {
  const delta = fc.nat({ max: 2 ** 31 - 1 });
  const property = fc.property(anyRecord, delta, fc.maxSafeNat(), (record, offsetDelta, time) => {
    const baseTimestampMs = time % 2 ** 45;
    const bytes = encode(record, offsetDelta, record.timestampMs - baseTimestampMs);
    const reader = new ByteReader(bytes);
    const read = readRecord(reader, 1000, baseTimestampMs);
    expect(read).toEqual({ ...record, offset: 1000 + offsetDelta });
    expect(reader.remainingBytes).toBe(0);
  });
  fc.assert(property, propertyRuns);
});

test('the least record is seven bytes, as drawn', () => {
  const record = { key: null, value: null, headers: [], timestampMs: 0 };
  expect([...encode(record)]).toEqual([12, 0, 0, 0, 1, 1, 0]);
});

test('empty is not null', () => {
  const record = { key: new Uint8Array(), value: null, headers: [], timestampMs: 0 };
  const read = readRecord(new ByteReader(encode(record)), 0, 0);
  expect(read.key).toEqual(new Uint8Array());
  expect(read.value).toBeNull();
});

test.each<[string, number[]]>([
  ['a negative length', [1]],
  ['a length beyond the bytes', [14, 0, 0, 0, 1, 1, 0]],
  ['a length of nothing', [0]],
  ['a length that cuts the record', [10, 0, 0, 0, 1, 1, 0]],
  ['a byte too many', [14, 0, 0, 0, 1, 1, 0, 0]],
  ['a key length of -2', [12, 0, 0, 0, 3, 1, 0]],
  ['a key beyond the record', [12, 0, 0, 0, 8, 1, 0]],
  ['a negative header count', [12, 0, 0, 0, 1, 1, 1]],
  ['two billion headers', [20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
  ['a header whose name is null', [16, 0, 0, 0, 1, 1, 2, 1, 1]],
  ['a header name that is not UTF-8', [18, 0, 0, 0, 1, 1, 2, 2, 0xff, 1]],
])('%s is corrupt', (_what, bytes) => {
  const read = () => readRecord(new ByteReader(Uint8Array.from(bytes)), 0, 0);
  expect(read).toThrow(CorruptData);
});

test('damaged bytes are read or corrupt', () => {
  const valid = anyRecord.map((record) => encode(record));
  const property = fc.property(damaged(valid), (bytes) => {
    decodes(() => readRecord(new ByteReader(bytes), 0, 0));
  });
  fc.assert(property, propertyRuns);
});
