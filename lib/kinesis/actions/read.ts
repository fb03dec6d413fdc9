/**
 * GetShardIterator and GetRecords: a place in a shard, and what follows it. Every answer has another
 * iterator; at the end of a closed shard there is none, and its children are named instead.
 */

import { BrokerError } from '../../broker/broker-error.js';
import { isOpen, type PartitionLineage } from '../../log/lineage.js';
import type { PlacedRecord } from '../../log/record.js';
import { decodeRecords } from '../../log/record-batch.js';
import type { ActionDeps, Call } from '../action.js';
import { dryRunPassed, notFound } from '../kinesis-error.js';
import { kinesisRecord } from '../record-mapping.js';
import { recordNumbers } from '../sequence-number.js';
import { formatShardId, parseShardId } from '../shard-id.js';
import { openIterator, type ShardPlace, sealIterator } from '../shard-iterator.js';
import { type Position, startOffset } from '../start-position.js';
import { childShards, type Stream, streamOf } from '../stream.js';
import { type NamedStream, streamNameOf } from '../stream-name.js';
import type { Wire } from '../wire.js';

const MiB = 1024 * 1024;
const answerBytesMax = 10 * MiB;
const recordsMax = 10_000;
/** What is fetched for each record that may be taken: fewer of them come if they are larger. */
const bytesPerRecord = 16 * 1024;

type GetShardIteratorInput = NamedStream & {
  readonly ShardId: string;
  readonly ShardIteratorType: Position['type'];
  readonly StartingSequenceNumber?: string;
  readonly Timestamp?: number;
  readonly DryRun?: boolean;
};

export async function getShardIterator({ input, deps }: Call<GetShardIteratorInput>) {
  const { ShardId, ShardIteratorType: type, StartingSequenceNumber, Timestamp } = input;
  const streamName = streamNameOf(input);
  const shard = parseShardId(ShardId);
  if (shard === undefined) {
    throw notFound(
      `Could not find shard ${ShardId} in stream ${streamName} under account ${deps.account.accountId}.`,
    );
  }
  const stream = await streamWithShard(deps, streamName, shard);
  const position = { type, sequenceNumber: StartingSequenceNumber, timestampMs: Timestamp };
  const offset = await startOffset(deps, stream, shard, position, 'GetShardIterator');
  if (input.DryRun) throw dryRunPassed();
  const place = { streamName, topicId: stream.topic.topicId, shard, offset };
  return { ShardIterator: sealIterator(await deps.tokenKey(), deps.world.clock.nowMs(), place) };
}

type GetRecordsInput = NamedStream & {
  readonly ShardIterator: string;
  readonly Limit?: number;
  readonly DryRun?: boolean;
};

export async function getRecords({ input, wire, deps }: Call<GetRecordsInput>) {
  const key = await deps.tokenKey();
  const place = openIterator(key, deps.world.clock.nowMs(), input.ShardIterator);
  if (input.StreamARN !== undefined) {
    streamNameOf({ StreamName: place.streamName, StreamARN: input.StreamARN });
  }
  const stream = await streamWithShard(deps, place.streamName, place.shard);
  if (stream.topic.topicId !== place.topicId) throw shardMissing(deps, place);
  if (input.DryRun) throw dryRunPassed();
  const read = await readShard(deps, stream, place.shard, place.offset, {
    recordsMax: input.Limit ?? recordsMax,
    waitMs: 0,
    wire,
  });
  const nowMs = deps.world.clock.nowMs();
  return {
    Records: read.records,
    ...(read.childShards
      ? { ChildShards: read.childShards }
      : { NextShardIterator: sealIterator(key, nowMs, { ...place, offset: read.nextOffset }) }),
    MillisBehindLatest: read.millisBehind,
  };
}

