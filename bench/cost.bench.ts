/**
 * What the aws store costs, priced from counted requests and units. Lambda's time is a model and not a
 * measurement: seconds per invocation as `lambdaSeconds` says, on 0.5 GiB.
 */

import { randomFillSync, randomInt, randomUUID } from 'node:crypto';
import { acceptRecords } from '../lib/broker/accept-records.js';
import { type Broker, createBroker } from '../lib/broker/broker.js';
import { brokerDefaults } from '../lib/broker/broker-settings.js';
import { jobDefaults } from '../lib/jobs/job-settings.js';
import { createMaintenance } from '../lib/jobs/maintenance.js';
import type { PartitionRef } from '../lib/log/partition-head.js';
import { createJsonLogger } from '../lib/runtime/json-logger.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../lib/runtime/node-world.js';
import { inlineBytesMaxOf, prices } from '../lib/settings/prices.js';
import { type AwsRig, startAwsRig } from './aws-rig.js';
import { type Bill, costOf, lambdaCost } from './priced-requests.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const memoryGib = 0.5;
/** What header and framing take: batches of the size that a row says. */
const framingBytes = 100;
const scanBytesMax = 16 * MiB;

/** One invocation: about 12 ms for two item writes, 40 ms for a PUT and a commit, and 100 MiB/s of body. */
const lambdaSeconds = {
  append: (bytes: number) => (bytes <= 8 * KiB ? 0.012 : 0.04) + bytes / (100 * MiB),
  read: (bytes: number) => 0.03 + bytes / (100 * MiB),
  compaction: (bytes: number) => 0.1 + bytes / (50 * MiB),
};

export type CostRow = {
  readonly what: string;
  readonly bill: Bill;
  readonly requestsUsd: number;
  readonly lambdaUsd: number;
  readonly per: string;
};

const world = createNodeWorld(createJsonLogger('warn'));
/** For jobs that wait until data is old. */
const later = (hours: number) => ({
  ...world,
  clock: { ...world.clock, nowMs: () => Date.now() + hours * 3_600_000 },
});

export async function priceAws(): Promise<CostRow[]> {
  const rig = await startAwsRig(inlineBytesMaxOf(prices));
  try {
    const rows: CostRow[] = [];
    for (const kind of ['text', 'noise'] as const) rows.push(...(await smallRecords(rig, kind)));
    for (const [kib, count] of [
      [16, 64],
      [64, 64],
      [256, 48],
      [4 * KiB, 16],
    ] as const) {
      rows.push(await produce(rig, kib * KiB, count));
    }
    rows.push(...(await lifeOfData(rig)));
    return rows;
  } finally {
    await rig.stop();
  }
}

async function measured(rig: AwsRig, act: () => Promise<unknown>): Promise<Bill> {
  rig.meter.reset();
  await act();
  return rig.meter.read();
}

async function newTopic(rig: AwsRig, broker: Broker, name: string): Promise<PartitionRef> {
  const { topicId } = await broker.topics.create(name, 1);
  await append(broker, { topicId, partition: 0 }, KiB);
  rig.meter.reset();
  return { topicId, partition: 0 };
}

/** What does not compress: nothing in the bill is by luck. */
async function append(
  broker: Broker,
  ref: PartitionRef,
  bytes: number,
  value: Uint8Array = randomFillSync(new Uint8Array(bytes - framingBytes)),
): Promise<void> {
  const record = { key: null, value, headers: [], timestampMs: Date.now() };
  const [result] = await broker.append([acceptRecords(ref, [record], nodeCodecs, Date.now())]);
  if (result?.kind !== 'appended') throw new Error('an append failed');
  await broker.idle();
}

/** A line of an access log as JSON, filled up with other fields of its kind, no two alike. */
function textValue(bytes: number): Uint8Array {
  const field = () => ({
    at: new Date(1_790_000_000_000 + randomInt(1e10)).toISOString(),
    client: `10.${randomInt(255)}.${randomInt(255)}.${randomInt(255)}`,
    path: `/v1/customers/${randomInt(1e6)}/orders/${randomUUID()}`,
    status: [200, 201, 404, 500][randomInt(4)],
    tookMs: randomInt(900),
  });
  const text = JSON.stringify(Array.from({ length: Math.ceil(bytes / 100) }, field));
  return new TextEncoder().encode(text).subarray(0, bytes - framingBytes);
}

/** One by one, from the append until clean-up has deleted the last item. */
async function smallRecords(rig: AwsRig, kind: 'text' | 'noise'): Promise<CostRow[]> {
  const broker = rig.newBroker();
  const count = 2_000;
  const ref = await newTopic(rig, broker, `small-${kind}`);
  const values = Array.from({ length: count }, () =>
    kind === 'text' ? textValue(KiB) : randomFillSync(new Uint8Array(KiB - framingBytes)),
  );
  const produced = await measured(rig, async () => {
    for (const value of values) await append(broker, ref, KiB, value);
  });
  const lambda = count * lambdaCost(lambdaSeconds.append(KiB), memoryGib, prices);
  const maintain = (hours: number) =>
    createMaintenance(rig.stores, nodeCodecs, later(hours), jobDefaults).run();
  const later4 = await measured(rig, async () => {
    for (let runs = 0; runs < 3; runs++) await maintain(4);
  });
  const jobs = 3 * lambdaCost(lambdaSeconds.compaction(count * KiB), memoryGib, prices);
  const [what, per, times] = [`1 KiB records one by one, ${kind}`, '1M records', 1e6 / count];
  return [
    row(`produce ${what}`, produced, lambda, times, per),
    row(`compaction and clean-up of ${what}`, later4, jobs, times, per),
  ];
}

