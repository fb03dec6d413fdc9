/**
 * What the broker's tests start from: a partition in memory behind stores that can fail, a world that
 * stands still, and short ways to make batches and to read back what the log holds.
 */

import { acceptRecords } from '../../lib/broker/accept-records.js';
import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import type { BrokerError } from '../../lib/broker/broker-error.js';
import { type BrokerSettings, brokerDefaults } from '../../lib/broker/broker-settings.js';
import { endOf } from '../../lib/broker/read-batches.js';
import type { PendingBatch } from '../../lib/log/append-plan.js';
import type { BatchProducer } from '../../lib/log/batch-builder.js';
import type { PartitionHead, PartitionRef } from '../../lib/log/partition-head.js';
import { decodeRecords } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { createFaultyStores, type FaultyStores } from '../support/faulty-stores.js';
import { createManualWorld, type ManualWorld, manualStartMs } from '../support/manual-world.js';

export const refA: PartitionRef = {
  topicId: 'aaaaaaaa-0000-4000-8000-000000000000',
  partition: 0,
};

const text = new TextEncoder();
const reader = new TextDecoder();

/** Records named after the batch: `x#0`, `x#1`, ... */
export function batchOf(
  name: string,
  recordCount = 1,
  facts: {
    ref?: PartitionRef;
    producer?: BatchProducer;
    expectedNextOffset?: number;
    fencingToken?: string;
    timestampMs?: number;
  } = {},
): PendingBatch {
  const { ref = refA, producer, timestampMs = manualStartMs, ...conditions } = facts;
  const records = Array.from({ length: recordCount }, (_, i) => ({
    key: null,
    value: text.encode(`${name}#${i}`),
    headers: [],
    timestampMs,
  }));
  const pending = acceptRecords(ref, records, nodeCodecs, manualStartMs, producer);
  return { ...pending, ...conditions };
}

export function producerOf(
  producerId: number,
  baseSequence: number,
  producerEpoch = 0,
): { producer: BatchProducer } {
  return { producer: { producerId, producerEpoch, baseSequence } };
}

export type Fixture = {
  readonly world: ManualWorld;
  /** Without faults. */
  readonly truth: Stores;
  readonly faulty: FaultyStores;
  head(ref?: PartitionRef): Promise<PartitionHead>;
  /** `name@offset` of every batch, in offset order, read through the index alone. */
  log(ref?: PartitionRef): Promise<string[]>;
};

export async function createFixture(refs: readonly PartitionRef[] = [refA]): Promise<Fixture> {
  const world = createManualWorld();
  const truth = createMemoryStores();
  for (const { topicId, partition } of refs) {
    await truth.index.createPartitions(topicId, partition, partition + 1);
  }
  const head = async (ref = refA) => {
    const found = await truth.index.readHead(ref);
    if (!found) throw new Error('the partition is gone');
    return found;
  };
  return {
    world,
    truth,
    faulty: createFaultyStores(truth),
    head,
    log: async (ref = refA) => readLog(truth, ref, await head(ref)),
  };
}

/** By hand, so that the reading code under test is not its own judge. */
async function readLog(stores: Stores, ref: PartitionRef, head: PartitionHead): Promise<string[]> {
  const pages = await stores.index.findPages(ref, 0, Number.MAX_SAFE_INTEGER);
  const paged = pages
    .filter(({ nextOffset }) => nextOffset <= head.tailBaseOffset)
    .flatMap(({ locations }) => locations);
  const log: string[] = [];
  let offset = 0;
  for (const { objectKey, position, sizeBytes } of [...paged, ...head.tail]) {
    const answer = await stores.objects.read(objectKey, position, sizeBytes);
    if (answer.kind === 'missing') throw new Error(`object ${objectKey} is missing`);
    for (let at = 0; at < sizeBytes; ) {
      const batch = answer.bytes.subarray(at);
      log.push(`${nameOf(batch)}@${offset}`);
      offset += endOf(batch);
      at += new DataView(batch.buffer, batch.byteOffset).getInt32(8) + 12;
    }
  }
  return log;
}

export function nameOf(batch: Uint8Array): string {
  const value = decodeRecords(batch, nodeCodecs)[0]?.value;
  return reader.decode(value ?? undefined).split('#')[0] ?? '';
}

/** A result in one line: `3`, `3 duplicate`, `CODE none`. */
export function lineOf(result: BatchResult | undefined): string {
  if (!result) return 'no answer';
  if (result.kind === 'failed') return `${result.error.code} ${result.error.sideEffects}`;
  return `${result.baseOffset}${result.duplicate ? ' duplicate' : ''}`;
}

export function errorOf(result: BatchResult | undefined): BrokerError {
  if (result?.kind !== 'failed') throw new Error(`no error, but ${lineOf(result)}`);
  return result.error;
}

export function refusalOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  throw new Error('it was accepted');
}

export function settingsOf(facts: Partial<BrokerSettings> = {}): BrokerSettings {
  return { ...brokerDefaults, ...facts };
}
