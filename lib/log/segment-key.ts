/**
 * Keys of segments: `segments/<topicId>/<partition>/<base offset, 16 digits>-<leader epoch>-<uuid>`.
 * They list in offset order. The epoch is that of the leader who wrote it: only under that epoch can an
 * index page come to point to it, so what an older epoch left behind without one is garbage for ever.
 */

import type { PartitionRef } from './partition-head.js';

export type SegmentKey = {
  readonly ref: PartitionRef;
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly uuid: string;
};

const digits = 16;
const root = 'segments/';

export function isSegmentKey(key: string): boolean {
  return key.startsWith(root);
}

/** What the keys of all segments of a topic begin with. */
export function segmentsOfTopic(topicId: string): string {
  return `${root}${topicId}/`;
}

export function segmentsOfPartition({ topicId, partition }: PartitionRef): string {
  return `${segmentsOfTopic(topicId)}${partition}/`;
}

export function formatSegmentKey({ ref, baseOffset, leaderEpoch, uuid }: SegmentKey): string {
  const offset = String(baseOffset).padStart(digits, '0');
  return `${segmentsOfPartition(ref)}${offset}-${leaderEpoch}-${uuid}`;
}

const shape = /^segments\/([0-9a-f-]{36})\/(\d{1,9})\/(\d{16})-(\d{1,15})-([0-9a-f-]{36})$/;

/** Undefined for a key of another kind of object. */
export function parseSegmentKey(key: string): SegmentKey | undefined {
  const match = shape.exec(key);
  if (!match) return undefined;
  const [, topicId, partition, baseOffset, leaderEpoch, uuid] = match as unknown as string[];
  return {
    ref: { topicId: topicId as string, partition: Number(partition) },
    baseOffset: Number(baseOffset),
    leaderEpoch: Number(leaderEpoch),
    uuid: uuid as string,
  };
}
