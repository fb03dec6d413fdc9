/**
 * The producer state machine: what makes a retry harmless. A producer numbers its records per partition
 * (epoch, sequence); a commit is taken only if it follows on, and a batch that was taken before is
 * answered with the offsets it got then. Kafka's rules: the last five batches are recognised, a new
 * epoch starts at 0 and shuts out the older ones, sequences wrap at 2^31.
 */

import { producerBatchesRetained } from './limits.js';

/** `nextSequence` is the only sequence taken next in `epoch`. */
export type ProducerEntry = { readonly epoch: number; readonly nextSequence: number };

/** One producer's batches inside one commit: a contiguous run of its sequences. */
export type ProducerStamp = {
  readonly producer: string;
  readonly epoch: number;
  readonly baseSequence: number;
  readonly nextSequence: number;
  /** Of the run's first record, relative to the commit's first record. */
  readonly recordDelta: number;
};

/** A run of sequences that was committed, and the offset of its first record. */
export type SequenceSpan = {
  readonly epoch: number;
  readonly baseSequence: number;
  readonly nextSequence: number;
  readonly baseOffset: number;
};

/** `seenAtRoll` is the head's roll count when the producer was last seen leaving the tail. */
export type ProducerWindow = {
  readonly seenAtRoll: number;
  readonly spans: readonly SequenceSpan[];
};

/** A producer that left the head, exactly as it was. */
export type ParkedProducer = ProducerEntry & {
  readonly spans: readonly SequenceSpan[];
  /** Orders two parkings of one producer without a clock. */
  readonly lastBaseOffset: number;
};

export type SequenceVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'staleEpoch'; readonly currentEpoch: number }
  | { readonly kind: 'outsideWindow'; readonly expectedSequence: number }
  | { readonly kind: 'sequenceGap'; readonly expectedSequence: number }
  | { readonly kind: 'unknownProducer' };

const sequenceModulus = 2 ** 31;

/** Sequences wrap from 2^31 - 1 to 0, as in Kafka. */
export function advanceSequence(sequence: number, count: number): number {
  return (sequence + count) % sequenceModulus;
}

/** Steps from `from` to `to`, going up and around. */
function sequenceDistance(from: number, to: number): number {
  return (to - from + sequenceModulus) % sequenceModulus;
}

/**
 * Judges a run of sequences against what is known of its producer. `entry` is undefined for a producer
 * that never wrote to this partition: it must begin at 0, for what came before is nowhere.
 */
export function judgeSequence(
  stamp: Pick<ProducerStamp, 'epoch' | 'baseSequence' | 'nextSequence'>,
  entry: ProducerEntry | undefined,
  spans: readonly SequenceSpan[],
): SequenceVerdict {
  if (entry === undefined) {
    return stamp.baseSequence === 0 ? { kind: 'next' } : { kind: 'unknownProducer' };
  }
  if (stamp.epoch < entry.epoch) return { kind: 'staleEpoch', currentEpoch: entry.epoch };
  if (stamp.epoch > entry.epoch) {
    if (stamp.baseSequence === 0) return { kind: 'next' };
    return { kind: 'sequenceGap', expectedSequence: 0 };
  }
  const expectedSequence = entry.nextSequence;
  if (stamp.baseSequence === expectedSequence) return { kind: 'next' };
  const baseOffset = findSequences(stamp, spans);
  if (baseOffset !== undefined) return { kind: 'duplicate', baseOffset };
  const behind = sequenceDistance(stamp.baseSequence, expectedSequence);
  return behind < sequenceModulus / 2
    ? { kind: 'outsideWindow', expectedSequence }
    : { kind: 'sequenceGap', expectedSequence };
}

/** The offset that the run's first record got, if all of the run lies in one remembered span. */
function findSequences(
  stamp: Pick<ProducerStamp, 'epoch' | 'baseSequence' | 'nextSequence'>,
  spans: readonly SequenceSpan[],
): number | undefined {
  const length = sequenceDistance(stamp.baseSequence, stamp.nextSequence);
  for (const span of spans) {
    if (span.epoch !== stamp.epoch) continue;
    const start = sequenceDistance(span.baseSequence, stamp.baseSequence);
    if (start + length <= sequenceDistance(span.baseSequence, span.nextSequence)) {
      return span.baseOffset + start;
    }
  }
  return undefined;
}

/** The newest spans, as many as a retry may reach back. */
export function newestSpans(spans: readonly SequenceSpan[]): readonly SequenceSpan[] {
  return spans.slice(-producerBatchesRetained);
}
