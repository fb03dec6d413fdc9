/** Work found on the way: who asks for maintenance, how often, and that no append waits for it or fails by it. */

import { beforeEach, expect, test } from 'vitest';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { createFoundWork } from '../../lib/broker/found-work.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { emptyHead, type PartitionRef } from '../../lib/log/partition-head.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createManualWorld, type ManualWorld } from '../support/manual-world.js';
import { batchOf, createFixture, refA } from './broker-fixture.js';

let world: ManualWorld;
let asked: PartitionRef[];
const requests = { ask: async (ref: PartitionRef) => void asked.push(ref) };
const headAt = (pagedBytes: number) => ({ ...emptyHead, pagedBytes });
const refB = { ...refA, partition: 1 };

beforeEach(() => {
  world = createManualWorld();
  asked = [];
});

test('a roll over a multiple asks, once in a time for each partition', async () => {
  const found = createFoundWork(requests, world, { askBytes: 100, askEveryMs: 1_000 });
  await found(refA, headAt(0), headAt(99));
  await found(refA, headAt(100), headAt(199));
  expect(asked).toEqual([]);
  await found(refA, headAt(99), headAt(100));
  await found(refA, headAt(199), headAt(430));
  await found(refB, headAt(90), headAt(110));
  expect(asked).toEqual([refA, refB]);
  await world.advance(1_000);
  await found(refA, headAt(499), headAt(500));
  expect(asked).toEqual([refA, refB, refA]);
});

test('who cannot ask says so, and nothing else happens', async () => {
  const broken = { ask: () => Promise.reject(new Error('nobody there')) };
  await createFoundWork(broken, world, { askBytes: 1, askEveryMs: 1 })(refA, headAt(0), headAt(1));
  expect(world.logged).toEqual(['maintenance could not be asked for']);
});

test('appends are answered before anybody is asked, and an instance rests only after', async () => {
  const fixture = await createFixture();
  let answer = () => {};
  const slow = {
    ask: (ref: PartitionRef) =>
      new Promise<void>((resolve) => {
        asked.push(ref);
        answer = resolve;
      }),
  };
  const settings = { ...brokerDefaults, askBytes: 500, askEveryMs: 0 };
  const broker = createBroker(fixture.truth, nodeCodecs, fixture.world, settings, slow);
  for (let i = 0; i < tailEntriesPerPage; i++) {
    const [result] = await fixture.world.runUntil(broker.append([batchOf(`b${i}`)]));
    expect(result).toMatchObject({ kind: 'appended' });
  }
  await fixture.world.settle();
  expect(asked).toEqual([refA]);
  let resting = false;
  const idle = broker.idle().then(() => {
    resting = true;
  });
  await fixture.world.settle();
  expect(resting).toBe(false);
  answer();
  await idle;
});

test('a broker without anybody to ask rolls as ever', async () => {
  const fixture = await createFixture();
  const settings = { ...brokerDefaults, askBytes: 1 };
  const broker = createBroker(fixture.truth, nodeCodecs, fixture.world, settings);
  for (let i = 0; i < tailEntriesPerPage; i++) {
    await fixture.world.runUntil(broker.append([batchOf(`b${i}`)]));
  }
  await broker.idle();
  expect((await fixture.head()).pagedBytes).toBeGreaterThan(0);
});
