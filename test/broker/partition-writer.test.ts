/**
 * The commit loop of one partition: lost replies, retries, duplicates, conditions, admissions, a full
 * tail, and what a writer is told when the end is not known.
 */

import { beforeEach, expect, test } from 'vitest';
import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import { createPartitionWriter, type PartitionWriter } from '../../lib/broker/partition-writer.js';
import { rollTail } from '../../lib/broker/roll-tail.js';
import { type PendingBatch, planObject } from '../../lib/log/append-plan.js';
import { tailEntriesMax, tailEntriesPerPage } from '../../lib/log/limits.js';
import { formatWalKey, walBucketOf } from '../../lib/log/wal-key.js';
import { encodeWalObject } from '../../lib/log/wal-object.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import type { World } from '../../lib/store/world.js';
import { createGate } from '../support/faulty-stores.js';
import { manualStartMs } from '../support/manual-world.js';
import {
  batchOf,
  createFixture,
  errorOf,
  type Fixture,
  lineOf,
  producerOf,
  refA,
} from './broker-fixture.js';

const bucketNow = walBucketOf(manualStartMs);
let fixture: Fixture;
let writer: PartitionWriter;
let events: string[];

function newWriter(world: World = fixture.world): PartitionWriter {
  const { index } = fixture.faulty.stores;
  return createPartitionWriter(refA, {
    index,
    world,
    committed: (_ref, head) => void events.push(`committed ${head.nextOffset}`),
    vanished: () => void events.push('vanished'),
    roll: (_ref, head) => void events.push(`roll ${head.tail.length}`),
    rollNow: async (ref, head) => {
      events.push('rollNow');
      await rollTail(index, ref, head);
    },
  });
}

beforeEach(async () => {
  fixture = await createFixture();
  events = [];
  writer = newWriter();
});

/** As `begin`, with the clock going on until all is answered. */
function write(
  batches: readonly PendingBatch[],
  by = writer,
  bucket = bucketNow,
  timeoutMs = 1_000,
) {
  return fixture.world.runUntil(begin(batches, by, bucket, timeoutMs));
}

/** Uploads and commits, as the flusher does; answers one line per batch and what was sent back. */
async function begin(
  batches: readonly PendingBatch[],
  by = writer,
  bucket = bucketNow,
  timeoutMs = 1_000,
) {
  const results: BatchResult[] = [];
  const settled = batches.map(() => 0);
  const tickets = batches.map((batch, i) => ({
    ...batch,
    settle(result: BatchResult) {
      settled[i] = (settled[i] ?? 0) + 1;
      results[i] = result;
    },
  }));
  const layout = planObject(tickets);
  const objectKey = formatWalKey({ bucket, uuid: fixture.world.uuid(), inline: false });
  const object = encodeWalObject(layout.parts, layout.ranges, nodeCodecs);
  await fixture.truth.objects.put(objectKey, object);
  const laidOut = layout.partitions[0]?.batches ?? [];
  const patience = { sinceMs: fixture.world.clock.nowMs(), forMs: timeoutMs };
  const sentBack = await by.commit(objectKey, bucket, laidOut, patience);
  expect(Math.max(0, ...settled), 'a batch is settled once').toBeLessThanOrEqual(1);
  expect(settled.filter((times) => times === 0)).toHaveLength(sentBack.length);
  return { lines: tickets.map((_, i) => lineOf(results[i])), results, sentBack };
}

const commits = () => fixture.faulty.count('index.commit');

test('a whole flush is one commit, whoever its batches are of', async () => {
  const { lines } = await write([
    batchOf('a', 2),
    batchOf('b', 3, producerOf(7, 0)),
    batchOf('c'),
    batchOf('d', 1, producerOf(7, 3)),
  ]);
  expect(lines).toEqual(['0', '2', '5', '6']);
  expect(commits()).toBe(1);
  expect(await fixture.log()).toEqual(['a@0', 'b@2', 'c@5', 'd@6']);
});

// Fault 3 of docs/faults.md.
test('a commit whose reply was lost is recognised and not repeated', async () => {
  fixture.faulty.fail('index.commit', { kind: 'lost' });
  const { lines } = await write([batchOf('a', 2), batchOf('b')]);
  expect(lines).toEqual(['0', '2']);
  expect(await fixture.log()).toEqual(['a@0', 'b@2']);
  expect(events).toContain('committed 3');
});

test('it is recognised even if each batch of the run is a stamp of its own', async () => {
  fixture.faulty.fail('index.commit', { kind: 'lost' });
  const mixed = Array.from({ length: 8 }, (_, i) => [
    batchOf(`p${i}`),
    batchOf(`i${i}`, 1, producerOf(7, i)),
  ]).flat();
  const { lines } = await write(mixed);
  expect(lines).toEqual(mixed.map((_, i) => String(i)));
});

