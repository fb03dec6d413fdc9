/**
 * Which partitions are consumed, where each begins, and where it ends if it does.
 */

import type { HttpClient } from '../client/http-client.js';
import { refused } from '../client/logbrook-error.js';
import { type OffsetSpec, startOffset } from './offset-spec.js';

export type PartitionPlan = {
  readonly partition: number;
  readonly from: number;
  /** The end that the log had when consuming began; undefined: it is followed. */
  readonly end: number | undefined;
};

export async function planConsume(
  client: HttpClient,
  topic: string,
  spec: OffsetSpec,
  wanted: readonly number[] | undefined,
  exit: boolean,
): Promise<readonly PartitionPlan[]> {
  const timestampMs = spec.kind === 'time' ? spec.timestampMs : undefined;
  const { partitions } = await client.listOffsets(topic, timestampMs);
  const missing = wanted?.find((partition) => partition >= partitions.length);
  if (missing !== undefined) {
    throw refused(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Topic "${topic}" has partitions 0 to ${partitions.length - 1}, not ${missing}.`,
      { topic, partition: missing },
    );
  }
  return partitions
    .filter(({ partition }) => wanted?.includes(partition) ?? true)
    .map((ends) => {
      const { partition, earliest, latest } = ends;
      const from = startOffset(spec, ends);
      if (from < earliest || from > latest) {
        throw refused(
          'OFFSET_OUT_OF_RANGE',
          `Offset ${from} is out of range: partition ${partition} starts at ${earliest} and ends at ${latest}.`,
          { partition, earliest, latest },
        );
      }
      return { partition, from, end: exit ? latest : undefined };
    });
}
