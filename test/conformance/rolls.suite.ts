/**
 * What every partition index does with rolls: whoever rolls, in whatever order, each entry is in
 * exactly one place; and a producer that left the head can neither be doubled nor set back.
 */

import { describe, expect, test } from 'vitest';
import { explainRefusal, knownSpans } from '../../lib/log/commit.js';
import {
  evictionsPerRollMax,
  producerIdleRolls,
  producersInHeadHardMax,
  tailEntriesMax,
  tailEntriesPerPage,
} from '../../lib/log/limits.js';
import type { PartitionHead, PartitionRef } from '../../lib/log/partition-head.js';
import type { ParkedProducer } from '../../lib/log/producer-state.js';
import { planEviction, planRoll, planRolls, type TailRoll } from '../../lib/log/tail-roll.js';
import type { PartitionIndex } from '../../lib/store/partition-index.js';
import type { Stores } from '../../lib/store/stores.js';
import {
  carryOut,
  commit,
  commitMany,
  entry,
  firstAdmission,
  headOf,
  newPartition,
  request,
  stamp,
  wholeLog,
} from './log-builders.js';

export function rollsSuite(stores: () => Stores): void {
  rollSuite(stores);
  pagesSuite(stores);
  evictionSuite(stores);
  crowdSuite(stores);
}

function rollOf(head: PartitionHead): TailRoll {
  const roll = planRoll(head);
  if (!roll) throw new Error('the tail is shorter than a page');
  return roll;
}

function rollSuite(stores: () => Stores): void {
  describe('rolling', () => {
    test('moves the oldest entries into a page, and goes on until the tail is short', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { p: firstAdmission(await headOf(index, ref)) };
      await commit(index, ref, entry(1, [stamp('p', 0)]), { admissions });
      const first = (await headOf(index, ref)).tail.map(({ objectKey }) => objectKey);
      const entries = await commitMany(index, ref, tailEntriesMax - 1);
      const before = await headOf(index, ref);
      for (let rolls = 1; rolls <= tailEntriesMax / tailEntriesPerPage; rolls++) {
        expect(await carryOut(index, ref, rollOf(await headOf(index, ref)))).toBe(true);
        expect((await headOf(index, ref)).rolls).toBe(rolls);
      }
      const head = await headOf(index, ref);
      expect(head).toMatchObject({
        tail: [],
        tailBaseOffset: tailEntriesMax,
        nextOffset: tailEntriesMax,
      });
      expect(head.pagedMaxTimestampMs).toBe(1_790_000_000_000);
      expect(knownSpans(head, 'p')).toEqual(knownSpans(before, 'p'));
      const inOrder = [...first, ...entries.map(({ objectKey }) => objectKey)];
      expect(await wholeLog(index, ref)).toEqual(inOrder);
      await commitMany(index, ref, 3);
      expect(await wholeLog(index, ref)).toHaveLength(tailEntriesMax + 3);
    });

    test('moves several pages with one advance', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const entries = await commitMany(index, ref, 2 * tailEntriesPerPage + 3);
      const rolls = planRolls(await headOf(index, ref));
      if (!rolls) throw new Error('the tail is shorter than a page');
      await Promise.all(rolls.pages.map((page) => index.writePage(ref, page)));
      expect(await index.advanceTail(ref, rolls.advance)).toMatchObject({ kind: 'changed' });
      expect((await headOf(index, ref)).tail).toHaveLength(3);
      expect(await wholeLog(index, ref)).toEqual(entries.map(({ objectKey }) => objectKey));
    });

    const orders = [
      ['w1', 'a1', 'w2', 'a2'],
      ['w1', 'w2', 'a1', 'a2'],
      ['w1', 'w2', 'a2', 'a1'],
      ['w2', 'w1', 'a1', 'a2'],
      ['w2', 'w1', 'a2', 'a1'],
      ['w2', 'a2', 'w1', 'a1'],
    ] as const;
    test.each(orders)('races harmlessly: %s, %s, %s, %s', async (...order) => {
      const { index } = stores();
      const ref = await newPartition(index);
      const entries = await commitMany(index, ref, tailEntriesPerPage + 4);
      const one = rollOf(await headOf(index, ref));
      entries.push(...(await commitMany(index, ref, tailEntriesPerPage)));
      const other = rollOf(await headOf(index, ref));
      const steps = {
        w1: () => index.writePage(ref, one.page),
        w2: () => index.writePage(ref, other.page),
        a1: () => index.advanceTail(ref, one.advance),
        a2: () => index.advanceTail(ref, other.advance),
      };
      const kinds: string[] = [];
      for (const step of order) {
        const outcome = await steps[step]();
        if (outcome) kinds.push(outcome.kind);
      }
      expect(kinds).toEqual(['changed', 'refused']);
      expect(await wholeLog(index, ref)).toEqual(entries.map(({ objectKey }) => objectKey));
    });

    // Fault 44 of docs/faults.md.
    test('by everybody, while everybody commits, loses nothing and doubles nothing', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const placed: { baseOffset: number; objectKey: string }[] = [];
      const writer = async () => {
        for (let commits = 0; commits < 40; ) {
          const of = entry();
          const outcome = await index.commit(ref, request(of));
          if (outcome.kind === 'noPartition') throw new Error('the partition is gone');
          if (outcome.kind === 'committed') {
            commits++;
            placed.push({ baseOffset: outcome.baseOffset, objectKey: of.objectKey });
          }
          const roll = planRoll(outcome.head);
          if (roll && outcome.head.tail.length >= 2 * tailEntriesPerPage) {
            await carryOut(index, ref, roll);
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, writer));
      placed.sort((a, b) => a.baseOffset - b.baseOffset);
      expect(placed.map(({ baseOffset }) => baseOffset)).toEqual(placed.map((_, i) => i));
      expect(await wholeLog(index, ref)).toEqual(placed.map(({ objectKey }) => objectKey));
    });
  });
}