test('it is recognised after the tail has been rolled away under it', async () => {
  await write([batchOf('first')]);
  fixture.faulty.fail('index.commit', { kind: 'lost' });
  const slow = begin([batchOf('lost', 3)]);
  await fixture.world.settle();
  const other = newWriter();
  for (let i = 0; i < tailEntriesPerPage * 2; i++) await write([batchOf(`o${i}`)], other);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  expect((await fixture.head()).tailBaseOffset).toBeGreaterThan(4);
  expect((await fixture.world.runUntil(slow)).lines).toEqual(['1']);
});

// Fault 4 of docs/faults.md.
test('an attempt that arrives late after its retry changes nothing', async () => {
  fixture.faulty.fail('index.commit', { kind: 'duplicated' });
  await write([batchOf('a', 2)]);
  fixture.faulty.fail('index.commit', { kind: 'delayed' });
  expect((await write([batchOf('b')])).lines).toEqual(['2']);
  while (fixture.faulty.stray() > 0) await fixture.faulty.deliver();
  expect(await fixture.log()).toEqual(['a@0', 'b@2']);
});

// Fault 2 of docs/faults.md.
test('a client that retries is answered with the offsets from then', async () => {
  const batch = batchOf('a', 3, producerOf(7, 0));
  await write([batch]);
  await write([batchOf('b')]);
  expect((await write([batch], newWriter())).lines).toEqual(['0 duplicate']);
  expect(await fixture.log()).toEqual(['a@0', 'b@3']);
});

test('the same batch twice in one flush is written once', async () => {
  const batch = batchOf('a', 2, producerOf(7, 0));
  const { lines } = await write([batch, batch, batchOf('b')]);
  expect(lines).toEqual(['0', '0 duplicate', '2']);
});

test('one bad batch in a merged run settles only that one', async () => {
  const { lines } = await write([
    batchOf('a'),
    batchOf('bad', 1, producerOf(8, 5)),
    batchOf('b', 1, producerOf(7, 0)),
    batchOf('c'),
  ]);
  expect(lines).toEqual(['0', 'UNKNOWN_PRODUCER_ID none', '1', '2']);
  expect(await fixture.log()).toEqual(['a@0', 'b@1', 'c@2']);
});

test('an idempotent row that was half written is gone on with', async () => {
  await write([batchOf('a', 2, producerOf(7, 0))]);
  const { lines } = await write([
    batchOf('a', 2, producerOf(7, 0)),
    batchOf('b', 1, producerOf(7, 2)),
    batchOf('gap', 1, producerOf(7, 9)),
  ]);
  expect(lines).toEqual(['0 duplicate', '2', 'OUT_OF_ORDER_SEQUENCE_NUMBER none']);
});

test('a condition is of one batch alone, and refusing it leaves no gap behind', async () => {
  const { lines, results } = await write([
    batchOf('a', 2),
    batchOf('no', 1, { expectedNextOffset: 9 }),
    batchOf('yes', 1, { expectedNextOffset: 2 }),
    batchOf('fenced', 1, { fencingToken: 'x' }),
    batchOf('b'),
  ]);
  expect(lines).toEqual([
    '0',
    'EXPECTED_OFFSET_MISMATCH none',
    '2',
    'FENCING_TOKEN_MISMATCH none',
    '3',
  ]);
  expect(errorOf(results[1]).details).toEqual({ actualNextOffset: 2 });
  expect(errorOf(results[3]).details).toEqual({ actualToken: null });
});

test('a refused condition says unknown while a lost attempt may still be met by it', async () => {
  fixture.faulty.fail('index.commit', { kind: 'delayed' });
  const { lines } = await write([batchOf('a', 1, { expectedNextOffset: 2 })]);
  expect(lines).toEqual(['EXPECTED_OFFSET_MISMATCH unknown']);
  await write([batchOf('b', 2)]);
  await fixture.faulty.deliver();
  expect(await fixture.log()).toEqual(['b@0', 'a@2']);
});

test('a refused condition says none once the log has gone past it', async () => {
  await write([batchOf('b', 2)]);
  fixture.faulty.fail('index.commit', { kind: 'delayed' });
  const { lines } = await write([batchOf('a', 1, { expectedNextOffset: 1 })]);
  expect(lines).toEqual(['EXPECTED_OFFSET_MISMATCH none']);
});

test('a verdict after a lost attempt says unknown', async () => {
  fixture.faulty.fail('index.commit', { kind: 'delayed' });
  const { lines } = await write([batchOf('late', 1, producerOf(7, 1))]);
  expect(lines).toEqual(['UNKNOWN_PRODUCER_ID unknown']);
  // Which is the truth: its predecessor arrives, and then the late attempt is taken.
  await write([batchOf('early', 1, producerOf(7, 0))], newWriter());
  await fixture.faulty.deliver();
  expect(await fixture.log()).toEqual(['early@0', 'late@1']);
});

