/** Records as handlers get them, and what is said of those that cannot be read. */

import { expect, test } from 'vitest';
import { readRecord } from '../../../lib/client/consumer/consumer-record.js';
import { bytesSerde, jsonSerde } from '../../../lib/client/serializers.js';

const text = new TextEncoder();
const entry = { at: { topic: 'orders', partition: 3 }, signal: new AbortController().signal };
const placed = {
  offset: 17,
  timestampMs: 5,
  key: Uint8Array.of(1),
  value: text.encode('{"n":2}'),
  headers: [['trace', null]] as const,
};
const read = { key: bytesSerde.deserialize, value: jsonSerde<{ n: number }>().deserialize };

test('a record has what its deserializers make of it, and its place', () => {
  expect(readRecord(entry, placed, read)).toEqual({
    ...placed,
    topic: 'orders',
    partition: 3,
    value: { n: 2 },
    signal: entry.signal,
  });
});

test.each([
  ['value', { ...placed, value: text.encode('{') }, read],
  ['key', placed, { ...read, key: read.value }],
])('a %s that cannot be read says where it is', (what, bad, by) => {
  expect(() => readRecord<unknown, unknown>(entry, bad, by)).toThrow(
    expect.objectContaining({
      code: 'INVALID_RECORD',
      message: expect.stringMatching(`^The ${what} in orders/3 at offset 17 is not what`),
      details: { topic: 'orders', partition: 3, offset: 17 },
      cause: expect.any(Error),
    }),
  );
});