function pagesSuite(stores: () => Stores): void {
  describe('pages', () => {
    const pageOf = (baseOffset: number, nextOffset: number, maxTimestampMs = 5) => {
      const { stamps: _, ...location } = entry(nextOffset - baseOffset);
      return { baseOffset, nextOffset, maxTimestampMs, locations: [location] };
    };

    test('are found from every offset, as many as asked for', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await index.createPartitions(ref.topicId, 1, 3);
      const others = [1, 2].map((partition) => ({ ...ref, partition }));
      const pages = [pageOf(0, 3), pageOf(3, 300), pageOf(300, 70_000), pageOf(70_000, 2 ** 40)];
      for (const page of [3, 1, 0, 2]) await index.writePage(ref, pages[page] as never);
      for (const other of others) await index.writePage(other, pageOf(0, 5));
      const offsets = [0, 1, 2, 3, 4, 299, 300, 301, 69_999, 70_000, 2 ** 40 - 1];
      for (const offset of offsets) {
        const expected = pages.filter(({ nextOffset }) => nextOffset > offset);
        for (const pagesMax of [1, 2, 100]) {
          expect(await index.findPages(ref, offset, pagesMax)).toEqual(expected.slice(0, pagesMax));
        }
      }
      expect(await index.findPages(ref, 2 ** 40, 10)).toEqual([]);
    });

    test('are written once: the first with an end stays', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const page = pageOf(0, 10);
      await index.writePage(ref, page);
      await index.writePage(ref, page);
      await index.writePage(ref, pageOf(0, 10, 99));
      expect(await index.findPages(ref, 0, 10)).toEqual([page]);
    });

    test('of a partition without any are none', async () => {
      const { index } = stores();
      expect(await index.findPages(await newPartition(index), 0, 10)).toEqual([]);
    });
  });
}

/** Lets `idle` other pages go by, and returns the roll that was planned after them. */
async function letRollsPass(
  index: PartitionIndex,
  ref: PartitionRef,
  rolls: number,
): Promise<TailRoll> {
  for (let roll = 0; roll < rolls; roll++) {
    await commitMany(index, ref, tailEntriesPerPage);
    expect(await carryOut(index, ref, rollOf(await headOf(index, ref)))).toBe(true);
  }
  await commitMany(index, ref, tailEntriesPerPage);
  return rollOf(await headOf(index, ref));
}

