/** lib/store/aws/items/inline-item.js: what is stored is what is read, at the fewest units, and damage is told. */

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../../../lib/log/corrupt-data.js';
import {
  inlineFromItem,
  inlineItemKey,
  inlineToItem,
} from '../../../../lib/store/aws/items/inline-item.js';

const key = { bucket: 2_026_112_307, uuid: '0f8fad5b-d9cb-469f-a165-70867728950e', inline: true };
const log = (bytes: number) =>
  new TextEncoder().encode('GET /orders/1 200 41 ms; '.repeat(bytes)).subarray(0, bytes);
const noise = (bytes: number) => new Uint8Array(randomBytes(bytes));

test('text of more than a unit is deflated, and read as it was', () => {
  const item = inlineToItem(key, [log(600), log(600)]);
  expect(item).toMatchObject({ ...inlineItemKey(key), n: { N: '1200' } });
  expect(item.d).toBeUndefined();
  expect(item.z?.B?.length).toBeLessThan(200);
  const read = inlineFromItem(item);
  expect(read).toEqual(new Uint8Array([...log(600), ...log(600)]));
  // Callers write to what they get.
  expect(read.buffer.byteLength).toBe(1_200);
});

test.each([
  ['what fits into one unit anyway', log(900)],
  ['what does not get smaller', noise(2_000)],
  ['what is large', log(40_000)],
])('%s is stored as it is', (_, bytes) => {
  const item = inlineToItem(key, [bytes]);
  expect(item).toEqual({ ...inlineItemKey(key), d: { B: bytes } });
  expect(inlineFromItem(item)).toEqual(bytes);
});

test('any bytes come back, and never take more units', () => {
  const piece = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat(900));
  const units = (length: number) => Math.ceil((length + 80) / 1024);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const parts = pieces.map(([kind, length]) => (kind === 0 ? noise(length) : log(length)));
      const plain = new Uint8Array(Buffer.concat(parts));
      const item = inlineToItem(key, parts);
      expect(inlineFromItem(item)).toEqual(plain);
      const stored = item.d?.B ?? item.z?.B;
      expect(units(stored?.length ?? 0)).toBeLessThanOrEqual(units(plain.length));
    }),
  );
});

test('damage is told, and a size that lies costs no more than it says', () => {
  const good = inlineToItem(key, [log(4_000)]);
  const deflated = good.z?.B as Uint8Array;
  const wrong = [
    { ...good, n: { N: '3999' } },
    { ...good, n: { N: '4001' } },
    { ...good, n: { N: '99999999' } },
    { ...good, n: { N: '-5' } },
    { ...good, z: { B: deflated.subarray(0, deflated.length - 4) } },
    { ...good, z: { B: noise(50) } },
    { pk: { S: 'x' } },
  ];
  for (const item of wrong) expect(() => inlineFromItem(item as never)).toThrow(CorruptData);
});
