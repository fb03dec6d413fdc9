/** What every topic store does: one topic to a name, ids for ever, pages in order, numbers once. */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { lineageOf } from '../../lib/log/lineage.js';
import { emptyHead } from '../../lib/log/partition-head.js';
import { afterReshaping, planSplit } from '../../lib/log/reshaping-plan.js';
import type { Stores } from '../../lib/store/stores.js';
import { type BuriedTopic, type Topic, unalteredTopic } from '../../lib/store/topic-store.js';
import { commit, entry, headOf, newPartition } from './log-builders.js';

export function topicsSuite(stores: () => Stores): void {
  const newTopic = (name = `topic-${randomUUID()}`): Topic => ({
    name,
    topicId: randomUUID(),
    partitionCount: 3,
    createdAtMs: 1_790_000_000_000,
    ...unalteredTopic,
  });

  describe('topics', () => {
    test('are created once', async () => {
      const { topics } = stores();
      const topic = newTopic();
      expect(await topics.find(topic.name)).toBeUndefined();
      expect(await topics.create(topic)).toBe('created');
      expect(await topics.create(newTopic(topic.name))).toBe('exists');
      expect(await topics.find(topic.name)).toEqual(topic);
    });

    test('are created once also by many at once', async () => {
      const { topics } = stores();
      const rivals = Array.from({ length: 8 }, () => newTopic('rivals'));
      const outcomes = await Promise.all(rivals.map((topic) => topics.create(topic)));
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      expect(await topics.find('rivals')).toEqual(rivals[outcomes.indexOf('created')]);
    });

    test('are deleted by id: a newer one of the name stays', async () => {
      const { topics } = stores();
      const older = newTopic();
      const newer = newTopic(older.name);
      expect(await topics.delete(older)).toBe('missing');
      await topics.create(older);
      expect(await topics.delete(older)).toBe('deleted');
      expect(await topics.find(older.name)).toBeUndefined();
      expect(await topics.create(newer)).toBe('created');
      expect(await topics.delete(older)).toBe('missing');
      expect(await topics.find(newer.name)).toEqual(newer);
    });

    test('are listed by name, page after page', async () => {
      const { topics } = stores();
      const names = ['B', 'a', 'a.b', 'a0', 'a_b', 'aa', '9', '-', '_'].map(
        (name) => `list${name}`,
      );
      for (const name of names) await topics.create(newTopic(name));
      for (const countMax of [1, 2, 4, 1_000]) {
        const listed: Topic[] = [];
        let after: string | undefined;
        do {
          const page = await topics.list(countMax, after);
          expect(page.topics.length).toBeLessThanOrEqual(countMax);
          listed.push(...page.topics);
          after = page.after;
        } while (after !== undefined);
        const found = listed.map(({ name }) => name);
        expect(found).toEqual([...new Set(found)].sort());
        expect(found.filter((name) => name.startsWith('list'))).toEqual([...names].sort());
      }
    });

    test('a list begins after a name also when that topic is gone', async () => {
      const { topics } = stores();
      const gone = newTopic('zzz-1');
      await topics.create(gone);
      await topics.create(newTopic('zzz-2'));
      await topics.delete(gone);
      const page = await topics.list(10, gone.name);
      expect(page.topics.map(({ name }) => name)).toEqual(['zzz-2']);
    });
  });

  describe('topics that are altered', () => {
    const whole = lineageOf({ partitionCount: 1, createdAtMs: 1 });
    const state = {
      partitionCount: 4,
      configs: { 'retention.ms': '60000', 'cleanup.policy': 'compact' },
      tags: { team: 'söme ✓', empty: '' },
      annotations: { face: '{"a":1}' },
      lineage: afterReshaping(
        { ...whole, reshaping: { ...planSplit(whole, 0, `8${'0'.repeat(31)}`), startedAtMs: 5 } },
        7,
      ),
    };

    test('are found and listed as they are now, and count their versions', async () => {
      const { topics } = stores();
      const made = { ...newTopic(), configs: { 'retention.bytes': '5' }, tags: { a: 'b' } };
      await topics.create(made);
      expect(await topics.find(made.name)).toEqual(made);
      const altered = { ...made, ...state, version: 1 };
      expect(await topics.alter(made, state)).toEqual({ kind: 'altered', topic: altered });
      expect(await topics.find(made.name)).toEqual(altered);
      const bare = { ...altered, configs: {}, tags: {}, annotations: {}, version: 2 };
      expect(await topics.alter(altered, bare)).toEqual({ kind: 'altered', topic: bare });
      expect(await topics.find(made.name)).toEqual(bare);
      const { topics: listed } = await topics.list(1_000);
      expect(listed.find(({ name }) => name === made.name)).toEqual(bare);
    });

    test('of many who alter one version one does, and the others learn of it', async () => {
      const { topics } = stores();
      const topic = newTopic();
      await topics.create(topic);
      const outcomes = await Promise.all(
        ['a', 'b', 'c', 'd'].map((who) => topics.alter(topic, { ...topic, tags: { who } })),
      );
      const done = outcomes.filter(({ kind }) => kind === 'altered');
      expect(done).toHaveLength(1);
      const now = await topics.find(topic.name);
      expect(done).toEqual([{ kind: 'altered', topic: now }]);
      const stale = outcomes.filter(({ kind }) => kind !== 'altered');
      expect(stale).toEqual(Array(3).fill({ kind: 'stale', topic: now }));
    });

    test('are this topic, and no newer one of the name', async () => {
      const { topics } = stores();
      const older = newTopic();
      expect(await topics.alter(older, state)).toEqual({ kind: 'missing' });
      const newer = newTopic(older.name);
      await topics.create(newer);
      expect(await topics.alter(older, state)).toEqual({ kind: 'missing' });
      expect(await topics.find(newer.name)).toEqual(newer);
    });

    test('are deleted only by who knows how many partitions they have', async () => {
      const { topics } = stores();
      const topic = newTopic();
      await topics.create(topic);
      await topics.alter(topic, state);
      expect(await topics.delete(topic)).toBe('missing');
      const now = (await topics.find(topic.name)) as Topic;
      await topics.alter(now, { ...now, tags: {} });
      expect(await topics.delete(now)).toBe('deleted');
    });
  });

  describe('topics that are buried', () => {
    const buriedOf = (partitionCount = 3): BuriedTopic => ({
      topicId: randomUUID(),
      name: 'gone ✓',
      partitionCount,
      deletedAtMs: 1_790_000_000_000,
    });

    test('are listed by id, page after page, until they are forgotten', async () => {
      const { topics } = stores();
      const all = Array.from({ length: 7 }, () => buriedOf());
      for (const topic of all) await topics.bury(topic);
      all.sort((a, b) => (a.topicId < b.topicId ? -1 : 1));
      for (const countMax of [1, 3, 100]) {
        const listed: BuriedTopic[] = [];
        for (let page: readonly BuriedTopic[] = []; ; ) {
          page = await topics.buried(countMax, page.at(-1)?.topicId);
          expect(page.length).toBeLessThanOrEqual(countMax);
          listed.push(...page);
          if (page.length < countMax) break;
        }
        expect(listed).toEqual(all);
      }
      for (const { topicId } of all) await topics.forget(topicId);
      await topics.forget(all[0]?.topicId ?? '');
      expect(await topics.buried(10)).toEqual([]);
    });

    test('are what was said of them last, but never with fewer partitions', async () => {
      const { topics } = stores();
      const topic = buriedOf(2);
      await topics.bury(topic);
      const later = { ...topic, deletedAtMs: topic.deletedAtMs + 5 };
      await topics.bury(later);
      expect(await topics.buried(10)).toEqual([later]);
      const grown = { ...topic, partitionCount: 10 };
      await topics.bury(grown);
      await topics.bury(later);
      expect(await topics.buried(10)).toEqual([grown]);
      await topics.forget(topic.topicId);
    });
  });

  test('producer ids never repeat, one after another or at once', async () => {
    const { topics } = stores();
    const one = await topics.nextProducerId();
    const many = await Promise.all(Array.from({ length: 50 }, () => topics.nextProducerId()));
    const last = await topics.nextProducerId();
    const all = [one, ...many, last];
    expect(new Set(all).size).toBe(52);
    expect(all.every((id) => Number.isSafeInteger(id) && id >= 0)).toBe(true);
  });

  describe('the WAL floor of the store', () => {
    // The last of all: what is made elsewhere in this suite has no floor.
    test('rises, and nothing comes into sight below it', async () => {
      const { topics } = stores();
      const before = await topics.walFloor();
      const topic = newTopic();
      expect(await topics.create(topic, before)).toBe('created');
      const floor = before + 2;
      await topics.raiseWalFloor(floor);
      await topics.raiseWalFloor(floor - 1);
      expect(await topics.walFloor()).toBe(floor);

      const next = newTopic();
      expect(await topics.create(next, floor - 1)).toBe('belowFloor');
      expect(await topics.find(next.name)).toBeUndefined();
      expect(await topics.create(newTopic(topic.name), floor - 1)).not.toBe('created');
      expect(await topics.create(next, floor)).toBe('created');

      const grown = { ...topic, partitionCount: topic.partitionCount + 1 };
      expect(await topics.alter(topic, grown, floor - 1)).toEqual({ kind: 'belowFloor' });
      expect(await topics.find(topic.name)).toEqual(topic);
      const tagged = { ...topic, tags: { what: 'no partition comes into sight' } };
      expect(await topics.alter(topic, tagged)).toMatchObject({ kind: 'altered' });
      expect(await topics.alter(topic, grown, floor)).toMatchObject({ kind: 'stale' });
      const now = (await topics.find(topic.name)) as Topic;
      const wanted = { ...now, partitionCount: grown.partitionCount };
      expect(await topics.alter(now, wanted, floor + 1)).toMatchObject({ kind: 'altered' });
    });

    test('is that of new heads, and existing ones rise to it unless theirs is higher', async () => {
      const { index } = stores();
      const ref = await newPartition(index);
      await commit(index, ref, entry(3));
      await index.createPartitions(ref.topicId, 0, 2, 5);
      expect(await headOf(index, ref)).toMatchObject({ walFloor: 5, walFloorOffset: 3 });
      expect(await headOf(index, { ...ref, partition: 1 })).toEqual({ ...emptyHead, walFloor: 5 });
      await commit(index, ref, entry(1));
      await index.createPartitions(ref.topicId, 0, 2, 4);
      const kept = { walFloor: 5, walFloorOffset: 3, nextOffset: 4 };
      expect(await headOf(index, ref)).toMatchObject(kept);
    });

    test('decides between many who create and one who raises', async () => {
      const { topics } = stores();
      const before = await topics.walFloor();
      const made = Array.from({ length: 12 }, () => newTopic());
      const creating = made.map((topic) => topics.create(topic, before));
      await topics.raiseWalFloor(before + 1);
      // Who is not in sight now never will be.
      const seen = await Promise.all(made.map(({ name }) => topics.find(name)));
      const outcomes = await Promise.all(creating);
      for (const [i, outcome] of outcomes.entries()) {
        const found = await topics.find(made[i]?.name ?? '');
        expect(found !== undefined).toBe(outcome === 'created');
        expect(seen[i]).toEqual(found);
      }
      expect(await topics.create(newTopic(), before)).toBe('belowFloor');
    });
  });
}
