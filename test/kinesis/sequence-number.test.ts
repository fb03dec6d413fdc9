/** Sequence numbers: AWS's layout, in the order of offsets, different for every record and shard. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  endOfShard,
  formatSequenceNumber,
  offsetFrom,
  parseSequenceNumber,
  recordNumbers,
  startOfShard,
} from '../../lib/kinesis/sequence-number.js';
import { formatShardId, parseShardId } from '../../lib/kinesis/shard-id.js';

const secs = fc.integer({ min: 0, max: 16_025_174_999 });
const shards = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test('a number that AWS gave is read and written as it is', () => {
  // From the example event in AWS's page on Lambda with Kinesis.
  const text = '49590338271490256608559692538361571095921575989136588898';
  const number = parseSequenceNumber(text);
  expect(number).toMatchObject({ shard: 6, shardCreatedSecs: 0x5bf4e5c2 });
  expect(formatSequenceNumber(number as NonNullable<typeof number>)).toBe(text);
});

test('what is written is read', () => {
  const indexes = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(shards, secs, indexes, secs, (shard, shardCreatedSecs, index, recordSecs) => {
      const number = { shard, shardCreatedSecs, index, recordSecs };
      expect(parseSequenceNumber(formatSequenceNumber(number))).toEqual(number);
    }),
  );
});

test('records order by their offsets, between the start and the end of their shard', () => {
  const offsets = fc.nat({ max: 2 ** 52 });
  const times = fc.nat({ max: 4e12 });
  fc.assert(
    fc.property(shards, times, offsets, offsets, times, times, (shard, createdAtMs, a, b, t, u) => {
      const identity = { shard, createdAtMs };
      const numberOf = recordNumbers(identity);
      const [first, second] = [BigInt(numberOf(a, t)), BigInt(numberOf(b, u))];
      if (a !== b) expect(first < second).toBe(a < b);
      expect(first > BigInt(startOfShard(identity))).toBe(true);
      expect(first < BigInt(endOfShard(identity, u))).toBe(true);
      const number = parseSequenceNumber(numberOf(a, t));
      expect(number && offsetFrom(number, true)).toBe(a);
      expect(number && offsetFrom(number, false)).toBe(a + 1);
    }),
  );
});

test('the ends of a shard are places, too', () => {
  const identity = { shard: 3, createdAtMs: 1_700_000_000_000 };
  const start = parseSequenceNumber(startOfShard(identity));
  expect(start && offsetFrom(start, true)).toBe(0);
  expect(start && offsetFrom(start, false)).toBe(0);
  const end = parseSequenceNumber(endOfShard(identity, 1_700_000_100_000));
  expect(end && offsetFrom(end, false)).toBe(Number.MAX_SAFE_INTEGER);
});

test.each(['0', '', '-1', 'x', '1', '49', `${2n ** 185n}`, `${2n ** 187n}`, `${2n ** 185n + 16n}`])(
  '%s is no number of ours',
  (text) => {
    expect(parseSequenceNumber(text)).toBeUndefined();
  },
);

test('shard ids have aliases', () => {
  expect(formatShardId(7)).toBe('shardId-000000000007');
  for (const alias of ['shardId-000000000007', 'shardId-7', 'any-7', '7']) {
    expect(parseShardId(alias)).toBe(7);
  }
  for (const none of ['shardId-', 'x', 'shardId-2147483648', 'shardId-x']) {
    expect(parseShardId(none)).toBeUndefined();
  }
});
