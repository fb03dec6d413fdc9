/** What every topic store does: one topic to a name, ids for ever, pages in order, numbers once. */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Stores } from '../../lib/store/stores.js';
import type { Topic } from '../../lib/store/topic-store.js';

export function topicsSuite(stores: () => Stores): void {
  const newTopic = (name = `topic-${randomUUID()}`): Topic => ({
    name,
    topicId: randomUUID(),
    partitionCount: 3,
    createdAtMs: 1_790_000_000_000,
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

  test('producer ids never repeat, one after another or at once', async () => {
    const { topics } = stores();
    const one = await topics.nextProducerId();
    const many = await Promise.all(Array.from({ length: 50 }, () => topics.nextProducerId()));
    const last = await topics.nextProducerId();
    const all = [one, ...many, last];
    expect(new Set(all).size).toBe(52);
    expect(all.every((id) => Number.isSafeInteger(id) && id >= 0)).toBe(true);
  });
}
