/**
 * What every partition index does with commits: dense offsets whoever races, retries recognised, and
 * every refusal for its reason, with the head that refused.
 */

import { describe, expect, test } from 'vitest';
import { explainRefusal, knownSpans } from '../../lib/log/commit.js';
import { producersPerCommitMax, tailEntriesMax } from '../../lib/log/limits.js';
import { emptyHead, type PartitionHead } from '../../lib/log/partition-head.js';
import { judgeSequence, type ParkedProducer } from '../../lib/log/producer-state.js';
import type { Stores } from '../../lib/store/stores.js';
import {
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

export function commitsSuite(stores: () => Stores): void {
  partitionsSuite(stores);
  offsetsSuite(stores);
  producersSuite(stores);
  refusedProducersSuite(stores);
  conditionsSuite(stores);
  fencingSuite(stores);
  closingSuite(stores);
}

function partitionsSuite(stores: () => Stores): void {
  describe('partitions', () => {
    test('begin empty, and those that exist stay as they are', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      expect(await index.readHead(ref)).toEqual(emptyHead);
      await commit(index, ref, entry(3));
      await index.createPartitions(ref.topicId, 0, 3);
      expect((await headOf(index, ref)).nextOffset).toBe(3);
      for (const partition of [1, 2]) {
        expect(await index.readHead({ ...ref, partition })).toEqual(emptyHead);
      }
      expect(await index.readHead({ ...ref, partition: 3 })).toBeUndefined();
    });

    test('that were deleted, or never were, take nothing', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await index.createPartitions(ref.topicId, 1, 2);
      const { head } = await commit(index, ref, entry());
      await index.deletePartitions(ref.topicId, 2);
      const advance = {
        ...{ tailBaseOffset: 0, entryCount: 1, nextTailBaseOffset: 1, rolls: 1 },
        ...{ pagedMaxTimestampMs: 0, pagedBytes: 0, windows: {}, evict: {} },
      };
      for (const partition of [0, 1, 2]) {
        const gone = { ...ref, partition };
        const noPartition = { kind: 'noPartition' };
        expect(await index.readHead(gone)).toBeUndefined();
        expect(await index.commit(gone, request(entry()))).toEqual(noPartition);
        expect(await index.advanceTail(gone, advance)).toEqual(noPartition);
        expect(await index.setFencingToken(gone, 'token', undefined)).toEqual(noPartition);
        expect(await index.setFencingToken(gone, 'token', null)).toEqual(noPartition);
        expect(await index.closePartition(gone)).toEqual(noPartition);
        expect(await index.raiseWalFloor(gone, head.walFloor + 1)).toEqual(noPartition);
        expect(await index.raiseLogStart(gone, 0)).toEqual(noPartition);
      }
    });
  });
}

function offsetsSuite(stores: () => Stores): void {
  describe('offsets', () => {
    test('are dense, and the tail holds the entries as they were given', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const splits = [{ recordDelta: 3, positionDelta: 400 }];
      const entries = [entry(5), { ...entry(7), splits }, { ...entry(1), objectKey: 'other/key' }];
      const baseOffsets = [];
      for (const of of entries) {
        const { baseOffset, head } = await commit(index, ref, of);
        baseOffsets.push(baseOffset);
        expect(head).toEqual(await index.readHead(ref));
      }
      expect(baseOffsets).toEqual([0, 5, 12]);
      const head = await headOf(index, ref);
      expect(head.tail).toEqual(entries);
      expect(head.nextOffset).toBe(13);
    });

    // Fault 7 of docs/faults.md.
    test('never collide, however many commit at once', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const counts = Array.from({ length: tailEntriesMax }, (_, i) => 1 + (i % 5));
      const committed = await Promise.all(
        counts.map(async (recordCount) => {
          const of = entry(recordCount);
          return { of, ...(await commit(index, ref, of)) };
        }),
      );
      let nextOffset = 0;
      for (const { of, baseOffset } of committed.sort((a, b) => a.baseOffset - b.baseOffset)) {
        expect(baseOffset).toBe(nextOffset);
        nextOffset += of.recordCount;
      }
      expect(await wholeLog(index, ref)).toEqual(committed.map(({ of }) => of.objectKey));
    });

    test('of one partition are none of another’s business', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await index.createPartitions(ref.topicId, 1, 12);
      const refs = Array.from({ length: 12 }, (_, partition) => ({ ...ref, partition }));
      await Promise.all(refs.map((each) => commitMany(index, each, each.partition + 1)));
      for (const each of refs) {
        expect((await headOf(index, each)).nextOffset).toBe(each.partition + 1);
      }
    });
  });
}

