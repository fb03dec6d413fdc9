/**
 * After a head refused a commit because of its producers' sequences: what each batch is to be told, and
 * which of them can be tried again.
 */

import type { LaidOutBatch, NumberedBatch } from '../log/append-plan.js';
import { type Admission, knownSpans } from '../log/commit.js';
import type { PartitionHead } from '../log/partition-head.js';
import { judgeSequence, type ProducerEntry, type SequenceVerdict } from '../log/producer-state.js';
import {
  BrokerError,
  type ErrorCode,
  type ErrorDetails,
  type SideEffects,
} from './broker-error.js';

export type BatchResult =
  | {
      readonly kind: 'appended';
      readonly baseOffset: number;
      /** The batch was committed before: these are its offsets from then. */
      readonly duplicate: boolean;
      readonly highWatermark: number;
    }
  | { readonly kind: 'failed'; readonly error: BrokerError };

type Settleable = NumberedBatch & { settle(result: BatchResult): void };

/**
 * Settles the batches that are decided. `rest` follows on, or needs its producer to be admitted first.
 * `ownLost`: the instance's own row of sequences does not fit the head, which only a bug explains.
 * `effectOf` says of a batch that is refused whether an earlier attempt may have had an effect.
 */
export function judgeBatches<B extends Settleable>(
  head: PartitionHead,
  admissions: Readonly<Record<string, Admission>>,
  run: readonly LaidOutBatch<B>[],
  ownProducer: string,
  effectOf: (batch: B) => SideEffects = () => 'none',
): { readonly rest: LaidOutBatch<B>[]; readonly ownLost: boolean } {
  const ahead = new Map<string, ProducerEntry>();
  const rest: LaidOutBatch<B>[] = [];
  let ownLost = false;
  for (const laidOut of run) {
    const { batch } = laidOut;
    const { producer } = batch.producer;
    const known = ahead.get(producer) ?? head.producers[producer];
    const admission = admissions[producer];
    if (!known && admission?.evictions !== head.evictions) {
      rest.push(laidOut);
      continue;
    }
    const parked = known ? undefined : admission?.parked;
    const spans = parked ? parked.spans : knownSpans(head, producer);
    const verdict = judgeSequence(batch.producer, known ?? parked ?? undefined, spans);
    const isOwn = producer === ownProducer;
    if (verdict.kind === 'next') {
      ahead.set(producer, batch.producer);
      rest.push(laidOut);
    } else if (isOwn && verdict.kind !== 'duplicate') {
      ownLost = true;
      batch.settle({ kind: 'failed', error: lostOwnRow() });
    } else {
      batch.settle(resultOf(verdict, head, isOwn, effectOf(batch)));
    }
  }
  return { rest, ownLost };
}

function lostOwnRow(): BrokerError {
  const message = 'The outcome of an earlier attempt could not be found out.';
  return new BrokerError('UNKNOWN_SERVER_ERROR', message, { sideEffects: 'unknown' });
}

function resultOf(
  verdict: Exclude<SequenceVerdict, { kind: 'next' }>,
  head: PartitionHead,
  isOwn: boolean,
  sideEffects: SideEffects,
): BatchResult {
  const failed = (code: ErrorCode, message: string, details: ErrorDetails): BatchResult => ({
    kind: 'failed',
    error: new BrokerError(code, message, { details, sideEffects }),
  });
  switch (verdict.kind) {
    case 'duplicate': {
      // Of our own it is no duplicate, but the commit whose reply was lost.
      const { baseOffset } = verdict;
      const highWatermark = head.nextOffset;
      return { kind: 'appended', baseOffset, duplicate: !isOwn, highWatermark };
    }
    case 'staleEpoch':
      return failed('INVALID_PRODUCER_EPOCH', 'A newer epoch of this producer has written.', {
        currentEpoch: verdict.currentEpoch,
      });
    case 'outsideWindow':
      return failed(
        'DUPLICATE_SEQUENCE_NUMBER',
        'The batch lies behind the last five of its producer: it was written before, its offsets are not known any more.',
        { expectedSequence: verdict.expectedSequence },
      );
    case 'sequenceGap':
      return failed(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        'Earlier batches of this producer are missing.',
        {
          expectedSequence: verdict.expectedSequence,
        },
      );
    case 'unknownProducer':
      return failed(
        'UNKNOWN_PRODUCER_ID',
        'This producer has not written to the partition: its first sequence must be 0.',
        { expectedSequence: 0 },
      );
  }
}
