/** Short ways to say heads, entries and commits in the tests of the log's decisions. */

import type { CommitRequest } from '../../lib/log/commit.js';
import { emptyHead, type PartitionHead, type TailEntry } from '../../lib/log/partition-head.js';
import type { ProducerStamp } from '../../lib/log/producer-state.js';

export function stamp(
  producer: string,
  epoch: number,
  baseSequence: number,
  count: number,
  recordDelta = 0,
): ProducerStamp {
  const nextSequence = (baseSequence + count) % 2 ** 31;
  return { producer, epoch, baseSequence, nextSequence, recordDelta };
}

/** Each entry in an object of its own, `recordCount` bytes long. */
export function entryOf(
  recordCount: number,
  stamps: readonly ProducerStamp[] = [],
  facts: Partial<TailEntry> = {},
): TailEntry {
  const place = { objectKey: 'o', position: 4, sizeBytes: recordCount, maxTimestampMs: 0 };
  return { ...place, recordCount, splits: [], stamps, ...facts };
}

export function requestOf(entry: TailEntry, facts: Partial<CommitRequest> = {}): CommitRequest {
  return { entry, walBucket: 1, admissions: {}, ...facts };
}

/** A head whose tail holds these entries. */
export function headOf(
  tail: readonly TailEntry[],
  facts: Partial<PartitionHead> = {},
): PartitionHead {
  const tailBaseOffset = facts.tailBaseOffset ?? 0;
  const nextOffset = tail.reduce((sum, { recordCount }) => sum + recordCount, tailBaseOffset);
  return { ...emptyHead, tailBaseOffset, nextOffset, tail, ...facts };
}