function producersSuite(stores: () => Stores): void {
  describe('producers', () => {
    test('are recognised when they retry, with the offsets they got', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { own: firstAdmission(await headOf(index, ref)) };
      await commit(index, ref, entry(2));
      const first = request(entry(3, [stamp('own', 0, 3)]), { admissions });
      expect(await index.commit(ref, first)).toMatchObject({ kind: 'committed', baseOffset: 2 });
      await commit(index, ref, entry(4, [stamp('own', 3, 4)]));
      const retry = await index.commit(ref, first);
      expect(retry.kind).toBe('refused');
      const { head } = retry as { head: PartitionHead };
      expect(head).toEqual(await index.readHead(ref));
      const spans = knownSpans(head, 'own');
      expect(judgeSequence(stamp('own', 0, 3), head.producers.own, spans)).toEqual({
        kind: 'duplicate',
        baseOffset: 2,
      });
      expect(explainRefusal(head, first)).toMatchObject({ kind: 'stamps' });
      expect((await headOf(index, ref)).nextOffset).toBe(9);
    });

    test('retry at once with the original, and exactly one of the two is taken', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { own: firstAdmission(await headOf(index, ref)) };
      const twice = request(entry(3, [stamp('own', 0, 3)]), { admissions });
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => index.commit(ref, twice)));
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(
        ['committed', 'refused', 'refused', 'refused'].sort(),
      );
      expect((await headOf(index, ref)).nextOffset).toBe(3);
    });

    test('come many to a commit, each with several runs', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const names = Array.from({ length: producersPerCommitMax }, (_, i) => `producer-${i}`);
      const admission = firstAdmission(await headOf(index, ref));
      const admissions = Object.fromEntries(names.map((name) => [name, admission]));
      const stamps = names.flatMap((name, i) => [
        { ...stamp(name, 0, 1), recordDelta: i },
        { ...stamp(name, 1, 1), recordDelta: names.length + i },
      ]);
      const { head } = await commit(index, ref, entry(stamps.length, stamps), { admissions });
      for (const name of names) {
        expect(head.producers[name]).toEqual({ epoch: 0, nextSequence: 2 });
        expect(knownSpans(head, name)).toHaveLength(2);
      }
      const next = names.map((name, i) => ({ ...stamp(name, 2, 1), recordDelta: i }));
      await commit(index, ref, entry(next.length, next));
    });
  });
}

