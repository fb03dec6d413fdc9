/**
 * Shards: listed as of some moment, split, merged, made even. While a change is under way the stream is
 * UPDATING and puts still go to the parents.
 */

import { lineagePartitionsMax } from '../../log/limits.js';
import {
  areNeighbours,
  hashNumber,
  hashText,
  isOpen,
  type Lineage,
  type PartitionLineage,
} from '../../log/lineage.js';
import { planEven, planMerge, planSplit } from '../../log/reshaping-plan.js';
import type { Topic } from '../../store/topic-store.js';
import type { ActionDeps, Call } from '../action.js';
import { invalidArgument, KinesisError, validation } from '../kinesis-error.js';
import { openListToken, sealListToken } from '../list-token.js';
import { formatShardId, parseShardId } from '../shard-id.js';
import {
  asStream,
  checkActive,
  describeShard,
  findStream,
  openShardCount,
  retentionHoursOf,
  type Stream,
  shardOf,
  streamOf,
} from '../stream.js';
import type { NamedStream } from '../stream-name.js';

type ShardFilter = {
  readonly Type:
    | 'AFTER_SHARD_ID'
    | 'AT_TRIM_HORIZON'
    | 'FROM_TRIM_HORIZON'
    | 'AT_LATEST'
    | 'AT_TIMESTAMP'
    | 'FROM_TIMESTAMP';
  readonly ShardId?: string;
  readonly Timestamp?: number;
};

type ListShardsInput = NamedStream & {
  readonly NextToken?: string;
  readonly ExclusiveStartShardId?: string;
  readonly MaxResults?: number;
  readonly StreamCreationTimestamp?: number;
  readonly ShardFilter?: ShardFilter;
};

/** All that the next page needs: the filter as of the first page, so that pages fit together. */
type ListPlace = {
  readonly name: string;
  readonly after: number;
  readonly filter?: ShardFilter;
  readonly atMs: number;
};

const hourMs = 3_600_000;
const pageDefault = 1_000;

export async function listShards({ input, deps }: Call<ListShardsInput>) {
  const key = await deps.tokenKey();
  const nowMs = deps.world.clock.nowMs();
  const place = firstPlace(input, key, nowMs);
  const stream = await findStream(deps, { StreamName: place.name });
  const wanted = shardsWanted(stream, place.filter, place.atMs).filter(
    (shard) => shard > place.after,
  );
  const page = wanted.slice(0, input.MaxResults ?? pageDefault);
  const more = wanted.length > page.length;
  const next: ListPlace = { ...place, after: page.at(-1) ?? place.after };
  return {
    Shards: page.map((shard) => describeShard(stream.lineage, shard)),
    ...(more && { NextToken: sealListToken(key, nowMs, 'shards', next) }),
  };
}

function firstPlace(input: ListShardsInput, key: Uint8Array, nowMs: number): ListPlace {
  const { StreamName, StreamARN, NextToken, ExclusiveStartShardId, ShardFilter } = input;
  const named = StreamName !== undefined || StreamARN !== undefined;
  if (NextToken === undefined && !named) {
    throw invalidArgument('Either NextToken or StreamName should be provided.');
  }
  if (NextToken !== undefined) {
    if (named) throw invalidArgument('NextToken and StreamName cannot be provided together.');
    return openListToken<ListPlace>(key, nowMs, 'shards', NextToken);
  }
  const after =
    ExclusiveStartShardId === undefined ? -1 : (parseShardId(ExclusiveStartShardId) ?? -1);
  const name = StreamName ?? (StreamARN as string).split(':stream/')[1] ?? '';
  return { name, after, ...(ShardFilter && { filter: ShardFilter }), atMs: nowMs };
}

/** Which shards were there at a moment, or from it on. */
function shardsWanted(stream: Stream, filter: ShardFilter | undefined, nowMs: number): number[] {
  const shards = stream.lineage.partitions.map((lineage, shard) => ({ ...lineage, shard }));
  const horizonMs = nowMs - retentionHoursOf(stream) * hourMs;
  type Listed = (typeof shards)[number];
  const openAt = (timeMs: number) => (shard: Listed) =>
    shard.createdAtMs <= timeMs && (shard.closedAtMs === undefined || shard.closedAtMs > timeMs);
  const openFrom = (timeMs: number) => (shard: Listed) =>
    shard.closedAtMs === undefined || shard.closedAtMs > timeMs;
  const keep = { openAt, openFrom };
  return shards.filter(chosenBy(filter, keep, horizonMs, stream)).map(({ shard }) => shard);
}

type Chooser = (
  timeMs: number,
) => (shard: PartitionLineage & { readonly shard: number }) => boolean;

function chosenBy(
  filter: ShardFilter | undefined,
  { openAt, openFrom }: { readonly openAt: Chooser; readonly openFrom: Chooser },
  horizonMs: number,
  { topic }: Stream,
): ReturnType<Chooser> {
  const timestampMs = () => {
    if (filter?.Timestamp !== undefined) return Math.max(horizonMs, filter.Timestamp);
    throw invalidArgument(`Timestamp is required for a ShardFilter of type ${filter?.Type}.`);
  };
  // Nothing was there before the stream was: what began with it counts as there.
  const sinceBirth = (timeMs: number) => Math.max(timeMs, topic.createdAtMs);
  switch (filter?.Type) {
    case undefined:
    case 'FROM_TRIM_HORIZON':
      return openFrom(horizonMs);
    case 'AT_LATEST':
      return isOpen;
    case 'AT_TRIM_HORIZON':
      return openAt(sinceBirth(horizonMs));
    case 'AT_TIMESTAMP':
      return openAt(sinceBirth(timestampMs()));
    case 'FROM_TIMESTAMP':
      return openFrom(timestampMs());
    case 'AFTER_SHARD_ID': {
      if (filter.ShardId === undefined) {
        throw invalidArgument('ShardId is required for a ShardFilter of type AFTER_SHARD_ID.');
      }
      const after = parseShardId(filter.ShardId) ?? -1;
      return ({ shard }) => shard > after;
    }
  }
}