function crowdSuite(stores: () => Stores): void {
  test('a head that holds far too many producers lets go of them without a roll', async () => {
    const { index } = stores();
    const ref = await newPartition(index);
    const names = Array.from({ length: producersInHeadHardMax + 40 }, (_, i) => `p${i}`);
    for (const [i, name] of names.entries()) {
      const head = await headOf(index, ref);
      const admissions = { [name]: firstAdmission(head) };
      await commit(index, ref, entry(1, [stamp(name, 0)]), { admissions });
      const roll = i % tailEntriesPerPage === 15 ? planRoll(await headOf(index, ref)) : undefined;
      if (roll) await carryOut(index, ref, { ...roll, advance: { ...roll.advance, evict: {} } });
    }
    const crowded = await headOf(index, ref);
    expect(Object.keys(crowded.producers)).toHaveLength(names.length);
    const eviction = planEviction(crowded);
    if (!eviction) throw new Error('nobody can leave');
    for (const [name, state] of Object.entries(eviction.park)) {
      await index.parkProducer(ref, name, state);
    }
    expect(await index.advanceTail(ref, eviction.advance)).toMatchObject({ kind: 'changed' });
    const head = await headOf(index, ref);
    expect(Object.keys(head.producers)).toHaveLength(names.length - evictionsPerRollMax);
    expect(head.tail).toEqual(crowded.tail);
    expect(head.evictions).toBe(crowded.evictions + 1);
    const [gone] = Object.keys(eviction.park);
    expect(await index.findParkedProducer(ref, String(gone))).toMatchObject({ nextSequence: 1 });
  });
}

function evictionSuite(stores: () => Stores): void {
  describe('eviction', () => {
    test('parks idle producers; nobody gets in on what was known before it', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const early = { p: firstAdmission(await headOf(index, ref)) };
      await commit(index, ref, entry(1, [stamp('p', 0)]), { admissions: early });
      const roll = await letRollsPass(index, ref, producerIdleRolls + 1);
      expect(Object.keys(roll.park)).toEqual(['p']);
      expect(await index.findParkedProducer(ref, 'p')).toBeUndefined();
      expect(await carryOut(index, ref, roll)).toBe(true);
      expect(await headOf(index, ref)).toMatchObject({ producers: {}, windows: {}, evictions: 1 });

      const retry = request(entry(1, [stamp('p', 0)]), { admissions: early });
      const refused = await index.commit(ref, retry);
      expect(refused).toEqual({ kind: 'refused', head: await headOf(index, ref) });
      expect(explainRefusal(await headOf(index, ref), retry)).toEqual({
        kind: 'needsAdmission',
        producers: ['p'],
      });
      const parked = (await index.findParkedProducer(ref, 'p')) ?? null;
      expect(parked).toEqual(roll.park.p);
      const admissions = { p: { evictions: 1, parked } };
      const again = { ...retry, admissions };
      expect((await index.commit(ref, again)).kind).toBe('refused');
      expect(explainRefusal(await headOf(index, ref), again)).toMatchObject({ kind: 'stamps' });
      const { head } = await commit(index, ref, entry(1, [stamp('p', 1)]), { admissions });
      expect(knownSpans(head, 'p')).toHaveLength(2);
    });

    test('does not happen to a producer that wrote in the meantime', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { p: firstAdmission(await headOf(index, ref)) };
      await commit(index, ref, entry(1, [stamp('p', 0)]), { admissions });
      const roll = await letRollsPass(index, ref, producerIdleRolls + 1);
      await commit(index, ref, entry(1, [stamp('p', 1)]));
      expect(await carryOut(index, ref, roll)).toBe(false);
      expect((await headOf(index, ref)).producers.p).toEqual({ epoch: 0, nextSequence: 2 });
      expect(await carryOut(index, ref, rollOf(await headOf(index, ref)))).toBe(true);
      await wholeLog(index, ref);
    });

    test('by somebody who is late does not set a parked producer back', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const span = (baseSequence: number, baseOffset: number) => ({
        ...{ epoch: 0, baseSequence, nextSequence: baseSequence + 1, baseOffset },
      });
      const older: ParkedProducer = {
        ...{ epoch: 0, nextSequence: 1, spans: [span(0, 9)], lastBaseOffset: 9 },
      };
      const newer: ParkedProducer = {
        ...{ epoch: 0, nextSequence: 2, spans: [span(0, 9), span(1, 10)], lastBaseOffset: 10 },
      };
      expect(await index.findParkedProducer(ref, 'p')).toBeUndefined();
      for (const [state, kept] of [
        [older, older],
        [newer, newer],
        [older, newer],
        [newer, newer],
      ] as const) {
        await index.parkProducer(ref, 'p', state);
        expect(await index.findParkedProducer(ref, 'p')).toEqual(kept);
      }
      await Promise.all([older, newer, older].map((state) => index.parkProducer(ref, 'q', state)));
      expect(await index.findParkedProducer(ref, 'q')).toEqual(newer);
      expect(await index.findParkedProducer({ ...ref, partition: 1 }, 'p')).toBeUndefined();
    });
  });
}
