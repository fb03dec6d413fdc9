/**
 * What every partition index does for leaders: one at a time, each with an epoch of its own, and nothing
 * for who has been deposed, whatever any clock says.
 */

import { describe, expect, test } from 'vitest';
import type { IndexPage } from '../../lib/log/index-page.js';
import type { Leadership } from '../../lib/log/lease.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { planRoll, planShortRoll } from '../../lib/log/tail-roll.js';
import type { PartitionIndex } from '../../lib/store/partition-index.js';
import type { Stores } from '../../lib/store/stores.js';
import { carryOut, commit, commitMany, entry, headOf, newPartition } from './log-builders.js';

const leaseMs = 1_000;

async function take(index: PartitionIndex, ref: PartitionRef, candidate: string, nowMs: number) {
  const outcome = await index.takeLease(ref, { candidate, nowMs, leaseMs });
  return outcome.kind === 'changed' ? outcome.head.lease : outcome.kind;
}

async function lead(index: PartitionIndex, ref: PartitionRef, leader: string, nowMs = 0) {
  const lease = await take(index, ref, leader, nowMs);
  if (typeof lease === 'string') throw new Error(`the lease is ${lease}`);
  return { leader, leaderEpoch: lease.leaderEpoch };
}

export function leadershipSuite(stores: () => Stores): void {
  leaseSuite(stores);
  replacementSuite(stores);
  notesSuite(stores);
}

function leaseSuite(stores: () => Stores): void {
  describe('a lease', () => {
    test('is held by one until it expires, and has another epoch each time', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const first = { leader: 'a', leaderEpoch: 1, leaseExpiresMs: 6_000 };
      expect(await take(index, ref, 'a', 5_000)).toEqual(first);
      expect(await take(index, ref, 'b', 5_999)).toBe('refused');
      expect(await take(index, ref, 'a', 5_500)).toEqual(first);
      expect((await headOf(index, ref)).lease).toEqual(first);
      const second = { leader: 'b', leaderEpoch: 2, leaseExpiresMs: 7_000 };
      expect(await take(index, ref, 'b', 6_000)).toEqual(second);
      expect(await take(index, ref, 'a', 6_500)).toBe('refused');
      expect(await take(index, ref, 'b', 9_000)).toMatchObject({ leaderEpoch: 3 });
    });

    test('goes to one of many who ask at once, by clocks that differ by hours', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      for (let round = 1; round <= 3; round++) {
        const taken = await Promise.all(
          Array.from({ length: 6 }, (_, i) => take(index, ref, `r${round}-${i}`, round * 10_000)),
        );
        expect(taken.filter((lease) => lease !== 'refused')).toHaveLength(1);
      }
      // A clock that is an hour ahead takes it early: a change of leader, and another epoch.
      const before = (await headOf(index, ref)).lease;
      expect(await take(index, ref, 'ahead', 3_600_000)).toMatchObject({
        leaderEpoch: before.leaderEpoch + 1,
      });
      expect(await take(index, ref, 'behind', 0)).toBe('refused');
    });

    test('is renewed and given back by its leader only', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const a = await lead(index, ref, 'a');
      // Woken long after it expired, with nobody in between.
      expect(await index.renewLease(ref, a, 90_000)).toMatchObject({
        kind: 'changed',
        head: { lease: { leaderEpoch: 1, leaseExpiresMs: 90_000 } },
      });
      const b = await lead(index, ref, 'b', 90_000);
      for (const stale of [a, { ...b, leaderEpoch: 1 }, { leader: 'c', leaderEpoch: 2 }]) {
        expect(await index.renewLease(ref, stale, 99_000)).toMatchObject({ kind: 'refused' });
        expect(await index.releaseLease(ref, stale)).toMatchObject({ kind: 'refused' });
      }
      expect((await index.releaseLease(ref, b)).kind).toBe('changed');
      expect((await headOf(index, ref)).lease).toEqual({
        leader: null,
        leaderEpoch: 2,
        leaseExpiresMs: 0,
      });
      expect((await index.renewLease(ref, b, 99_000)).kind).toBe('refused');
      expect(await take(index, ref, 'b', 0)).toMatchObject({ leaderEpoch: 3 });
    });

    test('lets its holder raise the log start, and nobody who lost it', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await commitMany(index, ref, 5);
      const a = await lead(index, ref, 'a');
      const b = await lead(index, ref, 'b', leaseMs);
      expect(await index.raiseLogStart(ref, 3, a)).toMatchObject({ kind: 'refused' });
      expect((await headOf(index, ref)).logStartOffset).toBe(0);
      expect(await index.raiseLogStart(ref, 3, b)).toMatchObject({ kind: 'changed' });
      expect(await index.raiseLogStart(ref, 2, b)).toMatchObject({
        kind: 'changed',
        head: { logStartOffset: 3 },
      });
      expect(await index.raiseLogStart(ref, 2, a)).toMatchObject({ kind: 'refused' });
      expect(await index.raiseLogStart(ref, 6, b)).toMatchObject({ kind: 'refused' });
    });

    test('is not to be had of a partition that is not there', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const a = await lead(index, ref, 'a');
      await index.deletePartitions(ref.topicId, 1);
      expect(await take(index, ref, 'b', 99_000)).toBe('noPartition');
      expect((await index.renewLease(ref, a, 1)).kind).toBe('noPartition');
      expect((await index.releaseLease(ref, a)).kind).toBe('noPartition');
      expect((await index.raiseLogStart(ref, 0, a)).kind).toBe('noPartition');
      const page = widePage(0, 1);
      expect(await index.replacePages(ref, a, { page, compactedTo: 1 })).toBe('noPartition');
    });
  });
}

