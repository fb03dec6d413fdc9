/** The partition of a record that names none, before and after partitions were split. */

import { expect, test } from 'vitest';
import { choosePartition, kafkaPartitioner } from '../../../lib/client/producer/partitioning.js';
import { partitionerOf } from '../../../lib/log/open-descendant.js';
import { partitionForKey } from '../../../lib/log/partitioner.js';

const topic = 'orders';
const keys = Array.from({ length: 50 }, (_, i) => new TextEncoder().encode(`key ${i}`));
const open = { parents: [], closed: false };

test('keyed records go by their key, others where those of the open batch go', () => {
  const known = { kin: [open, open, open], roots: 3, sticky: 2 };
  const choose = (key: Uint8Array | null) => choosePartition(kafkaPartitioner, topic, key, known);
  expect(choose(null)).toBe(2);
  expect(keys.map(choose)).toEqual(keys.map((key) => partitionForKey(key, 3)));
});

test('a closed partition is followed to its children, as the server does it', () => {
  const kin = [
    { parents: [], closed: true },
    open,
    { parents: [0], closed: false },
    { parents: [0], closed: false },
  ];
  const known = { kin, roots: 2, sticky: 3 };
  const choose = (key: Uint8Array | null) => choosePartition(kafkaPartitioner, topic, key, known);
  const range = { start: '', end: '', createdAtMs: 0 };
  const partitions = kin.map(({ parents, closed }) => ({
    ...range,
    parents,
    ...(closed && { closedAtMs: 1 }),
  }));
  const onServer = { partitionCount: 4, createdAtMs: 0, lineage: { partitions } };
  expect(keys.map(choose)).toEqual(keys.map((key) => partitionerOf(onServer)(key)));
  expect(new Set(keys.map(choose))).toEqual(new Set([1, 2, 3]));
  // 3 is none of the two that a partitioner knows: it stands for 1.
  expect(choose(null)).toBe(1);
});

test('a partitioner is asked about the partitions that came from no other', () => {
  const known = { kin: [open, open, { parents: [0], closed: false }], roots: 2, sticky: 5 };
  const asked: unknown[] = [];
  choosePartition((choice) => asked.push(choice) - 1, topic, null, known);
  expect(asked).toEqual([{ topic, key: null, partitionCount: 2, sticky: 1 }]);
});
