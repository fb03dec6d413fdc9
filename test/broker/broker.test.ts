/** The broker as its faces see it: appends in order, reads after writes, fences, and a tidy end. */

import { beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../../lib/broker/broker.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import {
  batchOf,
  createFixture,
  errorOf,
  type Fixture,
  lineOf,
  nameOf,
  refA,
  settingsOf,
} from './broker-fixture.js';

const refB = { ...refA, partition: 1 };
let fixture: Fixture;
let broker: Broker;

function newBroker(shared = false): Broker {
  const stores = { ...fixture.faulty.stores, shared };
  return createBroker(stores, nodeCodecs, fixture.world, settingsOf({ tailPollMs: 100 }));
}

beforeEach(async () => {
  fixture = await createFixture([refA, refB]);
  broker = newBroker();
});

const append = (...batches: Parameters<Broker['append']>[0]) =>
  fixture.world.runUntil(broker.append(batches));
const waiting = { offset: 0, bytesMax: 1_000, waitMs: 10_000 };

test('results come in the order of the batches, each with its own end', async () => {
  const results = await append(
    batchOf('a', 2),
    batchOf('b', 1, { ref: refB, expectedNextOffset: 9 }),
    batchOf('c', 1, { ref: { ...refA, partition: 7 } }),
    batchOf('d'),
  );
  expect(results.map(lineOf)).toEqual([
    '0',
    'EXPECTED_OFFSET_MISMATCH none',
    'UNKNOWN_TOPIC_OR_PARTITION none',
    '2',
  ]);
  expect(await append()).toEqual([]);
});

test('what was just written is read from memory', async () => {
  await append(batchOf('a'));
  const { batches } = await broker.fetch(refA, { ...waiting, waitMs: 0 });
  expect(batches.map(nameOf)).toEqual(['a']);
  expect(fixture.faulty.count('objects.read')).toBe(0);
});

test('a commit whose reply was lost wakes the readers all the same', async () => {
  const reading = broker.fetch(refA, waiting);
  await fixture.world.settle();
  fixture.faulty.fail('index.commit', { kind: 'lost' });
  const startMs = fixture.world.clock.nowMs();
  await append(batchOf('a'));
  expect((await fixture.world.runUntil(reading)).batches.map(nameOf)).toEqual(['a']);
  expect(fixture.world.clock.nowMs() - startMs).toBeLessThan(1_000);
});

test('a reader at one broker sees what another wrote', async () => {
  const reading = newBroker(true).fetch(refA, waiting);
  await fixture.world.settle();
  await append(batchOf('a'));
  expect((await fixture.world.runUntil(reading)).batches.map(nameOf)).toEqual(['a']);
});

test('a partition that is gone is unknown to every verb, and the topic is forgotten', async () => {
  const { topicId } = await broker.topics.create('t', 1);
  const ref = { topicId, partition: 0 };
  await fixture.truth.index.deletePartitions(topicId, 1);
  const unknown = { code: 'UNKNOWN_TOPIC_OR_PARTITION' };
  await expect(broker.head(ref)).rejects.toMatchObject(unknown);
  await expect(broker.fetch(ref, { ...waiting, waitMs: 0 })).rejects.toMatchObject(unknown);
  await expect(broker.fence(ref, 'x')).rejects.toMatchObject(unknown);
  expect(errorOf((await append(batchOf('a', 1, { ref })))[0])).toMatchObject(unknown);
});

test('a fence is kept by those who carry the token, and moved only by who knows it', async () => {
  expect((await broker.fence(refA, 'one', null)).fencingToken).toBe('one');
  const mismatch = { code: 'FENCING_TOKEN_MISMATCH', details: { actualToken: 'one' } };
  await expect(broker.fence(refA, 'two', null)).rejects.toMatchObject(mismatch);
  const results = await append(
    batchOf('a', 1, { fencingToken: 'one' }),
    batchOf('b', 1, { fencingToken: 'two' }),
    batchOf('c'),
  );
  expect(results.map(lineOf)).toEqual(['0', 'FENCING_TOKEN_MISMATCH none', '1']);
  expect((await broker.fence(refA, null)).fencingToken).toBeNull();
});

test('producer ids are never given twice', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => broker.nextProducerId()));
  expect(new Set(ids).size).toBe(20);
});

test('closing ends the waits and finishes the appends', async () => {
  const reading = broker.fetch(refA, waiting);
  const writing = broker.append([batchOf('a')]);
  const closed = broker.close();
  await fixture.world.runUntil(closed);
  expect((await writing).map(lineOf)).toEqual(['0']);
  await fixture.world.runUntil(reading);
  expect(fixture.world.timerCount()).toBe(0);
});

test('by time: the first record that is new enough', async () => {
  await append(batchOf('a', 2, { timestampMs: 10 }), batchOf('b', 2, { timestampMs: 20 }));
  const head = await broker.head(refA);
  expect(await broker.offsetByTime(refA, head, 11)).toEqual({ offset: 2, timestampMs: 20 });
  expect(await broker.offsetByTime(refA, head, 21)).toBeUndefined();
});

test('a trim raises the log start, up to the end, and readers below it are told', async () => {
  await append(batchOf('a', 3), batchOf('b', 2));
  expect(await broker.trim(refA, 2)).toMatchObject({ logStartOffset: 2, nextOffset: 5 });
  expect(await broker.trim(refA, 1)).toMatchObject({ logStartOffset: 2 });
  const details = { offset: 1, earliest: 2, latest: 5 };
  const outside = { code: 'OFFSET_OUT_OF_RANGE', sideEffects: 'none' };
  const below = broker.fetch(refA, { ...waiting, offset: 1, waitMs: 0 });
  await expect(below).rejects.toMatchObject({ ...outside, details });
  const beyond = { offset: 6, earliest: 2, latest: 5 };
  await expect(broker.trim(refA, 6)).rejects.toMatchObject({ ...outside, details: beyond });
  // The batch that holds the new start is still whole.
  const { batches } = await broker.fetch(refA, { ...waiting, offset: 2, waitMs: 0 });
  expect(batches.map(nameOf)).toEqual(['a', 'b']);
  const head = await broker.trim(refA, 'latest');
  expect(head.logStartOffset).toBe(5);
  expect(await broker.offsetByTime(refA, head, 0)).toBeUndefined();
  expect((await append(batchOf('c'))).map(lineOf)).toEqual(['5']);
  const gone = { ...refA, partition: 9 };
  const unknown = { code: 'UNKNOWN_TOPIC_OR_PARTITION' };
  await expect(broker.trim(gone, 0)).rejects.toMatchObject(unknown);
  await expect(broker.trim(gone, 'latest')).rejects.toMatchObject(unknown);
});
