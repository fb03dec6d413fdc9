/**
 * Keys go where Kafka's own clients send them. Hashes and partitions (of 12) are what kafka-clients
 * 3.9.1 answers, `Utils.toPositive(Utils.murmur2(key)) % 12`.
 */

import { expect, test } from 'vitest';
import { murmur2, partitionForKey } from '../../lib/log/partitioner.js';

const utf8 = new TextEncoder();

// Fault 33 of docs/faults.md.
test.each([
  ['', 275_646_681, 9],
  ['21', -973_932_308, 0],
  ['foobar', -790_332_482, 6],
  ['a-little-bit-long-string', -985_981_536, 8],
  ['a-little-bit-longer-string', -1_486_304_829, 11],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971, 5],
  ['abc', 479_470_107, 3],
  ['ключ', 2_122_343_024, 8],
  ['𝄞', -137_487_944, 0],
])('"%s" hashes as in Kafka', (key, hash, partition) => {
  expect(murmur2(utf8.encode(key))).toBe(hash);
  expect(partitionForKey(utf8.encode(key), 12)).toBe(partition);
});

test('bytes are unsigned whatever their top bit', () => {
  const bytes = Uint8Array.of(0xff, 0x80, 0, 0xfe, 0x9c, 0xff, 0xff);
  expect(murmur2(bytes)).toBe(1_062_927_591);
});

test('a view into a bigger buffer hashes like its own bytes', () => {
  const padded = utf8.encode('--foobar--');
  expect(murmur2(padded.subarray(2, 8))).toBe(-790_332_482);
});
