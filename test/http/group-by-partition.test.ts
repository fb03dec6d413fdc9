/** lib/http/group-by-partition.js: which partition each record of a request goes to. */

import { expect, test } from 'vitest';
import { groupByPartition } from '../../lib/http/group-by-partition.js';
import { lineageOf } from '../../lib/log/lineage.js';
import { partitionForKey } from '../../lib/log/partitioner.js';
import { afterReshaping, planSplit } from '../../lib/log/reshaping-plan.js';
import type { Topic } from '../../lib/store/topic-store.js';

const topic = { topicId: 't', name: 'n', partitionCount: 4, createdAtMs: 1 } as Topic;
const bytes = (text: string | null) => (text === null ? null : new TextEncoder().encode(text));
const received = (value: string, key: string | null = null, partition?: number) => ({
  record: { key: bytes(key), value: bytes(value), headers: [], timestampMs: 1 },
  partition,
});

test('a partition that is asked for comes before the key, and the key before chance', () => {
  const byKey = partitionForKey(bytes('k') as Uint8Array, 4);
  const sticky = (byKey + 1) % 4;
  const asked = (byKey + 2) % 4;
  const all = [received('a'), received('b', 'k'), received('c', 'k', asked), received('d')];
  const groups = groupByPartition(all, topic, (sticky + 0.5) / 4);
  const [a, b, c, d] = all.map(({ record }) => record);
  expect(groups).toEqual(
    new Map([
      [sticky, [a, d]],
      [byKey, [b]],
      [asked, [c]],
    ]),
  );
});

test('chance meets no partition that is closed', () => {
  const even = lineageOf({ partitionCount: 1, createdAtMs: 1 });
  const plan = planSplit(even, 0, `8${'0'.repeat(31)}`);
  const lineage = afterReshaping({ ...even, reshaping: { ...plan, startedAtMs: 2 } }, 2);
  const split = { ...topic, partitionCount: 3, lineage };
  const chosen = [0, 0.49, 0.5, 0.99].flatMap((random) => [
    ...groupByPartition([received('a')], split, random).keys(),
  ]);
  expect(chosen).toEqual([1, 1, 2, 2]);
});

test('a partition that there is not is named with its record', () => {
  const all = [received('a'), received('b', null, 4)];
  expect(() => groupByPartition(all, topic, 0)).toThrow('Record 1 asks for partition 4');
  expect(() => groupByPartition([], topic, 0)).toThrow('There are no records.');
});
