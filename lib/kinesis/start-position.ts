/**
 * Where a reader begins: the five kinds of position as an offset, decided once, when they are asked for.
 */

import type { PartitionLineage } from '../log/lineage.js';
import type { ActionDeps } from './action.js';
import { invalidArgument } from './kinesis-error.js';
import { offsetFrom, parseSequenceNumber, type SequenceNumber, secsOf } from './sequence-number.js';
import { formatShardId } from './shard-id.js';
import type { Stream } from './stream.js';

export type Position = {
  readonly type:
    | 'AT_SEQUENCE_NUMBER'
    | 'AFTER_SEQUENCE_NUMBER'
    | 'TRIM_HORIZON'
    | 'LATEST'
    | 'AT_TIMESTAMP';
  readonly sequenceNumber: string | undefined;
  readonly timestampMs: number | undefined;
};

export async function startOffset(
  deps: ActionDeps,
  stream: Stream,
  shard: number,
  position: Position,
  action: string,
): Promise<number> {
  const { type, sequenceNumber, timestampMs } = position;
  const byNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER';
  if (
    byNumber ? sequenceNumber === undefined : needsNoNumber(type) && sequenceNumber !== undefined
  ) {
    const and = sequenceNumber === undefined ? 'and no' : 'and also a';
    throw invalidArgument(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} ${and} StartingSequenceNumber.`,
    );
  }
  const ref = { topicId: stream.topic.topicId, partition: shard };
  if (sequenceNumber !== undefined && type !== 'AT_TIMESTAMP') {
    const number = checkNumber(deps, stream, shard, sequenceNumber, action);
    const head = await deps.broker.head(ref);
    return Math.min(offsetFrom(number, type === 'AT_SEQUENCE_NUMBER'), head.nextOffset);
  }
  if (type === 'AT_TIMESTAMP') checkTimestamp(deps, timestampMs);
  const head = await deps.broker.head(ref);
  if (type === 'TRIM_HORIZON') return head.logStartOffset;
  if (type === 'LATEST') return head.nextOffset;
  const found = await deps.broker.offsetByTime(ref, head, timestampMs as number);
  return found?.offset ?? head.nextOffset;
}

function needsNoNumber(type: Position['type']): boolean {
  return type === 'TRIM_HORIZON' || type === 'LATEST';
}

function checkNumber(
  { account }: ActionDeps,
  stream: Stream,
  shard: number,
  text: string,
  action: string,
): SequenceNumber {
  const where = `StartingSequenceNumber ${text} used in ${action} on shard ${formatShardId(shard)} in stream ${stream.name} under account ${account.accountId} is invalid`;
  const number = parseSequenceNumber(text);
  if (!number) throw invalidArgument(`${where}.`);
  if (number.shard !== shard) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${formatShardId(number.shard)}, while it was used in a call to a shard with ${formatShardId(shard)}`,
    );
  }
  const { createdAtMs } = stream.lineage.partitions[shard] as PartitionLineage;
  if (number.shardCreatedSecs !== secsOf(createdAtMs)) {
    throw invalidArgument(`${where} because it did not come from this stream.`);
  }
  return number;
}

function checkTimestamp({ world }: ActionDeps, timestampMs: number | undefined): void {
  if (timestampMs === undefined) {
    throw invalidArgument(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.',
    );
  }
  const nowMs = world.clock.nowMs();
  if (timestampMs <= nowMs) return;
  throw invalidArgument(
    `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${timestampMs}, currentTimestampInMillis: ${nowMs}`,
  );
}
