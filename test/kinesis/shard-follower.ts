/**
 * A consumer as the KCL is one: leases for the shards it begins with, each shard read to its end, its
 * children only after all their parents. It checks what KCL 3 checks of every answer, and refuses what
 * the KCL would refuse.
 */

import * as sdk from '@aws-sdk/client-kinesis';

export type Followed = { readonly shard: string; readonly key: string; readonly number: string };

type ShardEnd = {
  readonly next: string | undefined;
  readonly children: sdk.ChildShard[] | undefined;
};

/** `DataRetrievalUtil.isValidResult`: the end of a shard, and only that, names its children. */
function checkEnd({ next, children }: ShardEnd): void {
  const ended = next === undefined;
  if (ended !== (children !== undefined && children.length > 0)) {
    throw new Error('the end of a shard and its children do not fit');
  }
  for (const { ParentShards } of children ?? []) {
    if (!ParentShards?.length) throw new Error('a child shard names no parents');
  }
}

/** `HierarchicalShardSyncer` and `PeriodicShardSyncManager`: the leases cover all keys, without a hole. */
function checkCoverage(shards: readonly sdk.Shard[]): void {
  const ranges = shards
    .map(({ HashKeyRange: range }) => [
      BigInt(range?.StartingHashKey ?? -1),
      BigInt(range?.EndingHashKey ?? -1),
    ])
    .sort(([a = 0n], [b = 0n]) => (a < b ? -1 : 1));
  let next = 0n;
  for (const [start, end = 0n] of ranges) {
    if (start !== next) throw new Error(`the leases leave a hole at ${next}`);
    next = end + 1n;
  }
  if (next !== 2n ** 128n) throw new Error('the leases end before the keys do');
}

/** Reads one shard to its end, or until `enough`; tells of every record. */
export type ReadShard = (
  shard: string,
  seen: (record: sdk._Record) => void,
  enough: () => boolean,
) => Promise<sdk.ChildShard[]>;

export async function followStream(
  client: sdk.KinesisClient,
  StreamName: string,
  readShard: ReadShard,
  enough: (records: readonly Followed[]) => boolean,
): Promise<Followed[]> {
  const ShardFilter = { Type: 'AT_TRIM_HORIZON' } as const;
  const { Shards = [] } = await client.send(new sdk.ListShardsCommand({ StreamName, ShardFilter }));
  checkCoverage(Shards);
  const records: Followed[] = [];
  const ended = new Set<string>();
  const leased = new Set<string>();
  const waiting = new Map<string, readonly string[]>();

  async function follow(shard: string): Promise<void> {
    leased.add(shard);
    let last = 0n;
    const seen = ({ SequenceNumber = '0', PartitionKey = '' }: sdk._Record) => {
      if (BigInt(SequenceNumber) <= last) throw new Error('sequence numbers do not rise');
      last = BigInt(SequenceNumber);
      records.push({ shard, key: PartitionKey, number: SequenceNumber });
    };
    const children = await readShard(shard, seen, () => enough(records));
    if (children.length === 0) return;
    ended.add(shard);
    for (const { ShardId = '', ParentShards = [] } of children) waiting.set(ShardId, ParentShards);
    const ready = [...waiting]
      .filter(([child, parents]) => !leased.has(child) && parents.every((one) => ended.has(one)))
      .map(([child]) => child);
    await Promise.all(ready.map(follow));
  }

  await Promise.all(Shards.map(({ ShardId = '' }) => follow(ShardId)));
  return records;
}

export function polling(client: sdk.KinesisClient, StreamName: string): ReadShard {
  return async (ShardId, seen, enough) => {
    const place = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    let { ShardIterator } = await client.send(new sdk.GetShardIteratorCommand(place));
    while (!enough()) {
      const answer = await client.send(new sdk.GetRecordsCommand({ ShardIterator, Limit: 50 }));
      for (const record of answer.Records ?? []) seen(record);
      checkEnd({ next: answer.NextShardIterator, children: answer.ChildShards });
      if (answer.NextShardIterator === undefined) return answer.ChildShards ?? [];
      ShardIterator = answer.NextShardIterator;
    }
    return [];
  };
}

/** Enhanced fan-out: subscribes again from the continuation where a subscription ends. */
export function subscribing(client: sdk.KinesisClient, ConsumerARN: string): ReadShard {
  return async (ShardId, seen, enough) => {
    let StartingPosition: sdk.StartingPosition = { Type: 'TRIM_HORIZON' };
    while (!enough()) {
      const command = new sdk.SubscribeToShardCommand({ ConsumerARN, ShardId, StartingPosition });
      const { EventStream = [] } = await client.send(command);
      for await (const {
        SubscribeToShardEvent: event,
      } of EventStream as AsyncIterable<sdk.SubscribeToShardEventStream>) {
        for (const record of event?.Records ?? []) seen(record);
        checkEnd({ next: event?.ContinuationSequenceNumber, children: event?.ChildShards });
        if (event?.ContinuationSequenceNumber === undefined) return event?.ChildShards ?? [];
        StartingPosition = {
          Type: 'AFTER_SEQUENCE_NUMBER',
          SequenceNumber: event.ContinuationSequenceNumber,
        };
        if (enough()) return [];
      }
    }
    return [];
  };
}
