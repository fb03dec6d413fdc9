/**
 * Group commit: what arrives during a flush shares the next one, counted in uploads and commits; order
 * is kept whatever comes back; failures say what they did.
 */

import { beforeEach, expect, test } from 'vitest';
import { acceptAppend } from '../../lib/broker/accept-records.js';
import type { BrokerSettings } from '../../lib/broker/broker-settings.js';
import { createFlusher, type Flusher } from '../../lib/broker/flusher.js';
import type { PendingBatch } from '../../lib/log/append-plan.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import type { PendingAppend } from '../../lib/log/shared-batch.js';
import { walBucketOf } from '../../lib/log/wal-key.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createGate } from '../support/faulty-stores.js';
import { manualStartMs } from '../support/manual-world.js';
import {
  batchOf,
  createFixture,
  type Fixture,
  producerOf,
  refA,
  settingsOf,
} from './broker-fixture.js';
import { many, submit } from './flusher-requests.js';

const refB = { ...refA, partition: 1 };
const bucketNow = walBucketOf(manualStartMs);
let fixture: Fixture;
let events: string[];

beforeEach(async () => {
  fixture = await createFixture([refA, refB]);
  events = [];
});

function newFlusher(settings: Partial<BrokerSettings> = {}): Flusher {
  return createFlusher(fixture.faulty.stores, nodeCodecs, fixture.world, settingsOf(settings), {
    committed: ({ partition }, head) => void events.push(`${partition}: ${head.nextOffset}`),
    vanished: ({ partition }) => void events.push(`${partition} vanished`),
  });
}

/** One record that may share its batch. */
function smallOf(name: string): PendingAppend {
  const value = new TextEncoder().encode(`${name}#0`);
  const record = { key: null, value, headers: [], timestampMs: manualStartMs };
  return acceptAppend(refA, [record], nodeCodecs, manualStartMs);
}

const cost = () =>
  `${fixture.faulty.count('objects.put')} + ${fixture.faulty.count('index.commit')}`;

test('what arrives during a flush shares the next one: one put, one commit per partition', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'late' });
  const flusher = newFlusher();
  const first = submit(flusher, [batchOf('first')]);
  await fixture.world.settle();
  const rest = submit(flusher, [...many('a', 50), ...many('b', 30, refB)]);
  await fixture.world.settle();
  expect(cost()).toBe('1 + 0');
  gate.open();
  expect(await fixture.world.runUntil(first)).toEqual(['0']);
  const answers = await fixture.world.runUntil(rest);
  expect(answers.slice(0, 50)).toEqual(many('', 50).map((_, i) => String(i + 1)));
  expect(answers.slice(50)).toEqual(many('', 30).map((_, i) => String(i)));
  expect(cost()).toBe('2 + 3');
});

test('requests of one turn of the event loop share the first flush', async () => {
  const flusher = newFlusher();
  const answers = ['a', 'b', 'c'].map((name) => submit(flusher, [smallOf(name)]));
  expect(await fixture.world.runUntil(Promise.all(answers))).toEqual([['0'], ['1'], ['2']]);
  expect(await fixture.log()).toEqual(['a@0']);
  expect(cost()).toBe('1 + 1');
});

test('small records that wait together share a batch; what has a number keeps its own', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'late' });
  const flusher = newFlusher();
  const first = submit(flusher, [smallOf('first')]);
  await fixture.world.settle();
  const rest = submit(flusher, [
    ...Array.from({ length: 9 }, (_, i) => smallOf(`a${i}`)),
    batchOf('numbered', 2, producerOf(7, 0)),
    smallOf('b'),
    smallOf('c'),
  ]);
  gate.open();
  expect(await fixture.world.runUntil(first)).toEqual(['0']);
  const offsets = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13].map(String);
  expect(await fixture.world.runUntil(rest)).toEqual(offsets);
  expect(await fixture.log()).toEqual(['first@0', 'a0@1', 'numbered@10', 'b@12']);
  expect(cost()).toBe('2 + 2');
});

// Fault 1 of docs/faults.md.
test('who shares a batch shares its failure, and nothing of it is in the log', async () => {
  fixture.faulty.fail('objects.put', { kind: 'lost' });
  const answers = submit(newFlusher(), [smallOf('a'), smallOf('b')]);
  const failure = 'REQUEST_TIMED_OUT none';
  expect(await fixture.world.runUntil(answers)).toEqual([failure, failure]);
  expect(await fixture.log()).toEqual([]);
});

