/**
 * What became of each partition of a producing request, as its answer. Partitions that have taken their
 * records are told even where others failed; where all failed the answer is a problem.
 */

import type { Context } from 'hono';
import type { BatchResult } from '../broker/batch-verdicts.js';
import { type BrokerError, brokerErrorOf } from '../broker/broker-error.js';
import type { Appended } from '../contract/records.js';
import type { PendingAppend } from '../log/shared-batch.js';
import { problemOf, problemResponse } from './problem.js';

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

export function topicAnswer(c: Context, topic: string, appended: readonly Appendage[]): Response {
  const failures = appended.flatMap(({ result }) => (result.kind === 'failed' ? [result] : []));
  const first = failures[0];
  if (first && failures.length === appended.length) {
    return problemResponse(problemOf(worst(failures.map(({ error }) => error))));
  }
  const partitions = appended.map(({ batch, result }) => {
    if (result.kind === 'appended') return appendedOf(batch, result);
    const { ref, recordCount } = batch;
    return { partition: ref.partition, recordCount, error: problemOf(result.error) };
  });
  return c.json({ topic, partitions }, first ? 207 : 200);
}

/** Of several failures the one that leaves most open: `unknown` must not be hidden by a `none`. */
function worst(errors: readonly BrokerError[]): BrokerError {
  return errors.find(({ sideEffects }) => sideEffects === 'unknown') ?? brokerErrorOf(errors[0]);
}