function widePage(baseOffset: number, nextOffset: number): IndexPage {
  const { stamps: _, ...place } = entry(nextOffset - baseOffset);
  const objectKey = 'segments/7c9e6679-7425-40de-944b-e07fc1f90ae7/0/0000000000000000-1-x';
  const locations = [{ ...place, objectKey }];
  return { baseOffset, nextOffset, maxTimestampMs: 9, endBytes: 90, locations };
}

/** A partition with pages that end at 16, 32 and 48, and two entries in the tail. */
async function pagedPartition(index: PartitionIndex): Promise<PartitionRef> {
  const ref = await newPartition(index);
  await commitMany(index, ref, 3 * tailEntriesPerPage + 2);
  for (let roll = planRoll(await headOf(index, ref)); roll; ) {
    await carryOut(index, ref, roll);
    roll = planRoll(await headOf(index, ref));
  }
  return ref;
}

async function ends(index: PartitionIndex, ref: PartitionRef): Promise<string[]> {
  const pages = await index.findPages(ref, 0, 100);
  return pages.map(({ baseOffset, nextOffset }) => `${baseOffset}-${nextOffset}`);
}

function replacementSuite(stores: () => Stores): void {
  describe('replacing pages', () => {
    test('puts a wide page in the place of the last, and the others go afterwards', async () => {
      const { index } = stores();
      const ref = await pagedPartition(index);
      const a = await lead(index, ref, 'a');
      const page = widePage(0, 32);
      for (let twice = 0; twice < 2; twice++) {
        expect(await index.replacePages(ref, a, { page, compactedTo: 32 })).toBe('replaced');
        expect(await ends(index, ref)).toEqual(['0-16', '0-32', '32-48']);
      }
      expect((await index.findPages(ref, 20, 1))[0]).toEqual(page);
      for (let twice = 0; twice < 2; twice++) {
        await index.deletePages(ref, [16, 17]);
        expect(await ends(index, ref)).toEqual(['0-32', '32-48']);
      }
      await index.deletePages(ref, []);
      const head = await headOf(index, ref);
      expect(head.compactedTo).toBe(32);
      expect(head.pagedBytes).toBe(48 * 100);
      // Without a word on how far it is compacted, that stays.
      const other = { ...page, maxTimestampMs: 10 };
      expect(await index.replacePages(ref, a, { page: other })).toBe('replaced');
      expect((await headOf(index, ref)).compactedTo).toBe(32);
      expect((await index.findPages(ref, 0, 1))[0]).toEqual(other);
    });

    test('takes narrow ones away in the same step, or none of them', async () => {
      const { index } = stores();
      const ref = await pagedPartition(index);
      const frozen = await lead(index, ref, 'frozen');
      const now = await lead(index, ref, 'now', leaseMs);
      const replacement = { page: widePage(0, 48), replaces: [16, 32] };
      expect(await index.replacePages(ref, frozen, replacement)).toBe('refused');
      expect(await ends(index, ref)).toEqual(['0-16', '16-32', '32-48']);
      for (let twice = 0; twice < 2; twice++) {
        expect(await index.replacePages(ref, now, replacement)).toBe('replaced');
        expect(await ends(index, ref)).toEqual(['0-48']);
      }
      expect((await headOf(index, ref)).compactedTo).toBe(0);
    });

    test('is refused to who was deposed, beyond the pages, and backwards', async () => {
      const { index } = stores();
      const ref = await pagedPartition(index);
      const frozen = await lead(index, ref, 'frozen');
      const now: Leadership = await lead(index, ref, 'now', leaseMs);
      const refused = async (by: Leadership, end: number, compactedTo = end) => {
        const page = widePage(0, end);
        expect(await index.replacePages(ref, by, { page, compactedTo })).toBe('refused');
        expect(await ends(index, ref)).toEqual(['0-16', '16-32', '32-48']);
      };
      await refused(frozen, 32);
      await refused({ ...now, leader: 'frozen' }, 32);
      await refused(now, 49);
      expect((await headOf(index, ref)).compactedTo).toBe(0);
      const whole = { page: widePage(32, 48), compactedTo: 48 };
      expect(await index.replacePages(ref, now, whole)).toBe('replaced');
      await refused(now, 32);
      expect((await headOf(index, ref)).compactedTo).toBe(48);
    });

    test('goes on beside commits to the same head', async () => {
      const { index } = stores();
      const ref = await pagedPartition(index);
      const a = await lead(index, ref, 'a');
      const before = (await headOf(index, ref)).nextOffset;
      const commits = Array.from({ length: 8 }, async () => {
        for (;;) {
          // A commit that meets the transaction was not carried out, and says so.
          const outcome = await commit(index, ref, entry()).catch((error: unknown) => error);
          if (!(outcome instanceof Error)) return;
          expect(outcome).toMatchObject({ reason: 'throttled', effect: 'none' });
        }
      });
      const replaced = [16, 32, 48].map(async (end) => {
        const page = widePage(end - 16, end);
        expect(await index.replacePages(ref, a, { page })).toBe('replaced');
      });
      await Promise.all([...commits, ...replaced]);
      expect((await headOf(index, ref)).nextOffset).toBe(before + 8);
    });

    test('of a short tail begins with a roll that takes all of it, or nothing', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await commitMany(index, ref, 3);
      const late = planShortRoll(await headOf(index, ref));
      await commitMany(index, ref, 2);
      const roll = planShortRoll(await headOf(index, ref));
      if (!late || !roll) throw new Error('there is nothing to roll');
      expect(await carryOut(index, ref, late)).toBe(false);
      expect((await headOf(index, ref)).tail).toHaveLength(5);
      expect(await carryOut(index, ref, roll)).toBe(true);
      expect(await headOf(index, ref)).toMatchObject({ tail: [], tailBaseOffset: 5, rolls: 1 });
      expect(await ends(index, ref)).toEqual(['0-3', '0-5']);
    });
  });
}

