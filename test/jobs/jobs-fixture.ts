/**
 * What the tests of jobs start from: a topic in memory behind stores that can fail, a clock that stands
 * still, and readers that take down all there is, from every offset.
 */

import { acceptBatches } from '../../lib/broker/accept-batches.js';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { type JobSettings, jobDefaults } from '../../lib/jobs/job-settings.js';
import { maintainPartition, type PartitionReport } from '../../lib/jobs/maintain-partition.js';
import { createMaintenance, type Maintenance } from '../../lib/jobs/maintenance.js';
import type { Compression } from '../../lib/log/codecs.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import { currentPages } from '../../lib/log/page-replacement.js';
import type { PartitionHead, PartitionRef } from '../../lib/log/partition-head.js';
import type { PlacedRecord } from '../../lib/log/record.js';
import { decodeRecords, encodeRecordBatch } from '../../lib/log/record-batch.js';
import { type TopicConfigs, topicConfigDefaults } from '../../lib/log/topic-configs.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { PartitionIndex } from '../../lib/store/partition-index.js';
import { StoreError } from '../../lib/store/store-error.js';
import type { Stores } from '../../lib/store/stores.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import type { World } from '../../lib/store/world.js';
import { refA } from '../broker/broker-fixture.js';
import { createFaultyStores, type FaultyStores } from '../support/faulty-stores.js';
import { createManualWorld, type ManualWorld } from '../support/manual-world.js';

export const hourMs = 3_600_000;

/** A test may put another method in the place of one. */
export type TrueStores = Stores & {
  readonly index: { -readonly [K in keyof PartitionIndex]: PartitionIndex[K] };
};

export type JobsFixture = {
  readonly world: ManualWorld;
  /** Without faults. */
  readonly truth: TrueStores;
  readonly faulty: FaultyStores;
  readonly refs: readonly PartitionRef[];
  /** Appends batches one by one, each a flush of its own. Now and then one has three records. */
  fill(batches: number, ref?: PartitionRef): Promise<void>;
  /** Appends one batch, a flush of its own; a value that is null is a tombstone. */
  put(records: readonly KeyedValue[], compression?: Compression): Promise<void>;
  head(ref?: PartitionRef): Promise<PartitionHead>;
  pages(ref?: PartitionRef): Promise<readonly IndexPage[]>;
  /** Pages that count, as `base-next` and what they point to. */
  shownPages(ref?: PartitionRef): Promise<string[]>;
  keys(place: string): Promise<readonly string[]>;
  /** `value@offset` of every record from `offset` on. */
  read(offset?: number, ref?: PartitionRef, bytesMax?: number): Promise<string[]>;
  /** `key=value@offset` of the same. */
  readKeyed(offset?: number, bytesMax?: number): Promise<string[]>;
  /** One run for one partition. */
  maintain(facts?: MaintainFacts): Promise<PartitionReport>;
  maintenance(settings?: Partial<JobSettings>, stores?: Stores): Maintenance;
};

export type KeyedValue = readonly [key: string | null, value: string | null];

export type MaintainFacts = {
  readonly stores?: Stores;
  readonly world?: World;
  readonly settings?: Partial<JobSettings>;
  readonly configs?: Partial<TopicConfigs>;
  readonly ref?: PartitionRef;
  goesOn?(bytes: number): boolean;
};

const text = new TextDecoder();
const utf8 = new TextEncoder();
const all = Number.MAX_SAFE_INTEGER;

