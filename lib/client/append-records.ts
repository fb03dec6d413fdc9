/**
 * Appending records as JSON, which the server partitions: one batch per partition. What failed on some of
 * them only is told as a failure that must not be repeated.
 */

import type { RecordFormat } from '../contract/fields.js';
import { ndjsonContentType } from '../contract/media-types.js';
import type { Appended, RecordInput } from '../contract/records.js';
import { type Call, type CallOptions, jsonBody } from './call.js';
import { LogbrookError } from './logbrook-error.js';
import { topicPath } from './topic-calls.js';

/** Longer than the server takes to give up, so that its answer is what we report. */
export const appendTimeoutMs = 45_000;

export type AppendOptions = CallOptions & {
  readonly format?: RecordFormat;
  /** NDJSON costs the server less memory for many records. Default: json. */
  readonly body?: 'json' | 'ndjson';
};

export async function appendRecords(
  call: Call,
  topic: string,
  records: readonly RecordInput[],
  options: AppendOptions,
): Promise<readonly Appended[]> {
  const { format, body = 'json' } = options;
  const content = body === 'json' ? jsonBody({ records }) : ndjson(records);
  const path = `${topicPath(topic)}/records`;
  const { partitions } = await call<{ partitions: readonly PartitionResult[] }>(
    'noEffect',
    { method: 'POST', path, query: { format }, ...content, timeoutMs: appendTimeoutMs },
    options,
  );
  return partitions.map((partition) => {
    if ('error' in partition) throw partialFailure(partitions);
    return partition;
  });
}

function ndjson(records: readonly RecordInput[]) {
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return { headers: { 'content-type': ndjsonContentType }, body };
}

type PartitionResult =
  | Appended
  | {
      readonly partition: number;
      readonly error: { readonly code: string; readonly sideEffects: 'none' | 'unknown' };
    };

/** Some partitions have taken their records, so repeating all of it would write those twice. */
function partialFailure(partitions: readonly PartitionResult[]): LogbrookError {
  const failed = partitions.flatMap((one) => ('error' in one ? [one] : []));
  const which = failed.map(({ partition, error }) => `${partition} (${error.code})`).join(', ');
  return new LogbrookError(`The append failed on partition ${which}, and succeeded on others.`, {
    code: failed[0]?.error.code ?? 'UNKNOWN_SERVER_ERROR',
    status: 207,
    retriable: false,
    sideEffects: 'unknown',
    details: { partitions },
  });
}
