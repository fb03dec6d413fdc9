/**
 * SubscribeToShard: the records of one shard as events, as they come, for five minutes or to the end of
 * a closed shard. A consumer has one subscription per shard: a later one takes over.
 */

import type { PartitionLineage } from '../../log/lineage.js';
import type { ActionDeps, Call, EventStream, EventToSend } from '../action.js';
import { dryRunPassed, inUse } from '../kinesis-error.js';
import { formatSequenceNumber, secsOf } from '../sequence-number.js';
import { formatShardId } from '../shard-id.js';
import { type Position, startOffset } from '../start-position.js';
import { findStream, type Stream, shardOf } from '../stream.js';
import type { Wire } from '../wire.js';
import { consumerIn, consumerStream } from './consumers.js';
import { readShard, streamWithShard } from './read.js';

/** Of one event: about 2 MiB at most of what a fetch may bring, so that none waits for long. */
const recordsPerEvent = 500;
/** A subscription this young is not taken over: two workers would take it from each other for ever. */
const takeOverAfterMs = 5_000;

type SubscribeInput = {
  readonly ConsumerARN: string;
  readonly ShardId: string;
  readonly StartingPosition: {
    readonly Type: Position['type'];
    readonly SequenceNumber?: string;
    readonly Timestamp?: number;
  };
  readonly DryRun?: boolean;
};

type Subscription = { readonly sinceMs: number; readonly ended: AbortController };

/** Those of this process: another instance does not know of them. */
const subscriptions = new WeakMap<ActionDeps, Map<string, Subscription>>();

export async function subscribeToShard({
  input,
  wire,
  deps,
}: Call<SubscribeInput>): Promise<EventStream> {
  const { ConsumerARN, ShardId, StartingPosition } = input;
  const stream = await findStream(deps, { StreamName: consumerStream({ ConsumerARN }) });
  const consumer = consumerIn(deps, stream, { ConsumerARN });
  const shard = shardOf(deps, stream, ShardId);
  const { Type: type, SequenceNumber: sequenceNumber, Timestamp: timestampMs } = StartingPosition;
  const position = { type, sequenceNumber, timestampMs };
  const offset = await startOffset(deps, stream, shard, position, 'SubscribeToShard');
  if (input.DryRun) throw dryRunPassed();
  const name = `${stream.topic.topicId}/${shard}/${consumer.name}:${consumer.createdAtMs}`;
  const subscription = takeOver(deps, name, `${ConsumerARN} and shard ${formatShardId(shard)}`);
  return { kind: 'events', events: follow(deps, stream, shard, offset, wire, name, subscription) };
}

function takeOver(deps: ActionDeps, name: string, shown: string): Subscription {
  const known = subscriptions.get(deps) ?? new Map<string, Subscription>();
  subscriptions.set(deps, known);
  const nowMs = deps.world.clock.nowMs();
  const before = known.get(name);
  if (before && nowMs - before.sinceMs < takeOverAfterMs) {
    throw inUse(`Another active subscription exists for this consumer: ${shown}.`);
  }
  before?.ended.abort();
  const subscription = { sinceMs: nowMs, ended: new AbortController() };
  known.set(name, subscription);
  return subscription;
}

async function* follow(
  deps: ActionDeps,
  stream: Stream,
  shard: number,
  from: number,
  wire: Wire,
  name: string,
  subscription: Subscription,
): AsyncGenerator<EventToSend> {
  const { world, settings, stopping } = deps;
  const endMs = world.clock.nowMs() + settings.subscriptionMs;
  const { signal } = subscription.ended;
  const stop = () => subscription.ended.abort();
  stopping?.addEventListener('abort', stop, { once: true });
  if (stopping?.aborted) stop();
  let offset = from;
  try {
    while (!signal.aborted && world.clock.nowMs() < endMs) {
      // Looked at anew each time: the shard may be closed by now, and have children.
      const now = await streamWithShard(deps, stream.name, shard);
      const waitMs = Math.min(settings.heartbeatMs, endMs - world.clock.nowMs());
      const options = { recordsMax: recordsPerEvent, waitMs, wire, signal };
      const read = await readShard(deps, now, shard, offset, options);
      if (signal.aborted) return;
      offset = read.nextOffset;
      yield {
        type: 'SubscribeToShardEvent',
        payload: {
          Records: read.records,
          ...(!read.childShards && {
            ContinuationSequenceNumber: continuation(now, shard, offset),
          }),
          MillisBehindLatest: read.millisBehind,
          ...(read.childShards && { ChildShards: read.childShards }),
        },
      };
      if (read.childShards) return;
    }
  } finally {
    stopping?.removeEventListener('abort', stop);
    const known = subscriptions.get(deps);
    if (known?.get(name) === subscription) known.delete(name);
  }
}

/** A number to go on after. It need not be that of a record: only its place counts. */
function continuation({ lineage }: Stream, shard: number, nextOffset: number): string {
  const { createdAtMs } = lineage.partitions[shard] as PartitionLineage;
  const shardCreatedSecs = secsOf(createdAtMs);
  const index = BigInt(nextOffset);
  return formatSequenceNumber({ shard, shardCreatedSecs, index, recordSecs: shardCreatedSecs });
}
