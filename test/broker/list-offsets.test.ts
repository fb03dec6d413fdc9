/** Offsets by time, against a search through everything; timestamps in any order. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptRecords } from '../../lib/broker/accept-records.js';
import { createBroker } from '../../lib/broker/broker.js';
import { findOffsetByTime } from '../../lib/broker/list-offsets.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { missing } from '../support/faulty-stores.js';
import { createFixture, type Fixture, refA, settingsOf } from './broker-fixture.js';

/** Each inner list is a batch, in a commit of its own if `together` is 1. */
async function createTimed(times: readonly (readonly number[])[], together = 1): Promise<Fixture> {
  const fixture = await createFixture();
  const broker = createBroker(fixture.truth, nodeCodecs, fixture.world, settingsOf());
  const batches = times.map((batch) => {
    const records = batch.map((timestampMs) => ({
      key: null,
      value: null,
      headers: [],
      timestampMs,
    }));
    return acceptRecords(refA, records, nodeCodecs, fixture.world.clock.nowMs());
  });
  for (let i = 0; i < batches.length; i += together) {
    await fixture.world.runUntil(broker.append(batches.slice(i, i + together)));
  }
  await broker.idle();
  return fixture;
}

function naive(times: readonly (readonly number[])[], logStart: number, wanted: number) {
  const flat = times.flat();
  const offset = flat.findIndex((time, at) => at >= logStart && time >= wanted);
  return offset === -1 ? undefined : { offset, timestampMs: flat[offset] };
}

async function find(fixture: Fixture, wanted: number, logStartOffset = 0) {
  const head = { ...(await fixture.head()), logStartOffset };
  return findOffsetByTime(fixture.faulty.stores, nodeCodecs, refA, head, wanted);
}

test('unordered timestamps in pages, tail and batches are found as by looking at each', async () => {
  const batch = fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 3 });
  const rising = fc.nat({ max: 20 });
  const log = fc
    .tuple(fc.array(batch, { minLength: 1, maxLength: 4 * tailEntriesPerPage }), rising)
    .map(([batches, step]) => batches.map((times, i) => times.map((time) => time + i * step)));
  const property = fc.asyncProperty(
    log,
    fc.integer({ min: 1, max: 5 }),
    fc.nat({ max: 1_000 }),
    async (times, together, permille) => {
      const fixture = await createTimed(times, together);
      const all = times.flat();
      const logStart = Math.floor((all.length * permille) / 1_001);
      const wanted = new Set([0, -1, ...all, ...all.map((time) => time + 1)]);
      for (const time of [...wanted].slice(0, 25)) {
        expect(await find(fixture, time, logStart)).toEqual(naive(times, logStart, time));
      }
    },
  );
  await fc.assert(property, { numRuns: 40, seed: 20_261_123 });
});

test('an empty log, and one that is trimmed to its end, hold nothing', async () => {
  expect(await find(await createTimed([]), 0)).toBeUndefined();
  expect(await find(await createTimed([[1, 2]]), 0, 2)).toBeUndefined();
});

test('the page is found by halving, not by reading from the start', async () => {
  const times = Array.from({ length: tailEntriesPerPage * 32 }, (_, i) => [i]);
  const fixture = await createTimed(times);
  expect(await find(fixture, 300)).toEqual({ offset: 300, timestampMs: 300 });
  expect(fixture.faulty.count('index.findPages')).toBeLessThan(14);
  expect(fixture.faulty.count('objects.read')).toBe(1);
});

test('a location of many batches is read in large bites', async () => {
  const times = Array.from({ length: 400 }, (_, i) => [i]);
  const fixture = await createTimed(times, 400);
  expect(await find(fixture, 399)).toEqual({ offset: 399, timestampMs: 399 });
  expect(fixture.faulty.count('objects.read')).toBe(1);
});

test('an object that has gone is looked for once more, and then told of', async () => {
  const fixture = await createTimed([[1], [2]]);
  fixture.faulty.fail('objects.read', missing);
  expect(await find(fixture, 2)).toEqual({ offset: 1, timestampMs: 2 });
  fixture.faulty.fail('objects.read', missing, 2);
  await expect(find(fixture, 2)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
});
