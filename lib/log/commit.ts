/**
 * The commit: the one decision that gives records their offsets. Stores carry it out atomically;
 * `decideCommit` says exactly what they must do, and `explainRefusal` what a refusal means.
 */

import { tailEntriesMax } from './limits.js';
import {
  type PartitionHead,
  type PlacedLocation,
  placeTail,
  type TailEntry,
} from './partition-head.js';
import {
  judgeSequence,
  newestSpans,
  type ParkedProducer,
  type ProducerEntry,
  type ProducerStamp,
  type ProducerWindow,
  type SequenceSpan,
  type SequenceVerdict,
} from './producer-state.js';

/**
 * What the writer knows about a producer that may be absent from the head: `parked` was its parked
 * state (null: none) while the head's eviction counter stood at `evictions`. It holds only as long as
 * the counter stands there, which closes the race with an eviction that the writer did not see.
 */
export type Admission = { readonly evictions: number; readonly parked: ParkedProducer | null };

export type CommitRequest = {
  readonly entry: TailEntry;
  /** The WAL bucket the bytes were uploaded to. */
  readonly walBucket: number;
  readonly admissions: Readonly<Record<string, Admission>>;
  /** Commit only if the log ends here. */
  readonly expectedNextOffset?: number;
  /** Commit only if the partition's fencing token is this. */
  readonly fencingToken?: string;
};

export type CommitDecision =
  | { readonly kind: 'committed'; readonly baseOffset: number; readonly head: PartitionHead }
  | { readonly kind: 'refused' };

/** Why a head refuses a commit; `other` means that it would take it now: the writer's view was old. */
export type Refusal =
  | { readonly kind: 'tailFull' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'belowWalFloor'; readonly walFloor: number }
  | { readonly kind: 'expectedOffset'; readonly nextOffset: number }
  | { readonly kind: 'fencingToken'; readonly actual: string | null }
  | { readonly kind: 'needsAdmission'; readonly producers: readonly string[] }
  | { readonly kind: 'stamps'; readonly verdicts: readonly SequenceVerdict[] }
  | { readonly kind: 'none' };

export function decideCommit(head: PartitionHead, request: CommitRequest): CommitDecision {
  if (explainRefusal(head, request).kind !== 'none') return { kind: 'refused' };
  const { entry } = request;
  const producers: Record<string, ProducerEntry> = { ...head.producers };
  const windows: Record<string, ProducerWindow> = { ...head.windows };
  for (const stamp of entry.stamps) {
    const parked = request.admissions[stamp.producer]?.parked;
    if (head.producers[stamp.producer] === undefined && parked) {
      windows[stamp.producer] = { seenAtRoll: head.rolls, spans: parked.spans };
    }
    producers[stamp.producer] = { epoch: stamp.epoch, nextSequence: stamp.nextSequence };
  }
  return {
    kind: 'committed',
    baseOffset: head.nextOffset,
    head: {
      ...head,
      nextOffset: head.nextOffset + entry.recordCount,
      tail: [...head.tail, entry],
      producers,
      windows,
    },
  };
}

export function explainRefusal(head: PartitionHead, request: CommitRequest): Refusal {
  const { entry } = request;
  const verdicts = judgeStamps(head, request);
  // A duplicate first: a retry must be answered with its offsets whatever else has changed since.
  if (verdicts.some(({ kind }) => kind === 'duplicate')) return { kind: 'stamps', verdicts };
  // For the same reason: whether a batch is a duplicate is not known before its producer is.
  const unadmitted = [...new Set(entry.stamps.map(({ producer }) => producer))].filter(
    (producer) =>
      head.producers[producer] === undefined &&
      request.admissions[producer]?.evictions !== head.evictions,
  );
  if (unadmitted.length > 0) return { kind: 'needsAdmission', producers: unadmitted };
  // Final, so before all that another try could mend.
  if (head.closed) return { kind: 'closed' };
  if (request.walBucket < head.walFloor) {
    return { kind: 'belowWalFloor', walFloor: head.walFloor };
  }
  const { fencingToken, expectedNextOffset } = request;
  if (fencingToken !== undefined && fencingToken !== head.fencingToken) {
    return { kind: 'fencingToken', actual: head.fencingToken };
  }
  if (expectedNextOffset !== undefined && expectedNextOffset !== head.nextOffset) {
    return { kind: 'expectedOffset', nextOffset: head.nextOffset };
  }
  if (verdicts.some(({ kind }) => kind !== 'next')) return { kind: 'stamps', verdicts };
  if (head.tail.length >= tailEntriesMax) return { kind: 'tailFull' };
  return { kind: 'none' };
}

/** The very batches of `entry` at the place they have got, while the tail still tells. */
export function findCommitted(
  head: PartitionHead,
  { objectKey, position, sizeBytes }: TailEntry,
): PlacedLocation | undefined {
  return placeTail(head).find(
    (placed) =>
      placed.objectKey === objectKey &&
      placed.position === position &&
      placed.sizeBytes === sizeBytes,
  );
}

/** A stamp follows on from an earlier one of its producer only if that one is new itself. */
function judgeStamps(head: PartitionHead, request: CommitRequest): SequenceVerdict[] {
  const ahead = new Map<string, ProducerStamp>();
  return request.entry.stamps.map((stamp) => {
    const { producer } = stamp;
    const verdict = judgeStamp(head, stamp, request.admissions[producer], ahead.get(producer));
    if (verdict.kind === 'next') ahead.set(producer, stamp);
    return verdict;
  });
}

function judgeStamp(
  head: PartitionHead,
  stamp: ProducerStamp,
  admission: Admission | undefined,
  previous: ProducerStamp | undefined,
): SequenceVerdict {
  if (previous) return judgeSequence(stamp, previous, []);
  const entry = head.producers[stamp.producer];
  if (entry) return judgeSequence(stamp, entry, knownSpans(head, stamp.producer));
  const parked = admission?.evictions === head.evictions ? admission.parked : null;
  return judgeSequence(stamp, parked ?? undefined, parked?.spans ?? []);
}

/** A producer's newest spans: those the tail still tells, and before them those that rolls kept. */
export function knownSpans(head: PartitionHead, producer: string): readonly SequenceSpan[] {
  const rolled = head.windows[producer]?.spans ?? [];
  return newestSpans([...rolled, ...spansOf(head.tailBaseOffset, head.tail, producer)]);
}

/** The spans that one producer has in consecutive entries. */
export function spansOf(
  firstOffset: number,
  entries: readonly TailEntry[],
  producer: string,
): SequenceSpan[] {
  const spans: SequenceSpan[] = [];
  let baseOffset = firstOffset;
  for (const entry of entries) {
    for (const stamp of entry.stamps) {
      if (stamp.producer !== producer) continue;
      const { epoch, baseSequence, nextSequence, recordDelta } = stamp;
      spans.push({ epoch, baseSequence, nextSequence, baseOffset: baseOffset + recordDelta });
    }
    baseOffset += entry.recordCount;
  }
  return spans;
}
