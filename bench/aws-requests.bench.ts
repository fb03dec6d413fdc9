/**
 * Requests per operation on the aws store, counted: appends, rolls, fetches at the tail and anywhere, in
 * a partition of 10 and of 100,000 batches.
 */

import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { acceptRecords } from '../lib/broker/accept-records.js';
import type { Broker } from '../lib/broker/broker.js';
import { tailEntriesPerPage } from '../lib/log/limits.js';
import { emptyHead, type PartitionRef } from '../lib/log/partition-head.js';
import type { LogRecord } from '../lib/log/record.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { headToItem } from '../lib/store/aws/items/head-item.js';
import { type AwsRig, startAwsRig } from './aws-rig.js';

export type CountRow = {
  readonly what: string;
  readonly batches: number;
  readonly counts: Readonly<Record<string, number>>;
};

const record: LogRecord = {
  key: null,
  value: new Uint8Array(1024),
  headers: [],
  timestampMs: 1_790_000_000_000,
};

export async function countAwsRequests(): Promise<CountRow[]> {
  const rig = await startAwsRig();
  try {
    const rows: CountRow[] = [];
    for (const batches of [10, 100_000]) rows.push(...(await countAt(rig, batches)));
    return rows;
  } finally {
    await rig.stop();
  }
}

async function countAt(rig: AwsRig, batches: number): Promise<CountRow[]> {
  const ref = await partitionWith(rig, batches);
  const other = { topicId: randomUUID(), partition: 0 };
  await rig.stores.index.createPartitions(other.topicId, 0, 1);
  const broker = rig.newBroker();
  const rows: CountRow[] = [];
  const count = async (what: string, act: () => Promise<unknown>) => {
    rig.requests.reset();
    await act();
    await broker.idle();
    rows.push({ what, batches, counts: Object.fromEntries(rig.requests.counts) });
  };
  await append(broker, [ref]);
  await count('append to 1 partition', () => append(broker, [ref]));
  await append(broker, [ref, other]);
  await count('append to 2 partitions at once', () => append(broker, [ref, other]));
  await count('16 appends, with their roll', async () => {
    for (let i = 0; i < tailEntriesPerPage; i++) await append(broker, [ref]);
  });
  const { nextOffset } = await broker.head(ref);
  await count('fetch of the newest batch', () => fetchOne(broker, ref, nextOffset - 1));
  await count('fetch of 1 batch in the middle', () =>
    fetchOne(broker, ref, Math.floor(batches / 2)),
  );
  await count('fetch of the oldest batch', () => fetchOne(broker, ref, 0));
  await count('fetch at the end, nothing there', () => fetchOne(broker, ref, nextOffset));
  return rows;
}

async function append(broker: Broker, refs: readonly PartitionRef[]): Promise<void> {
  const batches = refs.map((ref) => acceptRecords(ref, [record], nodeCodecs, Date.now()));
  for (const result of await broker.append(batches)) {
    if (result.kind === 'failed') throw result.error;
  }
}

async function fetchOne(broker: Broker, ref: PartitionRef, offset: number): Promise<void> {
  await broker.fetch(ref, { offset, bytesMax: 1, waitMs: 0 });
}

/** A partition as so many appends leave it. Their pages are written directly, all to one object. */
async function partitionWith(rig: AwsRig, batches: number): Promise<PartitionRef> {
  const { index } = rig.stores;
  const ref = { topicId: randomUUID(), partition: 0 };
  await index.createPartitions(ref.topicId, 0, 1);
  const broker = rig.newBroker();
  await append(broker, [ref]);
  const head = await index.readHead(ref);
  const location = head?.tail[0];
  if (!location) throw new Error('the first append left nothing in the tail');
  const paged = batches - (batches % tailEntriesPerPage);
  const locations = Array.from({ length: tailEntriesPerPage }, () => location);
  for (let base = 0; base < paged; base += tailEntriesPerPage * 64) {
    const pages = [];
    for (let at = base; at < Math.min(paged, base + tailEntriesPerPage * 64); at += 16) {
      const page = {
        baseOffset: at,
        nextOffset: at + 16,
        maxTimestampMs: 1,
        endBytes: 0,
        locations,
      };
      pages.push(index.writePage(ref, page));
    }
    await Promise.all(pages);
  }
  const rest = Array.from({ length: batches - paged }, () => ({ ...location, stamps: [] }));
  const full = { ...emptyHead, nextOffset: batches, tailBaseOffset: paged, tail: rest };
  const Item = headToItem(ref, full);
  await rig.dynamodb.send(new PutItemCommand({ TableName: rig.tableName, Item }));
  return ref;
}