test('a producer that left the head is admitted with what was parked', async () => {
  await write([batchOf('a', 2, producerOf(7, 0))]);
  await evictEverybody();
  const by = newWriter();
  expect((await write([batchOf('a', 2, producerOf(7, 0))], by)).lines).toEqual(['0 duplicate']);
  expect((await write([batchOf('b', 1, producerOf(7, 2))], by)).lines).toEqual(['18']);
  expect((await write([batchOf('c', 1, producerOf(7, 9))])).lines).toEqual([
    'OUT_OF_ORDER_SEQUENCE_NUMBER none',
  ]);
});

test('producers that left the head are looked up together, before the next eviction', async () => {
  await write([batchOf('a', 1, producerOf(7, 0)), batchOf('b', 1, producerOf(8, 0))]);
  await evictEverybody(2);
  const gate = createGate();
  fixture.faulty.fail('index.findParkedProducer', { kind: 'slow', gate, acts: 'late' }, 2);
  const both = [batchOf('a', 1, producerOf(7, 1)), batchOf('b', 1, producerOf(8, 1))];
  const written = begin(both, newWriter(), bucketNow, 1_000);
  await fixture.world.settle();
  expect(fixture.faulty.count('index.findParkedProducer')).toBe(2);
  gate.open();
  expect((await fixture.world.runUntil(written)).lines).toEqual(['18', '19']);
});

test('the instance itself is admitted again after it was evicted', async () => {
  await write([batchOf('a', 2)]);
  await evictEverybody();
  expect((await write([batchOf('b'), batchOf('c')])).lines).toEqual(['18', '19']);
});

/** Fills a page with somebody else's batches, rolls it, and evicts whoever has nothing in the tail. */
async function evictEverybody(producers = 1): Promise<void> {
  const other = newWriter();
  for (let i = 0; i < tailEntriesPerPage; i++) await write([batchOf(`f${i}`)], other);
  const { index } = fixture.truth;
  await rollTail(index, refA, await fixture.head());
  const head = await fixture.head();
  const inTail = head.tail.flatMap(({ stamps }) => stamps.map(({ producer }) => producer));
  const idle = Object.entries(head.producers).filter(([name]) => !inTail.includes(name));
  expect(idle).toHaveLength(producers);
  for (const [name, entry] of idle) {
    const spans = head.windows[name]?.spans ?? [];
    const lastBaseOffset = spans.at(-1)?.baseOffset ?? 0;
    await index.parkProducer(refA, name, { ...entry, spans, lastBaseOffset });
  }
  const { tailBaseOffset, pagedMaxTimestampMs, pagedBytes, rolls } = head;
  const nothing = { entryCount: 0, pagedBytes, nextTailBaseOffset: tailBaseOffset, windows: {} };
  const evict = Object.fromEntries(idle);
  await index.advanceTail(refA, { tailBaseOffset, pagedMaxTimestampMs, rolls, ...nothing, evict });
  expect((await fixture.head()).evictions).toBe(1);
}

test('a full tail is helped after a pause, and the batch is written', async () => {
  for (let i = 0; i < tailEntriesMax; i++) await write([batchOf(`a${i}`)]);
  expect((await fixture.head()).tail).toHaveLength(tailEntriesMax);
  const before = fixture.world.clock.nowMs();
  expect((await write([batchOf('b')])).lines).toEqual([String(tailEntriesMax)]);
  expect(events).toContain('rollNow');
  expect(fixture.world.clock.nowMs()).toBeGreaterThan(before);
  expect(await fixture.log()).toHaveLength(tailEntriesMax + 1);
});

test('a full tail is helped in the end even by flushes that have hardly any time', async () => {
  for (let i = 0; i < tailEntriesMax; i++) await write([batchOf(`a${i}`)]);
  const lines: string[] = [];
  for (let i = 0; i < 6; i++)
    lines.push(...(await write([batchOf('b')], writer, bucketNow, 1)).lines);
  expect(lines[0]).toBe('REQUEST_TIMED_OUT none');
  expect(lines.at(-1)).toMatch(/^\d+$/);
});

test('whoever brings the tail to the mark asks for a roll, and nobody else', async () => {
  for (let i = 0; i < tailEntriesPerPage + 3; i++) await write([batchOf(`a${i}`)]);
  expect(events.filter((event) => event.startsWith('roll'))).toEqual([
    `roll ${tailEntriesPerPage}`,
  ]);
});