function refusedProducersSuite(stores: () => Stores): void {
  describe('producers', () => {
    test('are refused when unknown, stale, ahead or behind', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { p: firstAdmission(await headOf(index, ref)) };
      const refusal = async (of: ReturnType<typeof stamp>, admitted = false) => {
        const wanted = request(entry(1, [of]), admitted ? { admissions } : {});
        const outcome = await index.commit(ref, wanted);
        expect(outcome).toEqual({ kind: 'refused', head: await index.readHead(ref) });
        return explainRefusal((outcome as { head: PartitionHead }).head, wanted);
      };
      const verdict = (facts: object) => ({ kind: 'stamps', verdicts: [facts] });
      expect(await refusal(stamp('p', 0))).toEqual({ kind: 'needsAdmission', producers: ['p'] });
      expect(await refusal(stamp('p', 1), true)).toEqual(verdict({ kind: 'unknownProducer' }));
      await commit(index, ref, entry(1, [stamp('p', 0)]), { admissions });
      await commit(index, ref, entry(1, [stamp('p', 0, 1, 7)]));
      for (const sequence of [1, 0]) {
        const stale = { kind: 'staleEpoch', currentEpoch: 7 };
        expect(await refusal(stamp('p', sequence, 1, 6))).toEqual(verdict(stale));
      }
      const gap = (expectedSequence: number) => verdict({ kind: 'sequenceGap', expectedSequence });
      expect(await refusal(stamp('p', 2, 1, 7))).toEqual(gap(1));
      expect(await refusal(stamp('p', 1, 1, 8))).toEqual(gap(0));
      for (let sequence = 1; sequence < 7; sequence++) {
        await commit(index, ref, entry(1, [stamp('p', sequence, 1, 7)]));
      }
      const outside = verdict({ kind: 'outsideWindow', expectedSequence: 7 });
      expect(await refusal(stamp('p', 0, 1, 7))).toEqual(outside);
    });

    test('come back from parking with what they wrote before', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await commit(index, ref, entry(10));
      const spans = [{ epoch: 2, baseSequence: 40, nextSequence: 50, baseOffset: 0 }];
      const parked: ParkedProducer = { epoch: 2, nextSequence: 50, spans, lastBaseOffset: 0 };
      const admissions = { p: { evictions: 0, parked } };
      const again = request(entry(10, [stamp('p', 40, 10, 2)]), { admissions });
      const outcome = await index.commit(ref, again);
      expect(outcome.kind).toBe('refused');
      expect(explainRefusal((outcome as { head: PartitionHead }).head, again)).toEqual({
        kind: 'stamps',
        verdicts: [{ kind: 'duplicate', baseOffset: 0 }],
      });
      const next = entry(1, [stamp('p', 50, 1, 2)]);
      const { head, baseOffset } = await commit(index, ref, next, { admissions });
      expect(baseOffset).toBe(10);
      expect(knownSpans(head, 'p')).toHaveLength(2);
      expect(head.windows.p?.spans).toEqual(spans);
      // Now it is in the head: an admission, old or new, neither helps nor harms.
      await commit(index, ref, entry(1, [stamp('p', 51, 1, 2)]), { admissions });
    });
  });
}

function conditionsSuite(stores: () => Stores): void {
  describe('conditions', () => {
    test('a full tail takes no more', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await commitMany(index, ref, tailEntriesMax);
      const wanted = request(entry());
      const outcome = await index.commit(ref, wanted);
      expect(outcome).toEqual({ kind: 'refused', head: await index.readHead(ref) });
      expect(explainRefusal(await headOf(index, ref), wanted)).toEqual({ kind: 'tailFull' });
    });

    // Fault 13 of docs/faults.md.
    test('the WAL floor only rises, and nothing commits below it', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const floors = [2026112307, 2026112309, 2026112308];
      for (const walFloor of floors) await index.raiseWalFloor(ref, walFloor);
      const raised = await index.raiseWalFloor(ref, 0);
      expect(raised).toEqual({ kind: 'changed', head: await index.readHead(ref) });
      expect((await headOf(index, ref)).walFloor).toBe(2026112309);
      const below = request(entry(), { walBucket: 2026112308 });
      expect((await index.commit(ref, below)).kind).toBe('refused');
      expect(explainRefusal(await headOf(index, ref), below)).toEqual({
        kind: 'belowWalFloor',
        walFloor: 2026112309,
      });
      await commit(index, ref, entry(), { walBucket: 2026112309 });
    });

    test('the log start only rises, never beyond the end, and takes nothing with it', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await commit(index, ref, entry(5));
      await commit(index, ref, entry(5));
      const before = await headOf(index, ref);
      const raised = { ...before, logStartOffset: 7 };
      expect(await index.raiseLogStart(ref, 7)).toEqual({ kind: 'changed', head: raised });
      for (const lower of [7, 3, 0]) {
        expect(await index.raiseLogStart(ref, lower)).toEqual({ kind: 'changed', head: raised });
      }
      expect(await index.raiseLogStart(ref, 11)).toEqual({ kind: 'refused', head: raised });
      expect(await index.readHead(ref)).toEqual(raised);
      const offsets = [8, 10, 9];
      await Promise.all(offsets.map((offset) => index.raiseLogStart(ref, offset)));
      expect((await headOf(index, ref)).logStartOffset).toBe(10);
      expect((await commit(index, ref, entry())).baseOffset).toBe(10);
    });

    test('an expected offset is met or refused; of many with the same one is taken', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const wanted = () => index.commit(ref, request(entry(), { expectedNextOffset: 0 }));
      const outcomes = await Promise.all(Array.from({ length: 8 }, wanted));
      expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'refused')).toHaveLength(7);
      const ahead = request(entry(), { expectedNextOffset: 2 });
      expect((await index.commit(ref, ahead)).kind).toBe('refused');
      expect(explainRefusal(await headOf(index, ref), ahead)).toEqual({
        kind: 'expectedOffset',
        nextOffset: 1,
      });
      await commit(index, ref, entry(), { expectedNextOffset: 1 });
    });
  });
}

