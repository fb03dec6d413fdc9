/**
 * Key compaction: the last value of each key stays where it is, tombstones for as long as they must, and
 * whatever stops a run, readers get an answer that was true.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import { findOffsetByTime } from '../../lib/broker/list-offsets.js';
import { readLeaderNotes } from '../../lib/jobs/leader-notes.js';
import { batchHeaderBytes, readBatchHeader } from '../../lib/log/batch-header.js';
import type { TopicConfigs } from '../../lib/log/topic-configs.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { refA } from '../broker/broker-fixture.js';
import { createGate } from '../support/faulty-stores.js';
import {
  createJobsFixture,
  hourMs,
  type JobsFixture,
  type MaintainFacts,
  orphans,
} from './jobs-fixture.js';

const compact: Partial<TopicConfigs> = {
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
  segmentBytes: 1_500,
};
const dayMs = 24 * hourMs;

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
});

function maintain(configs: Partial<TopicConfigs> = {}, facts: MaintainFacts = {}) {
  return fixture.maintain({ ...facts, configs: { ...compact, ...configs } });
}

/** All of it is old enough for a segment, and the run may take place. */
async function compactAll(configs: Partial<TopicConfigs> = {}) {
  await fixture.world.advance(2 * hourMs);
  return maintain(configs);
}

async function putRounds(rounds: number, keys = 5): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let key = 0; key < keys; key++) await fixture.put([[`k${key}`, `v${round}`]]);
  }
}

async function notes() {
  return readLeaderNotes(await fixture.truth.index.readNotes(refA));
}

const lastOf = (log: readonly string[]) => {
  const last = new Map(log.map((line) => [line.split('=')[0], line]));
  return log.filter((line) => [...last.values()].includes(line));
};

/** Readers from every offset, in small bites and in large ones, agree. */
async function expectToRead(expected: readonly string[]): Promise<void> {
  const { nextOffset, logStartOffset } = await fixture.head();
  for (let offset = logStartOffset; offset < nextOffset; offset++) {
    const rest = expected.filter((line) => Number(line.split('@')[1]) >= offset);
    for (const bytesMax of [1, 200, 1_000_000]) {
      expect(await fixture.readKeyed(offset, bytesMax)).toEqual(rest);
    }
  }
}

test('the last value of each key stays, at its offset and in its order', async () => {
  await putRounds(12);
  const before = await fixture.readKeyed();
  const report = await compactAll();
  expect(report).toMatchObject({ kind: 'done', recordsCompacted: 55 });
  const after = await fixture.readKeyed();
  expect(after).toEqual(lastOf(before));
  expect(after).toHaveLength(5);
  await expectToRead(after);
  // Nothing is left to be done, and nothing is done.
  expect(await maintain()).toMatchObject({ kind: 'idle' });
});

test('records of one batch are judged one by one; what stays keeps batch, offset and compression', async () => {
  await fixture.put([
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
    ['c', '4'],
    ['b', '5'],
  ]);
  await fixture.put([['a', '6']]);
  await fixture.put(
    Array.from({ length: 40 }, (_, i) => [`z${i % 8}`, `some text that goes on, ${i}`]),
    'gzip',
  );
  const before = await fixture.readKeyed();
  await compactAll();
  expect(await fixture.readKeyed()).toEqual(lastOf(before));
  const [page] = await fixture.pages();
  const [location] = page?.locations ?? [];
  if (!location) throw new Error('there is no segment');
  const { objects } = fixture.truth;
  const read = await objects.read(location.objectKey, location.position, location.sizeBytes);
  const bytes = read.kind === 'bytes' ? read.bytes : new Uint8Array();
  const first = readBatchHeader(bytes);
  expect(first).toMatchObject({ baseOffset: 0, lastOffsetDelta: 4, recordCount: 2 });
  const second = readBatchHeader(bytes, first.sizeBytes);
  const third = readBatchHeader(bytes, first.sizeBytes + second.sizeBytes);
  expect(third).toMatchObject({ lastOffsetDelta: 39, recordCount: 8, compression: 'gzip' });
  expect(third.sizeBytes).toBeGreaterThan(batchHeaderBytes);
});

test('records without a key go, as with Kafka, when the part that they are in is compacted', async () => {
  await fixture.put([
    [null, 'nobody knows'],
    ['a', '1'],
  ]);
  await fixture.put([[null, 'what this is about']]);
  await compactAll();
  expect(await fixture.readKeyed()).toEqual(['a=1@1']);
});