test('a small flush lies inline where the store has a place for that, as its topics want it', async () => {
  const places = async (inlineBytesMax: number | undefined, batches: readonly PendingBatch[]) => {
    const stores = { ...fixture.faulty.stores, inlineBytesMax };
    const nothing = { committed() {}, vanished() {} };
    const flusher = createFlusher(stores, nodeCodecs, fixture.world, settingsOf(), nothing);
    await fixture.world.runUntil(submit(flusher, batches));
    const last = fixture.faulty.calls.findLast(({ method }) => method === 'objects.put');
    return String(last?.args[0]).split('/')[0];
  };
  const small = () => batchOf('x');
  const wanting = (inlineBytesMax: number) => ({ ...batchOf('x'), inlineBytesMax });
  expect(await places(4_000, [small()])).toBe('inline');
  expect(await places(100, [small()])).toBe('wal');
  expect(await places(undefined, [wanting(4_000)])).toBe('wal');
  expect(await places(0, [wanting(4_000)])).toBe('inline');
  expect(await places(4_000, [small(), wanting(0)])).toBe('wal');
});

test('a second upload starts beside the first only if enough is waiting', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'late' }, 9);
  const flusher = newFlusher({ flushBytesMin: 1_000, flushesInFlightMax: 3 });
  const all = [submit(flusher, many('a', 1)), submit(flusher, many('b', 5))];
  await fixture.world.settle();
  expect(fixture.faulty.count('objects.put')).toBe(1);
  for (const [name, uploads] of [
    ['c', 2],
    ['d', 3],
    ['e', 3],
  ] as const) {
    all.push(submit(flusher, many(name, 40)));
    await fixture.world.settle();
    expect(fixture.faulty.count('objects.put')).toBe(uploads);
  }
  gate.open();
  await fixture.world.runUntil(Promise.all(all));
  const log = await fixture.log();
  const names = log.map((line) => line.replace(/\d+@.*/, '')).join('');
  expect(names).toBe(`a${'b'.repeat(5)}${'c'.repeat(40)}${'d'.repeat(40)}${'e'.repeat(40)}`);
});

test('a flush takes no more bytes than it may, but always one batch', async () => {
  const flusher = newFlusher({ flushBytesMax: 10, flushesInFlightMax: 1 });
  expect(await fixture.world.runUntil(submit(flusher, many('a', 3)))).toEqual(['0', '1', '2']);
  expect(cost()).toBe('3 + 3');
});

test('commits keep the order of arrival although a later upload is done first', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'late' });
  const flusher = newFlusher({ flushBytesMin: 1 });
  const early = submit(flusher, [batchOf('early', 1, producerOf(7, 0))]);
  await fixture.world.settle();
  const late = submit(flusher, [batchOf('late', 1, producerOf(7, 1))]);
  await fixture.world.settle();
  expect(cost()).toBe('2 + 0');
  gate.open();
  expect(await fixture.world.runUntil(Promise.all([early, late]))).toEqual([['0'], ['1']]);
});

// Faults 1, 9 of docs/faults.md.
test('a failed upload commits nothing and says none, even if its reply was lost', async () => {
  const flusher = newFlusher();
  fixture.faulty.fail('objects.put', { kind: 'lost' });
  expect(await fixture.world.runUntil(submit(flusher, many('a', 1)))).toEqual([
    'REQUEST_TIMED_OUT none',
  ]);
  fixture.faulty.fail('objects.put', { kind: 'before', reason: 'throttled' });
  expect(await fixture.world.runUntil(submit(flusher, many('b', 1)))).toEqual([
    'THROTTLING_QUOTA_EXCEEDED none',
  ]);
  expect(cost()).toBe('2 + 0');
  expect(await fixture.world.runUntil(submit(flusher, many('c', 1)))).toEqual(['0']);
});

test('one partition that fails does not hold up or fail another', async () => {
  await fixture.truth.index.deletePartitions(refA.topicId, 1);
  const flusher = newFlusher();
  const answers = submit(flusher, [batchOf('a'), batchOf('b', 1, { ref: refB })]);
  expect(await fixture.world.runUntil(answers)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION none', '0']);
  expect(events).toContain('0 vanished');
});

// Fault 13 of docs/faults.md.
test('a WAL floor that rises between upload and commit costs a second upload, above it', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'early' });
  const flusher = newFlusher();
  const answers = submit(flusher, [...many('a', 3), batchOf('b', 1, producerOf(7, 0))]);
  await fixture.world.settle();
  await fixture.truth.index.raiseWalFloor(refA, bucketNow + 5);
  gate.open();
  expect(await fixture.world.runUntil(answers)).toEqual(['0', '1', '2', '3']);
  expect(await fixture.log()).toEqual(['a0@0', 'a1@1', 'a2@2', 'b@3']);
  expect((await fixture.head()).tail[0]?.objectKey).toContain(`wal/${bucketNow + 5}/`);
  // Known from now on: no third upload is wasted.
  await fixture.world.runUntil(submit(flusher, many('c', 1)));
  expect(cost()).toBe('3 + 3');
});