export async function createJobsFixture(
  partitionCount = 1,
  inlineBytesMax?: number,
): Promise<JobsFixture> {
  const world = createManualWorld();
  const truth = { ...createMemoryStores(), inlineBytesMax };
  const { topicId } = refA;
  const topic = { name: 't', topicId, partitionCount, createdAtMs: 0, ...unalteredTopic };
  await truth.topics.create(topic);
  await truth.index.createPartitions(topicId, 0, partitionCount);
  const faulty = createFaultyStores(truth);
  const broker = createBroker(truth, nodeCodecs, world, { ...brokerDefaults, recentBytesMax: 0 });
  let named = 0;

  async function head(ref = refA): Promise<PartitionHead> {
    const found = await truth.index.readHead(ref);
    if (!found) throw new Error('the partition is gone');
    return found;
  }

  async function append(
    records: readonly KeyedValue[],
    ref: PartitionRef,
    compression: Compression = 'none',
  ): Promise<void> {
    const timestampMs = world.clock.nowMs();
    const encoded = records.map(([key, value]) => ({
      key: key === null ? null : utf8.encode(key),
      value: value === null ? null : utf8.encode(value),
      headers: [],
      timestampMs,
    }));
    const batch = encodeRecordBatch({ records: encoded, compression }, nodeCodecs);
    const [pending] = acceptBatches(ref, [batch], nodeCodecs, timestampMs);
    const [result] = await world.runUntil(broker.append(pending ? [pending] : []));
    if (result?.kind !== 'appended') throw new Error('the append failed');
  }

  async function readAll(
    offset: number | undefined,
    ref: PartitionRef,
    bytesMax: number,
    show: (record: PlacedRecord) => string,
  ): Promise<string[]> {
    const records: string[] = [];
    let next = offset ?? (await head(ref)).logStartOffset;
    const from = next;
    for (let end = (await head(ref)).nextOffset; next < end; ) {
      const answer = await broker.fetch(ref, { offset: next, bytesMax, waitMs: 0 });
      for (const batch of answer.batches) {
        for (const record of decodeRecords(batch, nodeCodecs)) {
          if (record.offset >= from) records.push(`${show(record)}@${record.offset}`);
        }
      }
      if (answer.nextOffset <= next) throw new Error(`a reader at ${next} does not get on`);
      next = answer.nextOffset;
      end = answer.highWatermark;
    }
    return records;
  }

  const textOf = (bytes: Uint8Array | null) => (bytes === null ? 'null' : text.decode(bytes));

  return {
    world,
    truth,
    faulty,
    refs: Array.from({ length: partitionCount }, (_, partition) => ({ topicId, partition })),
    async fill(batches, ref = refA) {
      for (let i = 0; i < batches; i++) {
        const names = Array.from({ length: i % 5 === 2 ? 3 : 1 }, () => `v${named++}`);
        await append(
          names.map((name) => [null, name]),
          ref,
        );
      }
      await world.runUntil(broker.idle());
    },
    async put(records, compression) {
      await append(records, refA, compression);
      await world.runUntil(broker.idle());
    },
    head,
    pages: (ref = refA) => truth.index.findPages(ref, 0, all),
    async shownPages(ref = refA) {
      const { compactedTo } = await head(ref);
      const pages = await truth.index.findPages(ref, 0, all);
      return currentPages(pages, 0, compactedTo).map(({ baseOffset, nextOffset, locations }) => {
        const places = new Set(locations.map(({ objectKey }) => objectKey.split('/')[0]));
        return `${baseOffset}-${nextOffset} ${[...places].join('+')}`;
      });
    },
    keys: (place) => truth.objects.list(place, all),
    read: (offset, ref = refA, bytesMax = 1_000_000) =>
      readAll(offset, ref, bytesMax, ({ value }) => textOf(value)),
    readKeyed: (offset, bytesMax = 1_000_000) =>
      readAll(offset, refA, bytesMax, ({ key, value }) => `${textOf(key)}=${textOf(value)}`),
    maintain: ({ stores = faulty.stores, ref = refA, goesOn = () => true, ...facts } = {}) => {
      const settings = { ...jobDefaults, ...facts.settings };
      const deps = { stores, codecs: nodeCodecs, world: facts.world ?? world, settings };
      return maintainPartition(deps, ref, { ...topicConfigDefaults, ...facts.configs }, goesOn);
    },
    maintenance: (settings, stores = faulty.stores) =>
      createMaintenance(stores, nodeCodecs, world, { ...jobDefaults, ...settings }),
  };
}

/** What readers get who begin at each offset there is, or at every `step`th. */
export async function readEverywhere(
  fixture: JobsFixture,
  ref = refA,
  step = 1,
): Promise<string[][]> {
  const { logStartOffset, nextOffset } = await fixture.head(ref);
  const reads: string[][] = [];
  for (let offset = logStartOffset; offset < nextOffset; offset += step) {
    reads.push(await fixture.read(offset, ref, offset % 2 === 0 ? 1 : 1_000_000));
  }
  return reads;
}

/** What is appended meanwhile stays in the tail: whoever should have rolled it died. */
export async function withoutRolls(fixture: JobsFixture, act: () => Promise<void>): Promise<void> {
  const { index } = fixture.truth;
  const { advanceTail } = index;
  index.advanceTail = async () => {
    throw new StoreError('no rolls', { reason: 'unavailable', effect: 'none' });
  };
  await act();
  index.advanceTail = advanceTail;
}

/** Segments that no page points to. */
export async function orphans(fixture: JobsFixture): Promise<string[]> {
  const used = new Set<string>();
  for (const ref of fixture.refs) {
    const pages = await fixture.pages(ref);
    for (const { locations } of pages) for (const { objectKey } of locations) used.add(objectKey);
  }
  return (await fixture.keys('segments/')).filter((key) => !used.has(key));
}