type SplitShardInput = NamedStream & {
  readonly ShardToSplit: string;
  readonly NewStartingHashKey: string;
};

export async function splitShard({ input, deps }: Call<SplitShardInput>): Promise<undefined> {
  const stream = await findStream(deps, input);
  await reshape(deps, stream, (now) => {
    const shard = openShard(deps, now, input.ShardToSplit);
    const { start, end } = now.lineage.partitions[shard] as PartitionLineage;
    const at = BigInt(input.NewStartingHashKey);
    if (at <= hashNumber(start) + 1n || at >= hashNumber(end)) {
      throw invalidArgument(
        `NewStartingHashKey ${at} used in SplitShard() on shard ${formatShardId(shard)} in stream ${now.name} under account ${deps.account.accountId} is not both greater than one plus the shard's StartingHashKey ${hashNumber(start)} and less than the shard's EndingHashKey ${hashNumber(end)}.`,
      );
    }
    checkShardLimit(deps, now, 2);
    return planSplit(now.lineage, shard, hashText(at));
  });
}

type MergeShardsInput = NamedStream & {
  readonly ShardToMerge: string;
  readonly AdjacentShardToMerge: string;
};

export async function mergeShards({ input, deps }: Call<MergeShardsInput>): Promise<undefined> {
  const stream = await findStream(deps, input);
  await reshape(deps, stream, (now) => {
    const one = openShard(deps, now, input.ShardToMerge);
    const other = openShard(deps, now, input.AdjacentShardToMerge);
    const range = (shard: number) => now.lineage.partitions[shard] as PartitionLineage;
    checkShardLimit(deps, now, 1);
    if (areNeighbours(range(one), range(other))) return planMerge(now.lineage, one, other);
    if (areNeighbours(range(other), range(one))) return planMerge(now.lineage, other, one);
    throw invalidArgument(
      `Shards ${formatShardId(one)} and ${formatShardId(other)} in stream ${now.name} under account ${deps.account.accountId} are not an adjacent pair of shards eligible for merging`,
    );
  });
}

type UpdateShardCountInput = NamedStream & { readonly TargetShardCount: number };

export async function updateShardCount({ input, deps }: Call<UpdateShardCountInput>) {
  const { TargetShardCount: target } = input;
  const stream = await findStream(deps, input);
  await reshape(deps, stream, (now) => {
    checkScaling(openShardCount(now), target);
    checkShardLimit(deps, now, Math.abs(target - openShardCount(now)));
    return planEven(now.lineage, target);
  });
  return {
    StreamName: stream.name,
    CurrentShardCount: openShardCount(stream),
    TargetShardCount: target,
    StreamARN: stream.arn,
  };
}

/** Twice as many at most, and half as many at least, at a time. */
function checkScaling(open: number, target: number): void {
  const counts = `Current open shard count: ${open} Target shard count: ${target}`;
  const refuse = (what: string) =>
    new KinesisError('LimitExceededException', `UpdateShardCount cannot scale ${what}. ${counts}`);
  if (target > open * 2) throw refuse('up over double your current open shard count');
  if (target < open / 2) throw refuse('down below half your current open shard count');
}

async function reshape(
  deps: ActionDeps,
  stream: Stream,
  plan: (stream: Stream & { readonly lineage: Lineage }) => ReturnType<typeof planEven>,
): Promise<void> {
  checkActive(deps, stream);
  const planned = (topic: Topic) => {
    const now = streamOf(deps, topic);
    checkActive(deps, now);
    checkProvisioned(deps, now);
    return plan(now);
  };
  await asStream(deps, stream.name, deps.broker.reshape(stream.name, planned));
}

/** AWS scales the others itself; here nobody needs to. */
function checkProvisioned({ account }: ActionDeps, { name, state }: Stream): void {
  if (state.mode === 'PROVISIONED') return;
  throw validation(
    `Request is invalid. Stream ${name} under account ${account.accountId} is in On-Demand mode.`,
  );
}

function openShard(deps: ActionDeps, stream: Stream, text: string): number {
  const shard = shardOf(deps, stream, text);
  if (isOpen(stream.lineage.partitions[shard] as PartitionLineage)) return shard;
  throw invalidArgument(
    `Shard ${formatShardId(shard)} in stream ${stream.name} under account ${deps.account.accountId} is closed: it was split or merged before.`,
  );
}

/** All shards count, for the closed ones stay in the lineage. */
function checkShardLimit({ account }: ActionDeps, { lineage }: Stream, more: number): void {
  const count = lineage.partitions.length;
  if (count + more <= lineagePartitionsMax) return;
  throw new KinesisError(
    'LimitExceededException',
    `This request would exceed the shard limit for the account ${account.accountId} in ${account.region}. Current shard count for the stream, closed ones counted in: ${count}. Limit: ${lineagePartitionsMax}. Number of additional shards that would have resulted from this request: ${more}.`,
  );
}