function fencingSuite(stores: () => Stores): void {
  describe('fencing', () => {
    // Fault 15 of docs/faults.md.
    test('a token lets in only who holds it', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const early = request(entry(), { fencingToken: 'a' });
      expect((await index.commit(ref, early)).kind).toBe('refused');
      const set = await index.setFencingToken(ref, 'a', undefined);
      expect(set).toEqual({ kind: 'changed', head: await index.readHead(ref) });
      await commit(index, ref, entry(), { fencingToken: 'a' });
      // Who asks for no token is not held by it.
      await commit(index, ref, entry());
      const wrong = request(entry(), { fencingToken: 'b' });
      expect((await index.commit(ref, wrong)).kind).toBe('refused');
      expect(explainRefusal(await headOf(index, ref), wrong)).toEqual({
        kind: 'fencingToken',
        actual: 'a',
      });
    });

    test('a token is swapped only for the one that was expected', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const swap = async (token: string | null, expected: string | null) => {
        const { kind } = await index.setFencingToken(ref, token, expected);
        return [kind, (await headOf(index, ref)).fencingToken];
      };
      expect(await swap('a', 'x')).toEqual(['refused', null]);
      expect(await swap('a', null)).toEqual(['changed', 'a']);
      expect(await swap('b', null)).toEqual(['refused', 'a']);
      expect(await swap('b', 'a')).toEqual(['changed', 'b']);
      expect(await swap(null, 'b')).toEqual(['changed', null]);
      const both = await Promise.all(
        ['c', 'd'].map((token) => index.setFencingToken(ref, token, null)),
      );
      expect(both.map(({ kind }) => kind).sort()).toEqual(['changed', 'refused']);
    });

    test('a duplicate is told from a refusal for any other reason', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { p: firstAdmission(await headOf(index, ref)) };
      const first = request(entry(1, [stamp('p', 0)]), { admissions, expectedNextOffset: 0 });
      expect((await index.commit(ref, first)).kind).toBe('committed');
      await index.raiseWalFloor(ref, first.walBucket + 1);
      const outcome = await index.commit(ref, first);
      expect(outcome.kind).toBe('refused');
      expect(explainRefusal((outcome as { head: PartitionHead }).head, first)).toEqual({
        kind: 'stamps',
        verdicts: [{ kind: 'duplicate', baseOffset: 0 }],
      });
    });
  });
}

function closingSuite(stores: () => Stores): void {
  describe('closing', () => {
    test('nothing enters after it is acknowledged, and all before it stays', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const writers = Array.from({ length: 12 }, () => index.commit(ref, request(entry())));
      const closing = index.closePartition(ref);
      const outcomes = await Promise.all(writers);
      const closed = await closing;
      const taken = outcomes.filter(({ kind }) => kind === 'committed').length;
      expect(closed).toMatchObject({ kind: 'changed', head: { closed: true } });
      const late = request(entry());
      const outcome = await index.commit(ref, late);
      expect(outcome).toMatchObject({ kind: 'refused', head: { nextOffset: taken } });
      expect(explainRefusal(await headOf(index, ref), late)).toEqual({ kind: 'closed' });
      expect(await index.closePartition(ref)).toEqual({
        kind: 'changed',
        head: await headOf(index, ref),
      });
    });

    test('a retry of what was committed before is still recognised', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      const admissions = { p: firstAdmission(await headOf(index, ref)) };
      const first = request(entry(2, [stamp('p', 0)]), { admissions });
      expect((await index.commit(ref, first)).kind).toBe('committed');
      await index.closePartition(ref);
      const again = await index.commit(ref, first);
      expect(again.kind).toBe('refused');
      expect(explainRefusal((again as { head: PartitionHead }).head, first)).toMatchObject({
        kind: 'stamps',
      });
    });
  });
}
