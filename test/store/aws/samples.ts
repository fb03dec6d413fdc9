/** What the tests of the AWS adapter are fed. */

import fc from 'fast-check';
import type { CommitRequest } from '../../../lib/log/commit.js';
import { emptyHead, type PartitionHead, type TailEntry } from '../../../lib/log/partition-head.js';
import type { ProducerStamp, SequenceSpan } from '../../../lib/log/producer-state.js';

/** Fixed, so that a run of CI means the same as the one before. */
export const propertyRuns = { numRuns: 200, seed: 20_261_123 };

export const ref = { topicId: '0f8fad5b-d9cb-469f-a165-70867728950e', partition: 3 };

const sequence = fc.nat({ max: 2 ** 31 - 1 });

export const anySpan: fc.Arbitrary<SequenceSpan> = fc.record({
  epoch: fc.nat({ max: 32_767 }),
  baseSequence: sequence,
  nextSequence: sequence,
  baseOffset: fc.oneof(fc.nat({ max: 1_000 }), fc.nat({ max: 2 ** 31 - 1 })),
});

export const anySpans = fc.array(anySpan, { maxLength: 5 });

export function sampleStamp(stamp: Partial<ProducerStamp> = {}): ProducerStamp {
  return {
    producer: 'a',
    epoch: 0,
    baseSequence: 0,
    nextSequence: 5,
    recordDelta: 0,
    ...stamp,
  };
}

export function sampleEntry(stamps: readonly ProducerStamp[] = [sampleStamp()]): TailEntry {
  return {
    objectKey: 'wal/2026112307/0f8fad5b-d9cb-469f-a165-70867728950e',
    position: 4,
    sizeBytes: 300,
    recordCount: 5,
    maxTimestampMs: 1_790_000_000_000,
    splits: [],
    stamps,
  };
}

export function sampleRequest(request: Partial<CommitRequest> = {}): CommitRequest {
  return { entry: sampleEntry(), walBucket: 2_026_112_307, admissions: {}, ...request };
}

export const sampleHead: PartitionHead = {
  ...emptyHead,
  nextOffset: 105,
  tailBaseOffset: 100,
  tail: [sampleEntry()],
  rolls: 7,
  producers: { a: { epoch: 0, nextSequence: 5 } },
};
