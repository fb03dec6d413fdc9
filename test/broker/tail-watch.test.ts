/** Waiting at the tail: no wake-up is lost, thousands cost one ticker and one look per partition. */

import { beforeEach, expect, test } from 'vitest';
import { createTailWatch, type TailWatch } from '../../lib/broker/tail-watch.js';
import { emptyHead, type PartitionHead } from '../../lib/log/partition-head.js';
import { createGate } from '../support/faulty-stores.js';
import { createFixture, type Fixture, refA } from './broker-fixture.js';

const refB = { ...refA, partition: 1 };
const headAt = (nextOffset: number): PartitionHead => ({ ...emptyHead, nextOffset });
let fixture: Fixture;
let watch: TailWatch;

beforeEach(async () => {
  fixture = await createFixture([refA, refB]);
  watch = createTailWatch(fixture.world.clock, undefined);
});

const looks = () => fixture.faulty.count('index.readHead');

function watchShared(): TailWatch {
  return createTailWatch(fixture.world.clock, { index: fixture.faulty.stores.index, everyMs: 200 });
}

/** Lets other processes commit: the next look finds the log ending there. */
function grow(nextOffset: number): void {
  fixture.faulty.fail('index.readHead', { kind: 'altered', change: () => headAt(nextOffset) });
}

test('a commit wakes those that it reaches beyond, and nobody else', async () => {
  const news: string[] = [];
  for (const [name, ref, offset] of [
    ['a', refA, 0],
    ['b', refA, 5],
    ['c', refB, 0],
  ] as const) {
    const { news: woken } = watch.subscribe(ref, offset, 1_000);
    void woken.then((head) => news.push(`${name} ${head?.nextOffset}`));
  }
  watch.committed(refA, headAt(5));
  await fixture.world.settle();
  expect(news).toEqual(['a 5']);
  watch.committed(refA, headAt(6));
  await fixture.world.advance(1_100);
  expect(news).toEqual(['a 5', 'b 6', 'c undefined']);
});

test('a wait ends at its deadline, not much later', async () => {
  const startMs = fixture.world.clock.nowMs();
  const { news } = watch.subscribe(refA, 0, 120);
  expect(await fixture.world.runUntil(news)).toBeUndefined();
  const waitedMs = fixture.world.clock.nowMs() - startMs;
  expect(waitedMs).toBeGreaterThanOrEqual(120);
  expect(waitedMs).toBeLessThanOrEqual(170);
});

test('all waits share one ticker, which stops with the last of them', async () => {
  const all = Array.from({ length: 1_000 }, (_, i) =>
    watch.subscribe(i % 2 === 0 ? refA : refB, i, 5_000),
  );
  expect(fixture.world.timerCount()).toBe(1);
  for (const subscription of all.slice(1)) subscription.cancel();
  expect(fixture.world.timerCount()).toBe(1);
  all[0]?.cancel();
  all[0]?.cancel();
  expect(fixture.world.timerCount()).toBe(0);
  await Promise.all(all.map(({ news }) => news));
  watch.subscribe(refA, 0, 50).cancel();
  expect(fixture.world.timerCount()).toBe(0);
});

test('a signal ends a wait, before it began as well as after', async () => {
  const gone = new AbortController();
  const { news } = watch.subscribe(refA, 0, 1_000, gone.signal);
  gone.abort();
  expect(await news).toBeUndefined();
  expect(await watch.subscribe(refA, 0, 1_000, gone.signal).news).toBeUndefined();
  expect(fixture.world.timerCount()).toBe(0);
});

test('a wait that was woken is woken once and lets go of its signal', async () => {
  const gone = new AbortController();
  const { news, cancel } = watch.subscribe(refA, 0, 1_000, gone.signal);
  watch.committed(refA, headAt(1));
  gone.abort();
  cancel();
  expect((await news)?.nextOffset).toBe(1);
});

test('closing ends every wait', async () => {
  const all = [watch.subscribe(refA, 0, 1_000), watch.subscribe(refB, 0, 1_000)];
  watch.close();
  expect(await Promise.all(all.map(({ news }) => news))).toEqual([undefined, undefined]);
  expect(fixture.world.timerCount()).toBe(0);
});

test('where others write too, one look per partition serves all who wait', async () => {
  watch = watchShared();
  const all = Array.from({ length: 100 }, () => watch.subscribe(refA, 0, 5_000));
  await fixture.world.advance(1_000);
  expect(looks()).toBeGreaterThanOrEqual(3);
  expect(looks()).toBeLessThanOrEqual(5);
  grow(1);
  const heads = await fixture.world.runUntil(Promise.all(all.map(({ news }) => news)));
  expect(heads.every((head) => head?.nextOffset === 1)).toBe(true);
  const before = looks();
  await fixture.world.advance(1_000);
  expect(looks()).toBe(before);
});

test('a look that fails is made again', async () => {
  watch = watchShared();
  fixture.faulty.fail('index.readHead', { kind: 'before' }, 2);
  grow(3);
  const { news } = watch.subscribe(refA, 0, 5_000);
  expect((await fixture.world.runUntil(news))?.nextOffset).toBe(3);
});

test('a slow look is not asked again before it has answered, and still wakes', async () => {
  watch = watchShared();
  const gate = createGate();
  fixture.faulty.fail('index.readHead', { kind: 'slow', gate, acts: 'late' });
  const { news } = watch.subscribe(refA, 0, 60_000);
  await fixture.world.advance(2_000);
  expect(looks()).toBe(1);
  gate.open();
  grow(1);
  expect((await fixture.world.runUntil(news))?.nextOffset).toBe(1);
});

// Fault 17 of docs/faults.md.
test('a wait ends when the clock is put back, and not as much later', async () => {
  let backMs = 0;
  const { clock } = fixture.world;
  const putBack = createTailWatch({ ...clock, nowMs: () => clock.nowMs() - backMs }, undefined);
  const { news } = putBack.subscribe(refA, 0, 1_000);
  await fixture.world.advance(200);
  backMs = 3_600_000;
  await fixture.world.advance(50);
  expect(fixture.world.timerCount()).toBe(0);
  expect(await news).toBeUndefined();
});

test('a clock that is put back does not put off the next look', async () => {
  let backMs = 0;
  const { clock } = fixture.world;
  const { index } = fixture.faulty.stores;
  const putBack = { ...clock, nowMs: () => clock.nowMs() - backMs };
  const shared = createTailWatch(putBack, { index, everyMs: 200 });
  const { news } = shared.subscribe(refA, 0, 60_000);
  await fixture.world.advance(12_000);
  backMs = 11_000;
  grow(3);
  await fixture.world.advance(300);
  expect((await news)?.nextOffset).toBe(3);
});
