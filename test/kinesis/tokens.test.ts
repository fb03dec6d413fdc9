/** Tokens that clients carry: not to be made, changed, mixed up, or kept for too long. */

import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { openListToken, sealListToken } from '../../lib/kinesis/list-token.js';
import { openToken, sealToken } from '../../lib/kinesis/sealed-token.js';
import { openIterator, sealIterator } from '../../lib/kinesis/shard-iterator.js';
import { storedTokenKey, tokenKeyObject } from '../../lib/kinesis/token-key.js';
import { createMemoryObjects } from '../../lib/store/memory/memory-store.js';

const key = new Uint8Array(32).fill(7);
const nowMs = Date.UTC(2015, 0, 22, 1, 22, 2);
const place = {
  streamName: 'a'.repeat(128),
  topicId: 'c9b6ab02-3f6a-4a66-9c1e-0a4f7a9ee6d1',
  shard: 4,
  offset: 2 ** 50,
};

test('an iterator leads back to its place, and is short enough for AWS clients', () => {
  const iterator = sealIterator(key, nowMs, place);
  expect(iterator.length).toBeLessThanOrEqual(512);
  expect(openIterator(key, nowMs, iterator)).toEqual(place);
  expect(openIterator(key, nowMs, `"${iterator}"`)).toEqual(place);
  expect(sealIterator(key, nowMs, place)).not.toBe(iterator);
});

test('no bit of a token can be changed', () => {
  const bytes = Buffer.from(sealToken(key, nowMs, Buffer.from('content')), 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const forged = Buffer.from(bytes);
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(openToken(key, forged.toString('base64'))).toBeUndefined();
  }
  expect(openToken(new Uint8Array(32), bytes.toString('base64'))).toBeUndefined();
});

test.each(['', 'x', 'AAAA', 'A'.repeat(200), '%%%'])('%j is no iterator', (text) => {
  expect(() => openIterator(key, nowMs, text)).toThrow('Invalid ShardIterator.');
});

test('an iterator is good for five minutes', () => {
  const iterator = sealIterator(key, nowMs, place);
  expect(openIterator(key, nowMs + 300_000, iterator)).toEqual(place);
  expect(() => openIterator(key, nowMs + 301_000, iterator)).toThrow(
    'Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2015 while right now it is Thu Jan 22 01:27:03 UTC 2015 which is further in the future than the tolerated delay of 300000 milliseconds.',
  );
});

test('a list goes on only with a token of its own', () => {
  const token = sealListToken(key, nowMs, 'shards', { after: 3 });
  expect(openListToken(key, nowMs, 'shards', token)).toMatchObject({ after: 3 });
  expect(() => openListToken(key, nowMs, 'streams', token)).toThrow('NextToken is invalid.');
  const iterator = sealIterator(key, nowMs, place);
  expect(() => openListToken(key, nowMs, 'shards', iterator)).toThrow('NextToken is invalid.');
  expect(() => openListToken(key, nowMs + 300_001, 'shards', token)).toThrow('expired');
});

test('all instances have one key, whoever makes it', async () => {
  const objects = createMemoryObjects();
  const keys = await Promise.all(Array.from({ length: 5 }, () => storedTokenKey(objects)()));
  expect(keys[0]).toHaveLength(32);
  expect(new Set(keys.map((one) => Buffer.from(one).toString('hex'))).size).toBe(1);
  const stored = await objects.read(tokenKeyObject, 0, 32);
  expect(stored).toMatchObject({ kind: 'bytes' });
});

test('a key that could not be read is asked for again', async () => {
  const objects = createMemoryObjects();
  let failures = 1;
  const ask = storedTokenKey({
    ...objects,
    async read(...args) {
      if (failures-- > 0) throw new Error('down');
      return objects.read(...args);
    },
  });
  await expect(ask()).rejects.toThrow('down');
  expect(await ask()).toHaveLength(32);
});
