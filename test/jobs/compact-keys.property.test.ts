/**
 * Key compaction as a property: whatever is written, however runs are cut short, crash or meet each other,
 * a reader finds only what was written, where it was written, and of each key the last.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLeaderNotes } from '../../lib/jobs/leader-notes.js';
import { refA } from '../broker/broker-fixture.js';
import { propertyRuns } from '../log/samples.js';
import { createFaultyStores } from '../support/faulty-stores.js';
import { createJobsFixture, hourMs, type JobsFixture, orphans } from './jobs-fixture.js';

type Written = { readonly key: string; readonly value: string | null; readonly atMs: number };

const deleteRetentionMs = 5 * hourMs;
const configs = {
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
  segmentBytes: 700,
  deleteRetentionMs,
};

const record = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean(), fc.boolean());
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: fc.array(record, { minLength: 1, maxLength: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ hours: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      questions: fc.integer({ min: 1, max: 6 }),
      dedupeBytesMax: fc.constantFrom(1, 250, 10_000),
      memoryBytesMax: fc.constantFrom(1, 400, 10_000),
      failing: fc.constantFrom(
        undefined,
        'objects.read' as const,
        'index.replacePages' as const,
        'index.writeNotes' as const,
      ),
      nth: fc.nat({ max: 5 }),
      lost: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
);
type Run = Extract<typeof step extends fc.Arbitrary<infer S> ? S : never, { questions: number }>;

/** One run, or two at once; what fails is left to the next. */
async function run(fixture: JobsFixture, facts: Run) {
  const { questions, failing, nth, lost, twice, ...settings } = facts;
  const faulty = createFaultyStores(fixture.truth);
  if (failing) {
    faulty.fail(failing, undefined, nth);
    faulty.fail(failing, { kind: lost ? 'lost' : 'before' });
  }
  const { stores } = faulty;
  const once = () => {
    let asked = 0;
    return fixture.maintain({ stores, configs, settings, goesOn: () => asked++ < questions });
  };
  const runs = await Promise.allSettled(twice ? [once(), once()] : [once()]);
  for (const one of runs) {
    if (one.status === 'rejected') expect(one.reason.name).toBe('StoreError');
  }
}

async function judge(fixture: JobsFixture, written: readonly Written[]): Promise<void> {
  const nowMs = fixture.world.clock.nowMs();
  const read = await fixture.readKeyed(0, 300);
  const offsets = read.map((line) => Number(line.split('@')[1]));
  expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  for (const [i, line] of read.entries()) {
    const { key, value } = written[offsets[i] as number] as Written;
    expect(line).toBe(`${key}=${value}@${offsets[i]}`);
  }
  const there = new Set(offsets);
  const keys = new Set(written.map(({ key }) => key));
  for (const key of keys) {
    const last = written.findLastIndex((one) => one.key === key);
    if (there.has(last)) continue;
    // Only a tombstone may go, when nothing is left that it deleted, and not too soon.
    expect(written[last]?.value).toBeNull();
    expect(nowMs - (written[last]?.atMs ?? 0)).toBeGreaterThanOrEqual(deleteRetentionMs);
    expect(read.filter((line) => line.startsWith(`${key}=`))).toEqual([]);
  }
}

test('of each key the last stays, and nothing else is changed by any row of runs', async () => {
  const history = fc.array(step, { minLength: 5, maxLength: 120, size: 'max' });
  const property = fc.asyncProperty(history, async (steps) => {
    const fixture = await createJobsFixture(1, 150);
    const written: Written[] = [];
    for (const each of steps) {
      if ('put' in each) {
        const atMs = fixture.world.clock.nowMs();
        const records = each.put.map(([key, isTombstone], i) => {
          const value = isTombstone ? null : `v${written.length + i}`;
          return { key: `k${key}`, value, atMs };
        });
        const isPacked = each.put.some(([, , packed]) => packed);
        await fixture.put(
          records.map(({ key, value }) => [key, value] as const),
          isPacked ? 'gzip' : 'none',
        );
        written.push(...records);
      } else if ('hours' in each) await fixture.world.advance(each.hours * hourMs);
      else {
        await run(fixture, each);
        await judge(fixture, written);
      }
    }
    // Without faults, to the end: all is old, and nothing is left to be done.
    await fixture.world.advance(3 * hourMs);
    const whole = { configs, stores: fixture.truth };
    for (let runs = 0; (await fixture.maintain(whole)).kind !== 'idle'; runs++) {
      expect(runs).toBeLessThan(100);
    }
    await judge(fixture, written);
    const notes = readLeaderNotes(await fixture.truth.index.readNotes(refA));
    if (written.length > 0) expect(notes.cleaned?.to).toBe(written.length);
    const read = await fixture.readKeyed(0);
    expect(new Set(read.map((line) => line.split('=')[0])).size).toBe(read.length);
    await fixture.world.advance(deleteRetentionMs + 3 * hourMs);
    while ((await fixture.maintain(whole)).kind !== 'idle');
    expect((await fixture.readKeyed(0)).filter((line) => line.includes('=null'))).toEqual([]);
    await fixture.world.advance(3 * hourMs);
    await fixture.maintain(whole);
    expect(await orphans(fixture)).toEqual([]);
  });
  await fc.assert(property, { ...propertyRuns, numRuns: 100 });
}, 120_000);
