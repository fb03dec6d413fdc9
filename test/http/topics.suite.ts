/**
 * Topics as a caller sees them: created once, listed in pages, described, deleted, and made anew as
 * somebody else.
 */

import { describe, expect, test } from 'vitest';
import type { TopicResponse } from '../../lib/contract/topics.js';
import {
  type ApiOf,
  answerOf,
  append,
  describeTopic,
  extra,
  jsonInit,
  newName,
  newTopic,
  page,
  problemFrom,
  recordsPath,
  watermarks,
} from './api-client.js';

type TopicPage = { readonly topics: readonly TopicResponse[]; readonly after?: string };

export function topicCases(api: ApiOf): void {
  describe('topics', () => {
    test('a created topic has its name, an id and its partitions', async () => {
      const name = newName();
      const beforeMs = Date.now();
      const init = jsonInit({ name, partitions: 3 });
      const topic = await answerOf<TopicResponse>(await api().fetch('/v1/topics', init), 201);
      expect(topic).toMatchObject({ name, partitions: 3 });
      expect(topic.topicId).toMatch(/^[0-9a-f-]{36}$/);
      // Another machine's clock may differ by a little.
      expect(Math.abs(topic.createdAt - beforeMs)).toBeLessThan(60_000);
      expect(await watermarks(api(), name)).toEqual([0, 0, 0]);
    });

    test('a topic has one partition unless asked for more', async () => {
      const name = newName();
      const response = await api().fetch('/v1/topics', jsonInit({ name }));
      expect(await answerOf<TopicResponse>(response, 201)).toMatchObject({ partitions: 1 });
    });

    test.each(['a', '_', 'A.b_c-9', '...', 'x'.repeat(249)])('%j is a name', async (base) => {
      const name = base === 'a' || base === '_' || base === '...' ? base + newName() : base;
      const response = await api().fetch('/v1/topics', jsonInit({ name }));
      if (response.status === 409) return; // Left over at a server that outlives the suite.
      expect((await answerOf<TopicResponse>(response, 201)).name).toBe(name);
      expect((await api().fetch(`/v1/topics/${name}`, { method: 'DELETE' })).status).toBe(204);
    });

    test('a topic that exists is not created again, and stays what it is', async () => {
      const name = await newTopic(api(), 2);
      await append(api(), name, [{ value: 'kept' }]);
      const response = await api().fetch('/v1/topics', jsonInit({ name, partitions: 5 }));
      const problem = await problemFrom(response, 409, 'TOPIC_ALREADY_EXISTS', /exists/);
      expect(problem).toMatchObject({ topic: name, retriable: false, sideEffects: 'none' });
      expect(await watermarks(api(), name)).toEqual([1, 0]);
    });

    test('of many who create one topic at once exactly one does', async () => {
      const name = newName();
      const tries = Array.from({ length: 8 }, () =>
        api().fetch('/v1/topics', jsonInit({ name, partitions: 2 })),
      );
      const statuses = (await Promise.all(tries)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 201)).toHaveLength(1);
      expect(statuses.filter((status) => status === 409)).toHaveLength(7);
      await append(api(), name, [{ value: 'works' }]);
    });

    test('a description says for each partition where it begins and ends, and who leads', async () => {
      const name = await newTopic(api(), 2);
      await append(api(), name, [{ value: 'a' }, { value: 'b' }]);
      const { partitions, topicId } = await describeTopic(api(), name);
      expect(topicId).not.toBe('');
      const empty = {
        partition: 1,
        leader: null,
        leaderEpoch: 0,
        leaseExpiresAt: null,
        logStartOffset: 0,
        highWatermark: 0,
        fencingToken: null,
      };
      expect(partitions).toEqual([{ ...empty, partition: 0, highWatermark: 2 }, empty]);
    });
  });
  describe('lists of topics', () => listCases(api));
  describe('topics that are deleted', () => deletionCases(api));
}

function listCases(api: ApiOf): void {
  test('pages of a list follow on from each other in the order of names', async () => {
    const prefix = newName();
    const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${prefix}${letter}`);
    for (const name of [...names].reverse()) {
      await answerOf(await api().fetch('/v1/topics', jsonInit({ name })), 201);
    }
    const seen: string[] = [];
    let after: string | undefined = prefix;
    while (after !== undefined && (after === prefix || after.startsWith(prefix))) {
      const path = `/v1/topics?limit=2&after=${after}`;
      const found: TopicPage = await answerOf<TopicPage>(await api().fetch(path));
      expect(found.topics.length).toBeLessThanOrEqual(2);
      seen.push(...found.topics.map(({ name }) => name));
      after = found.after;
    }
    expect(seen.filter((name) => name.startsWith(prefix))).toEqual(names);
  });

  test('a list entry is what creation answered', async () => {
    const name = newName();
    const response = await api().fetch('/v1/topics', jsonInit({ name, partitions: 2 }));
    const created = await answerOf<TopicResponse>(response, 201);
    const path = `/v1/topics?limit=1&after=${name.slice(0, -1)}`;
    expect((await answerOf<TopicPage>(await api().fetch(path))).topics).toEqual([created]);
  });
}

function deletionCases(api: ApiOf): void {
  test('a deleted topic is gone for describe, append, fetch, offsets and a second deletion', async () => {
    const name = await newTopic(api());
    await append(api(), name, [{ value: 'gone' }]);
    const deletion = await api().fetch(`/v1/topics/${name}`, { method: 'DELETE' });
    expect([deletion.status, await deletion.text()]).toEqual([204, '']);
    const tries: [path: string, init: RequestInit][] = [
      [`/v1/topics/${name}`, {}],
      [`/v1/topics/${name}`, { method: 'DELETE' }],
      [`/v1/topics/${name}/offsets`, {}],
      [`/v1/topics/${name}/records`, jsonInit({ records: [{ value: 'x' }] })],
      [recordsPath(name), jsonInit({ records: [{ value: 'x' }] })],
      [recordsPath(name), {}],
      [recordsPath(name), { headers: { accept: 'text/event-stream' } }],
    ];
    for (const [path, init] of tries) {
      const problem = await problemFrom(
        await api().fetch(path, init),
        404,
        'UNKNOWN_TOPIC_OR_PARTITION',
      );
      expect(problem.sideEffects).toBe('none');
      expect(extra(problem, 'topic')).toBe(name);
    }
  });

  // Fault 45 of docs/faults.md.
  test('a topic made again has another id and none of the old records', async () => {
    const name = await newTopic(api());
    await append(api(), name, [{ value: 'old' }]);
    const { topicId } = await describeTopic(api(), name);
    await api().fetch(`/v1/topics/${name}`, { method: 'DELETE' });
    const again = await api().fetch('/v1/topics', jsonInit({ name }));
    expect((await answerOf<TopicResponse>(again, 201)).topicId).not.toBe(topicId);
    expect(await page(api(), name)).toMatchObject({ records: [], highWatermark: 0 });
    expect(await append(api(), name, [{ value: 'new' }])).toMatchObject({ baseOffset: 0 });
  });
}
