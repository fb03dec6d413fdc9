/**
 * Which small segments become one: nothing moves, it comes to an end with few left, and all the writing
 * stays within its bound, however segments come.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf } from '../../lib/log/compaction-plan.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import { isLarge, type MergeRules, mergeRulesOf, planMerge } from '../../lib/log/merge-plan.js';
import { topicConfigDefaults } from '../../lib/log/topic-configs.js';
import { propertyRuns } from './samples.js';

/** Ten offsets each; one hour apart, unless said otherwise. */
function pageOf(at: number, sizeBytes: number, maxTimestampMs = at): IndexPage {
  const location = { objectKey: `s${at}`, position: 4, sizeBytes, recordCount: 10, splits: [] };
  const ends = { baseOffset: at * 10, nextOffset: at * 10 + 10, maxTimestampMs, endBytes: 0 };
  return { ...ends, locations: [{ ...location, maxTimestampMs }] };
}

const pagesOf = (...sizes: readonly number[]) =>
  sizes.map((sizeBytes, at) => pageOf(at, sizeBytes));

const rules: MergeRules = { bytesMax: 100, spanMsMax: Number.POSITIVE_INFINITY, apartAt: 0 };

const sizesOf = (pages: readonly IndexPage[]) => pages.map(bytesOf);

function merged(group: readonly IndexPage[]): IndexPage {
  const [first, last] = [group[0] as IndexPage, group.at(-1) as IndexPage];
  const sizeBytes = sizesOf(group).reduce((sum, bytes) => sum + bytes, 0);
  const [location] = pageOf(0, sizeBytes).locations;
  const { baseOffset } = first;
  const recordCount = last.nextOffset - baseOffset;
  return { ...last, baseOffset, locations: location ? [{ ...location, recordCount }] : [] };
}

/** Until nothing is to be merged, and what was written for it. */
function mergeAll(pages: readonly IndexPage[], by: MergeRules) {
  let [now, bytesWritten] = [pages, 0];
  for (;;) {
    const group = planMerge(now, by);
    const [first] = group;
    if (!first) return { pages: now, bytesWritten };
    const at = now.indexOf(first);
    const whole = merged(group);
    const areNeighbours = group.every((page, i) => page === now[at + i]);
    expect([areNeighbours, group.length > 1]).toEqual([true, true]);
    expect(bytesOf(whole)).toBeLessThanOrEqual(by.bytesMax);
    bytesWritten += bytesOf(whole);
    now = now.toSpliced(at, group.length, whole);
  }
}

test.each<[string, number[], number[]]>([
  ['there is nothing', [], []],
  ['there is one', [1], []],
  ['they are four of a size', [1, 1, 1, 1], [1, 1, 1, 1]],
  ['they are three of a size', [1, 1, 1], []],
  ['the first is too large for what follows', [9, 1, 1, 1, 1], [1, 1, 1, 1]],
  ['two become a large one', [30, 30], [30, 30]],
  ['they would not fit', [49, 3, 49], []],
  ['they fit exactly', [49, 2, 49], [49, 2, 49]],
  ['a large one lies between them', [1, 1, 50, 1, 1], []],
  ['a large one lies behind them', [1, 1, 1, 1, 50], [1, 1, 1, 1]],
  ['more fit than are needed', [10, 10, 10, 10, 10, 10], [10, 10, 10, 10, 10, 10]],
  ['nothing is left in them', [0, 0], [0, 0]],
  ['nothing is left in one', [10, 0], []],
])('where %s', (_what, sizes, group) => {
  expect(sizesOf(planMerge(pagesOf(...sizes), rules))).toEqual(group);
});

test('no more at once than one transaction replaces', () => {
  expect(planMerge(pagesOf(...Array(100).fill(1)), rules)).toHaveLength(64);
});