function notesSuite(stores: () => Stores): void {
  describe('notes', () => {
    test('are those of the newest leader who wrote any', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      expect(await index.readNotes(ref)).toBeUndefined();
      expect(await index.writeNotes(ref, 2, 'two')).toBe(true);
      expect(await index.writeNotes(ref, 1, 'one')).toBe(false);
      expect(await index.readNotes(ref)).toBe('two');
      expect(await index.writeNotes(ref, 2, 'two again')).toBe(true);
      expect(await index.writeNotes(ref, 3, 'three')).toBe(true);
      expect(await index.readNotes(ref)).toBe('three');
    });

    test('go with the partition, and pages and parked producers too', async () => {
      const { index } = stores();
      const ref = await pagedPartition(index);
      const other = { ...ref, partition: 1 };
      await index.createPartitions(ref.topicId, 1, 2, 7);
      await index.writeNotes(ref, 1, 'gone soon');
      await index.writeNotes(other, 1, 'stays');
      await index.parkProducer(ref, 'p', {
        epoch: 0,
        nextSequence: 1,
        spans: [],
        lastBaseOffset: 0,
      });
      await index.deletePartitions(ref.topicId, 1);
      for (let twice = 0; twice < 2; twice++) await index.sweepPartition(ref);
      await index.createPartitions(ref.topicId, 0, 1);
      expect(await index.findPages(ref, 0, 10)).toEqual([]);
      expect(await index.readNotes(ref)).toBeUndefined();
      expect(await index.findParkedProducer(ref, 'p')).toBeUndefined();
      expect(await index.readNotes(other)).toBe('stays');
      expect((await headOf(index, other)).walFloor).toBe(7);
    });
  });
}
