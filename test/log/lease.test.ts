/** The lease: time says who may ask, the epoch says who may act. */

import { expect, test } from 'vitest';
import { decideLease, decideRelease, decideRenewal, leads } from '../../lib/log/lease.js';
import { emptyHead, type PartitionHead } from '../../lib/log/partition-head.js';

const ask = (candidate: string, nowMs: number) => ({ candidate, nowMs, leaseMs: 100 });
const held = decideLease(emptyHead, ask('a', 50)) as PartitionHead;
const a = { leader: 'a', leaderEpoch: 1 };

test('the first lease has epoch 1', () => {
  expect(held.lease).toEqual({ leader: 'a', leaderEpoch: 1, leaseExpiresMs: 150 });
  expect(leads(held, a)).toBe(true);
});

test.each<[string, string, number, number | undefined]>([
  ['another, in time', 'b', 149, undefined],
  ['another, when it has expired', 'b', 150, 2],
  ['itself again: nothing changes', 'a', 149, 1],
  ['itself, when it has expired', 'a', 150, 2],
])('asked for by %s', (_who, candidate, nowMs, leaderEpoch) => {
  expect(decideLease(held, ask(candidate, nowMs))?.lease.leaderEpoch).toBe(leaderEpoch);
});

test('a release frees it at once and keeps the epoch', () => {
  const free = decideRelease(held, a) as PartitionHead;
  expect(free.lease).toEqual({ leader: null, leaderEpoch: 1, leaseExpiresMs: 0 });
  expect(decideLease(free, ask('b', 0))?.lease.leaderEpoch).toBe(2);
  expect(leads(free, a)).toBe(false);
});

test('only the leader of this epoch renews and releases', () => {
  expect(decideRenewal(held, a, 900)?.lease).toEqual({ ...held.lease, leaseExpiresMs: 900 });
  for (const other of [
    { leader: 'b', leaderEpoch: 1 },
    { leader: 'a', leaderEpoch: 2 },
  ]) {
    expect(decideRenewal(held, other, 900)).toBeUndefined();
    expect(decideRelease(held, other)).toBeUndefined();
  }
});