test('what would expire too late together stays apart, and so does what may be of any age', () => {
  const pages = pagesOf(...Array(9).fill(1));
  const narrow = { ...rules, spanMsMax: 4 };
  expect(planMerge(pages, narrow).map(({ baseOffset }) => baseOffset)).toEqual([10, 20, 30, 40]);
  expect(planMerge(pages, narrow, -1)[0]?.baseOffset).toBe(0);
  expect(planMerge(pages, { ...rules, spanMsMax: 3 })).toEqual([]);
});

test('what lies on either side of where keys are compacted to stays apart', () => {
  const pages = pagesOf(1, 1, 1, 1, 1, 1, 1);
  const groupAt = (apartAt: number) =>
    planMerge(pages, { ...rules, apartAt }).map((p) => p.baseOffset);
  expect(groupAt(40)).toEqual([0, 10, 20, 30]);
  expect(groupAt(30)).toEqual([30, 40, 50, 60]);
  expect(groupAt(35)).toEqual([]);
});

test('a topic says how much, how long and where', () => {
  const of = (configs: object, cleanedTo?: number) =>
    mergeRulesOf({ ...topicConfigDefaults, ...configs }, cleanedTo);
  const hourMs = 3_600_000;
  expect(of({}, 7)).toEqual({ bytesMax: 2 ** 26, spanMsMax: 16.8 * hourMs, apartAt: 0 });
  expect(of({ retentionBytes: 5_000, retentionMs: -1 })).toEqual({ ...rules, bytesMax: 500 });
  const compacted = { cleanupPolicy: { delete: false, compact: true }, retentionBytes: 5_000 };
  expect(of(compacted, 7)).toEqual({ ...rules, bytesMax: 2 ** 26, apartAt: 7 });
});

test('however segments come: offsets stay whole, little is written, few are left', () => {
  const size = fc.oneof(
    fc.constant(1),
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 1, max: 120 }),
  );
  const come = fc.array(size, { minLength: 1, maxLength: 300, size: 'max' });
  const property = fc.property(come, fc.integer({ min: 1, max: 50 }), (sizes, atOnce) => {
    let pages: readonly IndexPage[] = [];
    let bytesWritten = 0;
    for (let at = 0; at < sizes.length; at += atOnce) {
      const more = sizes.slice(at, at + atOnce).map((bytes, i) => pageOf(at + i, bytes));
      const largeBefore = pages.filter((page) => isLarge(page, rules));
      const after = mergeAll([...pages, ...more], rules);
      pages = after.pages;
      bytesWritten += after.bytesWritten;
      expect(largeBefore.every((page) => pages.includes(page))).toBe(true);
    }
    expect(pages[0]?.baseOffset).toBe(0);
    expect(pages.at(-1)?.nextOffset).toBe(sizes.length * 10);
    const bases = pages.slice(1).map(({ baseOffset }) => baseOffset);
    expect(bases).toEqual(pages.slice(0, -1).map(({ nextOffset }) => nextOffset));
    const bytes = sizes.reduce((sum, one) => sum + one, 0);
    expect(sizesOf(pages).reduce((sum, one) => sum + one, 0)).toBe(bytes);
    const rounds = 1 + Math.log2(sizes.length) / 2;
    expect(bytesWritten).toBeLessThanOrEqual(bytes * rounds + 1e-6);
    expect(planMerge(pages, rules)).toEqual([]);
  });
  fc.assert(property, propertyRuns);
});

test('of a trickle few are left: most of them large, and a few of each size behind them', () => {
  let pages: readonly IndexPage[] = [];
  let bytesWritten = 0;
  const large: MergeRules = { ...rules, bytesMax: 1_000 };
  for (let at = 0; at < 5_000; at++) {
    const after = mergeAll([...pages, pageOf(at, 1 + (at % 3))], large);
    pages = after.pages;
    bytesWritten += after.bytesWritten;
  }
  expect(pages.length).toBeLessThan(35);
  expect(bytesWritten / 10_000).toBeLessThan(6);
});