test('below the WAL floor everything comes back unnumbered, and nothing is settled', async () => {
  await fixture.truth.index.raiseWalFloor(refA, bucketNow + 1);
  const batches = [batchOf('a'), batchOf('b', 1, producerOf(7, 0)), batchOf('c')];
  const { sentBack, lines } = await write(batches);
  expect(lines).toEqual(['no answer', 'no answer', 'no answer']);
  expect(sentBack.map(({ producer }) => producer?.producer)).toEqual([undefined, '7', undefined]);
  expect(writer.walFloor()).toBe(bucketNow + 1);
  expect((await write(sentBack, writer, bucketNow + 1)).lines).toEqual(['0', '1', '2']);
});

test('what was committed before the floor rose is not sent back', async () => {
  fixture.faulty.fail('index.commit', { kind: 'lost' });
  const running = begin([batchOf('a'), batchOf('b', 1, producerOf(7, 0))]);
  await fixture.world.settle();
  await fixture.truth.index.raiseWalFloor(refA, bucketNow + 1);
  const { lines, sentBack } = await fixture.world.runUntil(running);
  expect(sentBack).toEqual([]);
  expect(lines).toEqual(['0', '1']);
});

test('what is sent back and uploaded again never makes a later batch look committed', async () => {
  await fixture.truth.index.raiseWalFloor(refA, bucketNow + 1);
  const first = await write([batchOf('a', 3)]);
  // Numbered behind the first, and below the floor as well.
  const second = await write([batchOf('b', 1, { expectedNextOffset: 3 })]);
  await write([...first.sentBack, batchOf('c', 4)], writer, bucketNow + 1);
  const { lines } = await write(second.sentBack, writer, bucketNow + 1);
  expect(lines).toEqual(['EXPECTED_OFFSET_MISMATCH none']);
  expect(await fixture.log()).toEqual(['a@0', 'c@3']);
});

// Fault 6 of docs/faults.md.
test('a store that fails harmlessly until the deadline means none', async () => {
  fixture.faulty.fail('index.commit', { kind: 'before', reason: 'throttled' }, 1_000);
  expect((await write([batchOf('a')])).lines).toEqual(['THROTTLING_QUOTA_EXCEEDED none']);
  expect(commits()).toBeGreaterThan(3);
});

// Fault 17 of docs/faults.md.
test('a clock that is put back does not keep an append waiting for as long', async () => {
  let backMs = 0;
  const { clock } = fixture.world;
  const putBack = { ...clock, nowMs: () => clock.nowMs() - backMs };
  fixture.faulty.fail('index.commit', { kind: 'before', reason: 'throttled' }, 1_000);
  const written = begin([batchOf('a')], newWriter({ ...fixture.world, clock: putBack }));
  await fixture.world.advance(500);
  backMs = 3_600_000;
  await fixture.world.advance(1_000);
  const triesThen = commits();
  expect((await fixture.world.runUntil(written)).lines).toEqual(['THROTTLING_QUOTA_EXCEEDED none']);
  expect(commits()).toBe(triesThen);
});

// Fault 51 of docs/faults.md.
test('one lost attempt before the deadline means unknown, for its batches alone', async () => {
  fixture.faulty.fail('index.commit', { kind: 'delayed' });
  fixture.faulty.fail('index.commit', { kind: 'before' }, 1_000);
  const { lines } = await write([batchOf('a'), batchOf('b', 1, { expectedNextOffset: 1 })]);
  expect(lines).toEqual(['KAFKA_STORAGE_ERROR unknown', 'KAFKA_STORAGE_ERROR none']);
});

test('after an unknown end the instance goes on as another producer', async () => {
  fixture.faulty.fail('index.commit', { kind: 'delayed' });
  fixture.faulty.fail('index.commit', { kind: 'before', reason: 'denied' });
  expect((await write([batchOf('a', 2)])).lines).toEqual(['KAFKA_STORAGE_ERROR unknown']);
  expect((await write([batchOf('b')])).lines).toEqual(['0']);
  await fixture.faulty.deliver();
  expect((await write([batchOf('c')])).lines).toEqual(['3']);
  expect(await fixture.log()).toEqual(['b@0', 'a@1', 'c@3']);
  expect(Object.keys((await fixture.head()).producers)).toHaveLength(2);
});

test('an error that is no word of the store may have had an effect', async () => {
  fixture.faulty.fail('index.commit', { kind: 'crash', error: new TypeError('decoding') });
  const { lines } = await write([batchOf('a')]);
  expect(lines).toEqual(['UNKNOWN_SERVER_ERROR unknown']);
});

test('a partition that is gone is told of, and its batches are not written', async () => {
  await fixture.truth.index.deletePartitions(refA.topicId, 1);
  const { lines } = await write([batchOf('a'), batchOf('b')]);
  expect(lines).toEqual(['UNKNOWN_TOPIC_OR_PARTITION none', 'UNKNOWN_TOPIC_OR_PARTITION none']);
  expect(events).toEqual(['vanished']);
});