test('flushes that were under way behind one that came back come back too, in order', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'early' }, 3);
  const flusher = newFlusher({ flushBytesMin: 1, flushBytesMax: 150 });
  const answers = submit(flusher, [
    batchOf('p0', 1, producerOf(7, 0)),
    batchOf('u0'),
    batchOf('p1', 1, producerOf(7, 1)),
    batchOf('u1'),
    batchOf('p2', 1, producerOf(7, 2)),
    batchOf('u2'),
  ]);
  await fixture.world.settle();
  expect(fixture.faulty.count('objects.put')).toBeGreaterThan(2);
  await fixture.truth.index.raiseWalFloor(refA, bucketNow + 1);
  gate.open();
  expect(await fixture.world.runUntil(answers)).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(await fixture.log()).toEqual(['p0@0', 'u0@1', 'p1@2', 'u1@3', 'p2@4', 'u2@5']);
});

test('a floor that rises again while what came back is under way keeps the order', async () => {
  const flusher = newFlusher({ flushBytesMin: 1, flushBytesMax: 150 });
  let bucket = bucketNow;
  fixture.faulty.fail(
    'objects.put',
    {
      kind: 'altered',
      change(outcome) {
        bucket++;
        void fixture.truth.index.raiseWalFloor(refA, bucket);
        return outcome;
      },
    },
    6,
  );
  const answers = submit(flusher, many('a', 9));
  expect(await fixture.world.runUntil(answers)).toEqual(many('', 9).map((_, i) => String(i)));
});

test('a failed second upload leaves no gap in the row of the instance', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'early' });
  fixture.faulty.fail('objects.put', { kind: 'before' });
  const flusher = newFlusher();
  const answers = submit(flusher, many('a', 2));
  await fixture.world.settle();
  await fixture.truth.index.raiseWalFloor(refA, bucketNow + 1);
  gate.open();
  const failed = 'KAFKA_STORAGE_ERROR none';
  expect(await fixture.world.runUntil(answers)).toEqual([failed, failed]);
  expect(await fixture.world.runUntil(submit(flusher, many('b', 1)))).toEqual(['0']);
});

test('idle waits for what is queued, under way, and left to be rolled', async () => {
  const flusher = newFlusher();
  await flusher.idle();
  const gate = createGate();
  fixture.faulty.fail('index.writePage', { kind: 'slow', gate, acts: 'late' });
  for (let i = 0; i < tailEntriesPerPage; i++) {
    await fixture.world.runUntil(submit(flusher, many(`a${i}`, 1)));
  }
  let idle = false;
  const waiting = flusher.idle().then(() => {
    idle = true;
  });
  await fixture.world.settle();
  expect(idle).toBe(false);
  gate.open();
  await fixture.world.runUntil(waiting);
  expect((await fixture.head()).tail).toEqual([]);
});

test('a roll that fails is told to the log and fails no append', async () => {
  fixture.faulty.fail('index.advanceTail', { kind: 'lost' });
  const flusher = newFlusher();
  for (let i = 0; i < tailEntriesPerPage + 1; i++) {
    const answers = await fixture.world.runUntil(submit(flusher, many(`a${i}`, 1)));
    expect(answers).toEqual([String(i)]);
  }
  await fixture.world.runUntil(flusher.idle());
  expect(fixture.world.logged).toEqual(['rolling a tail failed']);
});

test('whatever makes an upload throw, nobody waits for ever', async () => {
  const broken = { ...nodeCodecs, crc32c: () => Number.NaN };
  const failing = {
    ...fixture.world,
    uuid: () => {
      throw new Error('no randomness');
    },
  };
  const { stores } = fixture.faulty;
  const ignore = { committed: () => {}, vanished: () => {} };
  const flusher = createFlusher(stores, broken, failing, settingsOf(), ignore);
  expect(await fixture.world.runUntil(submit(flusher, many('a', 2)))).toEqual([
    'UNKNOWN_SERVER_ERROR none',
    'UNKNOWN_SERVER_ERROR none',
  ]);
});