describe('tombstones', () => {
  const tombs = { deleteRetentionMs: dayMs };

  test('stay for delete.retention.ms after what they deleted is gone, then go', async () => {
    await fixture.put([['a', '1']]);
    await fixture.put([['b', '1']]);
    await fixture.put([['a', null]]);
    await compactAll(tombs);
    expect(await fixture.readKeyed()).toEqual(['b=1@1', 'a=null@2']);
    await fixture.world.advance(dayMs - 1);
    expect(await maintain(tombs)).toMatchObject({ recordsCompacted: 0 });
    expect(await fixture.readKeyed()).toEqual(['b=1@1', 'a=null@2']);
    await fixture.world.advance(1);
    expect(await maintain(tombs)).toMatchObject({ recordsCompacted: 1 });
    await expectToRead(['b=1@1']);
    await fixture.world.advance(10 * dayMs);
    expect(await maintain(tombs)).toMatchObject({ recordsCompacted: 0 });
  });

  test('of a log of nothing else leave nothing, and the end of the log where it was', async () => {
    await fixture.put([['a', '1']]);
    await fixture.put([['a', null]]);
    await compactAll({ deleteRetentionMs: 0 });
    expect(await fixture.readKeyed()).toEqual(['a=null@1']);
    await maintain({ deleteRetentionMs: 0 });
    await expectToRead([]);
    expect((await fixture.head()).nextOffset).toBe(2);
    await fixture.put([['a', '2']]);
    await expectToRead(['a=2@2']);
    await compactAll();
    await expectToRead(['a=2@2']);
  });

  test('that a newer value follows go with the older values', async () => {
    await fixture.put([['a', '1']]);
    await fixture.put([['a', null]]);
    await fixture.put([['a', '2']]);
    await compactAll(tombs);
    expect(await fixture.readKeyed()).toEqual(['a=2@2']);
  });

  test('of other batches keep the timestamps of what is beside them', async () => {
    await fixture.put([
      ['a', null],
      ['b', '1'],
    ]);
    const writtenMs = fixture.world.clock.nowMs();
    await compactAll(tombs);
    const head = await fixture.head();
    const found = await findOffsetByTime(fixture.truth, nodeCodecs, refA, head, writtenMs);
    expect(found).toEqual({ offset: 0, timestampMs: writtenMs });
    const later = findOffsetByTime(fixture.truth, nodeCodecs, refA, head, writtenMs + 1);
    expect(await later).toBeUndefined();
  });
});

test('what is younger than min.compaction.lag.ms stays as it is', async () => {
  await putRounds(4);
  await fixture.world.advance(3 * hourMs);
  await maintain({ minCompactionLagMs: 5 * hourMs });
  expect(await fixture.readKeyed()).toHaveLength(20);
  await putRounds(1);
  await fixture.world.advance(2 * hourMs);
  await maintain({ minCompactionLagMs: 5 * hourMs, segmentBytes: 900 });
  const left = await fixture.readKeyed();
  expect(left.slice(-5)).toEqual(['k0=v0@20', 'k1=v0@21', 'k2=v0@22', 'k3=v0@23', 'k4=v0@24']);
  // The older half is compacted for itself.
  expect(left.slice(0, -5)).toEqual(['k0=v3@15', 'k1=v3@16', 'k2=v3@17', 'k3=v3@18', 'k4=v3@19']);
});

test('the rest of the log is written anew only when enough is new', async () => {
  const half = { minCleanableDirtyRatio: 0.5 };
  for (let key = 0; key < 40; key++) await fixture.put([[`k${key}`, '0']]);
  await compactAll(half);
  await putRounds(1, 5);
  expect(await compactAll(half)).toMatchObject({ recordsCompacted: 0 });
  await putRounds(8, 5);
  expect((await compactAll(half)).recordsCompacted).toBeGreaterThan(40);
});

test('segments that have become small become one, and the old ones go after the grace period', async () => {
  await putRounds(40);
  expect((await compactAll({ cleanupPolicy: { delete: true, compact: false } })).segments).toBe(7);
  const old = await fixture.keys('segments/');
  const retired = async () => (await notes()).retired?.flatMap(({ keys }) => keys).sort();
  await maintain();
  // Those that nothing is left in are merged at once.
  expect(await retired()).toEqual(expect.arrayContaining([...old]));
  expect(await orphans(fixture)).toEqual(await retired());
  expect(await fixture.shownPages()).toEqual(['0-192 segments', '192-200 segments']);
  await putRounds(1);
  await compactAll();
  expect(await fixture.pages()).toHaveLength(1);
  expect(await orphans(fixture)).toEqual(await retired());
  await fixture.world.advance(2 * hourMs);
  await maintain();
  expect(await orphans(fixture)).toEqual([]);
  expect(await fixture.keys('segments/')).toHaveLength(1);
  expect(await retired()).toBeUndefined();
  await expectToRead(await fixture.readKeyed());
});

test('with few bytes for keys it compacts a part at a time, and comes to the same', async () => {
  for (let round = 0; round < 3; round++) await putRounds(1, 30);
  const before = await fixture.readKeyed();
  await fixture.world.advance(2 * hourMs);
  const settings = { dedupeBytesMax: 1_000 };
  let runs = 0;
  for (; (await maintain({}, { settings })).kind === 'done'; runs++) {
    expect(await fixture.readKeyed()).toEqual(expect.arrayContaining(lastOf(before)));
  }
  expect(runs).toBeGreaterThan(5);
  expect(await fixture.readKeyed()).toEqual(lastOf(before));
});

