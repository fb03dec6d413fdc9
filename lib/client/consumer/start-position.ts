/**
 * Where a consumer begins in a partition for which nothing is committed.
 */

import type { HttpClient } from '../http-client.js';
import type { TopicPartition } from './fetcher.js';

export type StartPosition =
  | 'earliest'
  | 'latest'
  | { readonly offset: number }
  /** The first record at least as new; ms since 1970 or ISO 8601. */
  | { readonly timestamp: number | string }
  /** That many before the end. */
  | { readonly last: number };

/** The start offset of each partition that is wanted; of all of the topic's if `wanted` is undefined. */
export async function startOffsets(
  client: HttpClient,
  topic: string,
  wanted: readonly number[] | undefined,
  start: StartPosition,
  signal?: AbortSignal,
): Promise<readonly (TopicPartition & { readonly offset: number })[]> {
  const timestamp = typeof start === 'object' && 'timestamp' in start ? start.timestamp : undefined;
  const { partitions } = await client.listOffsets(topic, timestamp, { signal });
  return partitions
    .filter(({ partition }) => wanted?.includes(partition) ?? true)
    .map((ends) => ({ topic, partition: ends.partition, offset: offsetIn(start, ends) }));
}

type Ends = {
  readonly earliest: number;
  readonly latest: number;
  readonly offset?: number | undefined;
};

function offsetIn(start: StartPosition, { earliest, latest, offset }: Ends): number {
  if (start === 'earliest') return earliest;
  if (start === 'latest') return latest;
  if ('offset' in start) return start.offset;
  if ('last' in start) return Math.max(earliest, latest - start.last);
  return offset ?? latest;
}