async function produce(rig: AwsRig, bytes: number, count: number): Promise<CostRow> {
  const broker = rig.newBroker();
  const ref = await newTopic(rig, broker, `produce-${bytes}`);
  const bill = await measured(rig, async () => {
    for (let i = 0; i < count; i++) await append(broker, ref, bytes);
  });
  const lambda = count * lambdaCost(lambdaSeconds.append(bytes), memoryGib, prices);
  return row(
    `produce ${Math.ceil(bytes / KiB)} KiB batches`,
    bill,
    lambda,
    GiB / (bytes * count),
    'GiB',
  );
}

/** Batches of 1 MiB, from the append to the last byte deleted. */
async function lifeOfData(rig: AwsRig): Promise<CostRow[]> {
  const broker = rig.newBroker();
  const ref = await newTopic(rig, broker, 'life');
  const count = 144;
  const total = count * MiB;
  const perGib = GiB / total;
  const produced = await measured(rig, async () => {
    for (let i = 0; i < count; i++) await append(broker, ref, MiB);
  });
  const lambda = count * lambdaCost(lambdaSeconds.append(MiB), memoryGib, prices);
  const rows = [row('produce 1024 KiB batches', produced, lambda, perGib, 'GiB')];
  rows.push(await tailRead(rig, ref, 1), await tailRead(rig, ref, 20));
  const maintain = (hours: number) =>
    createMaintenance(rig.stores, nodeCodecs, later(hours), jobDefaults).run();
  let before = 0;
  const compaction = await measured(rig, async () => {
    before = (await maintain(4)).bytesCompacted;
  });
  rows.push(
    row(
      'compaction (all topics of this run)',
      compaction,
      lambdaCost(lambdaSeconds.compaction(before), memoryGib, prices),
      GiB / before,
      'GiB',
    ),
  );
  const scan = await measured(rig, () => scanAll(rig, ref));
  const reads = Math.ceil(total / scanBytesMax);
  const scanLambda = reads * lambdaCost(lambdaSeconds.read(scanBytesMax), memoryGib, prices);
  rows.push(row('cold scan of compacted data, 16 MiB a fetch', scan, scanLambda, perGib, 'GiB'));
  rows.push(
    row(
      'clean-up of the WAL, two runs',
      await measured(rig, async () => {
        await maintain(5);
        await maintain(5);
      }),
      0,
      perGib,
      'GiB',
    ),
  );
  const partitions = 7;
  const jobs = createMaintenance(rig.stores, nodeCodecs, later(5), jobDefaults);
  await jobs.run();
  const idle = await measured(rig, () => jobs.run());
  const runs = 30 * 24 * 12;
  const idleLambda = lambdaCost(0.5, memoryGib, prices);
  rows.push(row(`idle: maintenance of ${partitions} partitions`, idle, idleLambda, runs, 'month'));
  await rig.stores.index.raiseLogStart(ref, (await broker.head(ref)).nextOffset);
  const deletion = await measured(rig, async () => {
    await maintain(5);
    await maintain(9);
  });
  rows.push(row('retention: all of it deleted', deletion, 0, perGib, 'GiB'));
  return rows;
}

async function scanAll(rig: AwsRig, ref: PartitionRef): Promise<void> {
  const reader = rig.newBroker();
  const { nextOffset } = await reader.head(ref);
  for (let offset = 0; offset < nextOffset; ) {
    const result = await reader.fetch(ref, { offset, bytesMax: scanBytesMax, waitMs: 0 });
    offset = result.nextOffset;
  }
}

/** Readers who meet the instance that wrote. */
async function tailRead(rig: AwsRig, ref: PartitionRef, readers: number): Promise<CostRow> {
  const settings = { ...brokerDefaults, topicCacheMs: 60_000 };
  const broker = createBroker(rig.stores, nodeCodecs, world, settings);
  await append(broker, ref, MiB);
  const { nextOffset } = await broker.head(ref);
  const request = { offset: nextOffset - 1, bytesMax: MiB, waitMs: 0 };
  const bill = await measured(rig, () =>
    Promise.all(Array.from({ length: readers }, () => broker.fetch(ref, request))),
  );
  const lambda = readers * lambdaCost(lambdaSeconds.read(MiB), memoryGib, prices);
  const what = `read of the newest 1 MiB by ${readers}, from the instance that wrote it`;
  return row(what, bill, lambda, GiB / MiB, 'GiB written');
}

function row(what: string, bill: Bill, lambdaUsd: number, times: number, per: string): CostRow {
  const scaled = Object.fromEntries(
    Object.entries(bill).map(([name, count]) => [name, count * times]),
  ) as Bill;
  return {
    what,
    bill: scaled,
    requestsUsd: costOf(scaled, prices),
    lambdaUsd: lambdaUsd * times,
    per,
  };
}