test('a run that may not go on does a part, and the next ones the rest', async () => {
  await putRounds(40);
  const before = await fixture.readKeyed();
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain({ configs: { segmentBytes: 1_500 } });
  let runs = 0;
  for (let report = await maintain({}, once()); report.kind === 'done'; runs++) {
    expect(report.segments).toBeLessThanOrEqual(1);
    report = await maintain({}, once());
  }
  expect(runs).toBeGreaterThan(3);
  expect(await fixture.readKeyed()).toEqual(lastOf(before));

  /** Yes to whether it may begin anything, no to every further question. */
  function once(): MaintainFacts {
    let asked = 0;
    return { goesOn: () => asked++ < 3 };
  }
});

test('a reader gets what was true while pages are replaced and after', async () => {
  await putRounds(12);
  const before = await fixture.readKeyed();
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain({ configs: { segmentBytes: 1_500 } });
  const gate = createGate();
  fixture.faulty.fail('index.replacePages', { kind: 'slow', gate, acts: 'late' });
  const run = maintain();
  await fixture.world.settle();
  await expectToRead(before);
  gate.open();
  await run;
  await expectToRead(lastOf(before));
});

describe('a leader that stops anywhere', () => {
  test.each(['objects.read', 'index.replacePages', 'index.writeNotes', 'index.findPages'] as const)(
    'at %s is followed by one that finishes it',
    async (method) => {
      await putRounds(12);
      const before = await fixture.readKeyed();
      await fixture.world.advance(2 * hourMs);
      await fixture.maintain({ configs: { segmentBytes: 1_500 } });
      for (const kind of ['before', 'lost'] as const) {
        for (let nth = 0; nth < 8; nth++) {
          fixture.faulty.fail(method, undefined, nth);
          fixture.faulty.fail(method, { kind });
          await maintain().catch((error: Error) => expect(error.name).toBe('StoreError'));
          expect(await fixture.readKeyed()).toEqual(expect.arrayContaining(lastOf(before)));
        }
      }
      await fixture.world.advance(2 * hourMs);
      while ((await maintain({}, { stores: fixture.truth })).kind !== 'idle');
      await expectToRead(lastOf(before));
      await fixture.world.advance(2 * hourMs);
      await maintain({}, { stores: fixture.truth });
      expect(await orphans(fixture)).toEqual([]);
    },
  );

  test('and wakes up after another has led changes nothing', async () => {
    await putRounds(12);
    const before = await fixture.readKeyed();
    await fixture.world.advance(2 * hourMs);
    await fixture.maintain({ configs: { segmentBytes: 1_500 } });
    const gate = createGate();
    fixture.faulty.fail('index.replacePages', { kind: 'slow', gate, acts: 'late' });
    const frozen = maintain();
    await fixture.world.settle();
    await fixture.world.advance(hourMs);
    await maintain({}, { stores: fixture.truth });
    const pages = await fixture.pages();
    gate.open();
    expect((await frozen).recordsCompacted).toBe(0);
    expect(await fixture.pages()).toEqual(pages);
    await expectToRead(lastOf(before));
    await fixture.world.advance(2 * hourMs);
    await maintain();
    expect(await orphans(fixture)).toEqual([]);
  });
});

describe('retention', () => {
  test('does not touch a topic that is only compacted', async () => {
    await putRounds(3);
    await compactAll({ retentionMs: 1, retentionBytes: 1 });
    await fixture.world.advance(10 * dayMs);
    await maintain({ retentionMs: 1, retentionBytes: 1 });
    expect((await fixture.head()).logStartOffset).toBe(0);
    expect(await fixture.readKeyed()).toHaveLength(5);
  });

  const both = { delete: true, compact: true };

  test('by age goes on beside compaction', async () => {
    await putRounds(3);
    await compactAll({ cleanupPolicy: both, retentionMs: dayMs });
    expect(await fixture.readKeyed()).toHaveLength(5);
    await fixture.world.advance(2 * dayMs);
    await putRounds(1, 2);
    await maintain({ cleanupPolicy: both, retentionMs: dayMs });
    expect(await fixture.readKeyed()).toEqual(['k0=v0@15', 'k1=v0@16']);
  });

  test('by size counts what is left, not what was written', async () => {
    await putRounds(40);
    await compactAll();
    const held = (await fixture.pages()).flatMap(({ locations }) => locations);
    const bytes = held.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await putRounds(1, 1);
    await maintain({ cleanupPolicy: both, retentionBytes: 2 * bytes });
    expect(await fixture.readKeyed()).toHaveLength(6);
    await maintain({ cleanupPolicy: both, retentionBytes: 1 });
    expect(await fixture.readKeyed()).toHaveLength(1);
  });
});