/** A memory of the stream may be older than the shard. */
export async function streamWithShard(
  deps: ActionDeps,
  streamName: string,
  shard: number,
): Promise<Stream> {
  const { topics } = deps.broker;
  try {
    let topic = await topics.find(streamName);
    if (shard >= topic.partitionCount) topic = await topics.findAnew(streamName);
    if (shard < topic.partitionCount) return streamOf(deps, topic);
  } catch (error) {
    const missing = error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    if (!missing) throw error;
  }
  throw shardMissing(deps, { streamName, shard });
}

function shardMissing(
  { account }: ActionDeps,
  { streamName, shard }: Pick<ShardPlace, 'streamName' | 'shard'>,
) {
  return notFound(
    `Shard ${formatShardId(shard)} in stream ${streamName} under account ${account.accountId} does not exist`,
  );
}

export type ShardRead = {
  readonly records: readonly unknown[];
  readonly nextOffset: number;
  readonly millisBehind: number;
  /** The end of a closed shard. */
  readonly childShards: readonly unknown[] | undefined;
};

export type ReadOptions = {
  readonly recordsMax: number;
  readonly waitMs: number;
  readonly wire: Wire;
  readonly signal?: AbortSignal;
};

export async function readShard(
  deps: ActionDeps,
  stream: Stream,
  shard: number,
  from: number,
  options: ReadOptions,
): Promise<ShardRead> {
  const { lineage, topic, state } = stream;
  const lineageOfShard = lineage.partitions[shard] as PartitionLineage;
  const ref = { topicId: topic.topicId, partition: shard };
  // Where no more records can come there is nothing to wait for.
  const waitMs = isOpen(lineageOfShard) ? options.waitMs : 0;
  const fetched = await fetchFrom(deps, ref, from, { ...options, waitMs });
  const { offset, result } = fetched;
  const taken = take(result.batches, offset, options.recordsMax, deps);
  const last = taken.records.at(-1);
  const nextOffset = taken.complete ? result.nextOffset : last ? last.offset + 1 : offset;
  const atTip = nextOffset >= result.highWatermark;
  const numberOf = recordNumbers({ shard, createdAtMs: lineageOfShard.createdAtMs });
  const encrypted = state.encryptionKeyId !== undefined;
  const records = taken.records.map((record) => {
    const number = numberOf(record.offset, record.timestampMs);
    return kinesisRecord(record, number, encrypted, options.wire);
  });
  const nowMs = deps.world.clock.nowMs();
  const millisBehind = atTip || !last ? 0 : Math.max(0, nowMs - last.timestampMs);
  // The lineage was read before the records: what is closed there gets no more of them.
  const ended = atTip && !isOpen(lineageOfShard);
  return {
    records,
    nextOffset,
    millisBehind,
    childShards: ended ? childShards(lineage, shard) : undefined,
  };
}

/** What was deleted since is passed over, as AWS does. */
async function fetchFrom(
  { broker }: ActionDeps,
  ref: { topicId: string; partition: number },
  offset: number,
  { recordsMax: limit, waitMs, signal }: ReadOptions,
) {
  const bytesMax = Math.min(answerBytesMax, limit * bytesPerRecord);
  const request = { bytesMax, waitMs, ...(signal && { signal }) };
  try {
    return { offset, result: await broker.fetch(ref, { ...request, offset }) };
  } catch (error) {
    const earliest = error instanceof BrokerError ? error.details.earliest : undefined;
    if (typeof earliest !== 'number' || offset >= earliest) throw error;
    return { offset: earliest, result: await broker.fetch(ref, { ...request, offset: earliest }) };
  }
}

function take(
  batches: readonly Uint8Array[],
  from: number,
  countMax: number,
  { codecs }: ActionDeps,
): { records: PlacedRecord[]; complete: boolean } {
  const records: PlacedRecord[] = [];
  let bytes = 0;
  for (const batch of batches) {
    for (const record of decodeRecords(batch, codecs)) {
      if (record.offset < from) continue;
      bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
      const full = records.length >= countMax || (records.length > 0 && bytes > answerBytesMax);
      if (full) return { records, complete: false };
      records.push(record);
    }
  }
  return { records, complete: true };
}
