/**
 * What became of each partition of a producing request, as its answer. Partitions that have taken their
 * records are told even where others failed; where all failed the answer is a problem.
 */

import type { BatchResult } from '../broker/batch-verdicts.js';
import { type BrokerError, brokerErrorOf } from '../broker/broker-error.js';
import type { Problem } from '../contract/errors.js';
import type { Appended, AppendResponse } from '../contract/records.js';
import type { PendingAppend } from '../log/shared-batch.js';
import { problemOf } from './problem.js';

export type Appendage = { readonly batch: PendingAppend; readonly result: BatchResult };

export function appendedOf(
  batch: PendingAppend,
  result: BatchResult & { readonly kind: 'appended' },
): Appended {
  const { baseOffset, duplicate, highWatermark } = result;
  const { recordCount, ref } = batch;
  const nextOffset = baseOffset + recordCount;
  return {
    partition: ref.partition,
    baseOffset,
    nextOffset,
    recordCount,
    duplicate,
    highWatermark,
  };
}

export type TopicAnswer =
  | { readonly kind: 'told'; readonly status: 200 | 207; readonly body: AppendResponse }
  | { readonly kind: 'failed'; readonly problem: Problem };

export function topicAnswer(topic: string, appended: readonly Appendage[]): TopicAnswer {
  const failures = appended.flatMap(({ result }) => (result.kind === 'failed' ? [result] : []));
  if (failures.length > 0 && failures.length === appended.length) {
    return { kind: 'failed', problem: problemOf(worst(failures.map(({ error }) => error))) };
  }
  const partitions = appended.map(({ batch, result }) => {
    if (result.kind === 'appended') return appendedOf(batch, result);
    const { ref, recordCount } = batch;
    return { partition: ref.partition, recordCount, error: problemOf(result.error) };
  });
  return { kind: 'told', status: failures.length > 0 ? 207 : 200, body: { topic, partitions } };
}

/** Of several failures the one that leaves most open: `unknown` must not be hidden by a `none`. */
function worst(errors: readonly BrokerError[]): BrokerError {
  return errors.find(({ sideEffects }) => sideEffects === 'unknown') ?? brokerErrorOf(errors[0]);
}
