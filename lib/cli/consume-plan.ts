/**
 * Which partitions are consumed, where each begins, and where it ends if it does.
 */

import type { HttpClient } from '../client/http-client.js';
import { refused } from '../client/logbrook-error.js';
import { type OffsetSpec, type PartitionEnds, startOffset } from './offset-spec.js';
import { isOutOfRange, startOffsetsWithin } from './start-offsets.js';

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
  note: (text: string) => void,
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
  const chosen = partitions.filter(({ partition }) => wanted?.includes(partition) ?? true);
  if (wanted && chosen.length === 1) assertInRange(spec, chosen[0] as PartitionEnds);
  return startOffsetsWithin(spec, chosen, note).map(({ partition, offset }) => {
    return { partition, from: offset, end: exit ? partitions[partition]?.latest : undefined };
  });
}

/** Who names one partition and an offset means that record, and no other. */
function assertInRange(spec: OffsetSpec, ends: PartitionEnds): void {
  const { partition, earliest, latest } = ends;
  const offset = startOffset(spec, ends);
  if (!isOutOfRange(offset, ends)) return;
  throw refused(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${offset} is out of range: partition ${partition} starts at ${earliest} and ends at ${latest}.`,
    { partition, earliest, latest },
  );
}
