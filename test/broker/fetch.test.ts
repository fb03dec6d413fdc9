/** The fetch: budgets, ends, waits that lose no wake-up, and objects that vanish under a reader. */

import { beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../../lib/broker/broker.js';
import { type FetchRequest, type FetchResult, fetchRecords } from '../../lib/broker/fetch.js';
import { createTailWatch, type TailWatch } from '../../lib/broker/tail-watch.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createGate, missing } from '../support/faulty-stores.js';
import {
  batchOf,
  createFixture,
  type Fixture,
  nameOf,
  refA,
  settingsOf,
} from './broker-fixture.js';

let fixture: Fixture;
let watch: TailWatch;
let broker: Broker;

beforeEach(async () => {
  fixture = await createFixture();
  watch = createTailWatch(fixture.world.clock, undefined);
  broker = createBroker(fixture.truth, nodeCodecs, fixture.world, settingsOf());
});

/** Appends, and tells the waiters as a broker of this process does. */
async function append(name: string, recordCount = 1): Promise<void> {
  await fixture.world.runUntil(broker.append([batchOf(name, recordCount)]));
  watch.committed(refA, await fixture.head());
}

function fetch(request: Partial<FetchRequest>): Promise<FetchResult | undefined> {
  const deps = {
    stores: fixture.faulty.stores,
    codecs: nodeCodecs,
    clock: fixture.world.clock,
    watch,
  };
  return fetchRecords(deps, refA, { offset: 0, bytesMax: 1_000_000, waitMs: 0, ...request });
}

async function moveLogStart(offset: number): Promise<void> {
  const at = await fixture.head();
  const change = { kind: 'altered', change: () => ({ ...at, logStartOffset: offset }) } as const;
  fixture.faulty.fail('index.readHead', change);
}

test('a fetch serves whole batches and says where to go on', async () => {
  await append('a', 3);
  await append('b', 2);
  const result = await fetch({ offset: 1 });
  expect(result?.batches.map(nameOf)).toEqual(['a', 'b']);
  expect(result).toMatchObject({ nextOffset: 5, logStartOffset: 0, highWatermark: 5 });
  expect(await fetch({ offset: 1, bytesMax: 1 })).toMatchObject({ nextOffset: 3 });
});

// Fault 40 of docs/faults.md.
test('at the end there is nothing, beyond it and below the start is an error with both ends', async () => {
  await append('a', 3);
  expect(await fetch({ offset: 3 })).toMatchObject({
    batches: [],
    nextOffset: 3,
    highWatermark: 3,
  });
  const details = { offset: 4, earliest: 0, latest: 3 };
  await expect(fetch({ offset: 4 })).rejects.toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    details,
  });
  await moveLogStart(2);
  await expect(fetch({ offset: 1 })).rejects.toMatchObject({ details: { earliest: 2, latest: 3 } });
});

test('a partition that does not exist is no result', async () => {
  await fixture.truth.index.deletePartitions(refA.topicId, 1);
  expect(await fetch({})).toBeUndefined();
  expect(await fetch({ waitMs: 1_000 })).toBeUndefined();
  expect(fixture.world.timerCount()).toBe(0);
});

test('a wait ends with the first commit, and with the deadline if there is none', async () => {
  const waiting = fetch({ waitMs: 5_000 });
  await fixture.world.settle();
  await append('a', 2);
  expect((await waiting)?.batches.map(nameOf)).toEqual(['a']);
  const startMs = fixture.world.clock.nowMs();
  const idle = await fixture.world.runUntil(fetch({ offset: 2, waitMs: 5_000 }));
  expect(idle).toMatchObject({ batches: [], nextOffset: 2, highWatermark: 2 });
  expect(fixture.world.clock.nowMs() - startMs).toBeGreaterThanOrEqual(5_000);
  expect(fixture.world.timerCount()).toBe(0);
});

// Fault 41 of docs/faults.md.
test('a commit between the look at the head and the wait is not slept through', async () => {
  const gate = createGate();
  fixture.faulty.fail('index.readHead', { kind: 'slow', gate, acts: 'early' });
  const waiting = fetch({ waitMs: 5_000 });
  await fixture.world.settle();
  await append('a');
  gate.open();
  await fixture.world.settle();
  const startMs = fixture.world.clock.nowMs();
  expect((await fixture.world.runUntil(waiting))?.batches.map(nameOf)).toEqual(['a']);
  expect(fixture.world.clock.nowMs()).toBe(startMs);
});

test('a wait whose offset is deleted meanwhile ends with the new start', async () => {
  await append('a');
  const waiting = fetch({ offset: 1, waitMs: 5_000 });
  await fixture.world.settle();
  const head = await fixture.head();
  watch.committed(refA, { ...head, logStartOffset: 3, nextOffset: 4, tailBaseOffset: 3, tail: [] });
  await expect(waiting).rejects.toMatchObject({ details: { earliest: 3, latest: 4 } });
});

test('a reader that goes away ends its wait at once', async () => {
  const gone = new AbortController();
  const waiting = fetch({ waitMs: 5_000, signal: gone.signal });
  await fixture.world.settle();
  gone.abort();
  expect(await waiting).toMatchObject({ batches: [] });
  expect(fixture.world.timerCount()).toBe(0);
});

test('a failed look at the head leaves no waiter behind', async () => {
  fixture.faulty.fail('index.readHead', { kind: 'before' });
  await expect(fetch({ waitMs: 5_000 })).rejects.toThrow('fails');
  expect(fixture.world.timerCount()).toBe(0);
});

// Fault 11 of docs/faults.md.
test('an object that has gone is looked for again in the index', async () => {
  await append('a');
  fixture.faulty.fail('objects.read', missing);
  expect((await fetch({}))?.batches.map(nameOf)).toEqual(['a']);
  expect(fixture.faulty.count('index.readHead')).toBe(2);
});

// Fault 12 of docs/faults.md.
test('if retention took it, the reader is told the new start', async () => {
  await append('a', 2);
  fixture.faulty.fail('objects.read', missing);
  fixture.faulty.fail('index.readHead', undefined);
  await moveLogStart(1);
  await expect(fetch({})).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
});

// Fault 11 of docs/faults.md.
test('if it is retained and gone all the same, that is said and nothing is skipped', async () => {
  await append('a');
  await append('b');
  fixture.faulty.fail('objects.read', missing, 4);
  await expect(fetch({})).rejects.toMatchObject({
    code: 'KAFKA_STORAGE_ERROR',
    sideEffects: 'none',
    details: { offset: 0 },
  });
});

test('what is deleted as a whole during a fetch is no result', async () => {
  await append('a');
  fixture.faulty.fail('objects.read', missing);
  fixture.faulty.fail('index.readHead', undefined);
  fixture.faulty.fail('index.readHead', { kind: 'altered', change: () => undefined });
  expect(await fetch({})).toBeUndefined();
});

test('reading on from each answer meets every record once, over pages and tail', async () => {
  const count = tailEntriesPerPage * 2 + 7;
  for (let i = 0; i < count; i++) await append(`b${i}`, 1 + (i % 3));
  await broker.idle();
  for (const bytesMax of [1, 300, 2_000, 100_000]) {
    const names: string[] = [];
    const end = (await fixture.head()).nextOffset;
    for (let offset = 0; offset < end; ) {
      const result = await fetch({ offset, bytesMax });
      names.push(...(result?.batches ?? []).map(nameOf));
      offset = result?.nextOffset ?? end;
    }
    expect(names).toEqual(Array.from({ length: count }, (_, i) => `b${i}`));
  }
});
