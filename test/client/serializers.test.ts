/** lib/client/serializers.ts: every string and JSON value comes back as it went in. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSerde, jsonSerde, stringSerde } from '../../lib/client/serializers.js';

test('every string comes back, a byte order mark at its beginning too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(stringSerde.deserialize(stringSerde.serialize(text))).toBe(text);
    }),
  );
  expect(stringSerde.deserialize(stringSerde.serialize('\uFEFFann'))).toBe('\uFEFFann');
});

test('every JSON value comes back; a byte order mark in front of one is none of it', () => {
  const json = jsonSerde<unknown>();
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(json.deserialize(json.serialize(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(json.deserialize(stringSerde.serialize('\uFEFF{"a":1}'))).toEqual({ a: 1 });
  expect(() => json.deserialize(stringSerde.serialize('{"a":'))).toThrow(SyntaxError);
});

test('null is a tombstone for all of them', () => {
  for (const serde of [stringSerde, jsonSerde<string>(), bytesSerde]) {
    expect(serde.serialize(null)).toBeNull();
    expect(serde.deserialize(null)).toBeNull();
  }
});
