/** Replacing pages: who may, and that a reader finds the same log whatever is left over. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IndexPage } from '../../lib/log/index-page.js';
import { currentPages, decideReplacement } from '../../lib/log/page-replacement.js';
import { emptyHead } from '../../lib/log/partition-head.js';
import { propertyRuns } from './samples.js';

const me = { leader: 'me', leaderEpoch: 2 };
const head = {
  ...emptyHead,
  tailBaseOffset: 32,
  compactedTo: 8,
  lease: { ...me, leaseExpiresMs: 0 },
};

function pageOf(baseOffset: number, nextOffset: number, objectKey = 'wal/1/x'): IndexPage {
  const recordCount = nextOffset - baseOffset;
  const place = { position: 0, sizeBytes: 1, maxTimestampMs: 0, splits: [] };
  const locations = [{ ...place, objectKey, recordCount }];
  return { baseOffset, nextOffset, maxTimestampMs: 0, endBytes: 0, locations };
}

test('the leader replaces what is in pages, and moves forward only', () => {
  const replace = (end: number, compactedTo?: number, by = me) =>
    decideReplacement(head, by, { page: pageOf(0, end), ...(compactedTo && { compactedTo }) });
  expect(replace(32, 32)?.compactedTo).toBe(32);
  expect(replace(32)?.compactedTo).toBe(8);
  expect(replace(33, 33)).toBeUndefined();
  expect(replace(32, 7)).toBeUndefined();
  expect(replace(32, 32, { ...me, leaderEpoch: 1 })).toBeUndefined();
  expect(replace(32, 32, { ...me, leader: 'you' })).toBeUndefined();
});

const show = (pages: readonly IndexPage[]) => pages.map((p) => `${p.baseOffset}-${p.nextOffset}`);

test.each<[string, [number, number][], number, string[]]>([
  [
    'neighbours all count',
    [
      [0, 4],
      [4, 8],
      [8, 9],
    ],
    0,
    ['0-4', '4-8', '8-9'],
  ], // prettier-ignore
  [
    'a wide page holds those before it',
    [
      [0, 4],
      [4, 8],
      [0, 12],
      [12, 16],
    ],
    0,
    ['0-12', '12-16'],
  ], // prettier-ignore
  [
    'some were deleted already',
    [
      [4, 8],
      [0, 12],
    ],
    0,
    ['0-12'],
  ], // prettier-ignore
  [
    'a page below the log start does not hide a later one',
    [
      [0, 16],
      [10, 64],
    ],
    12,
    ['10-64'],
  ], // prettier-ignore
  [
    'a reader above sees the same',
    [
      [4, 8],
      [0, 12],
      [12, 16],
    ],
    6,
    ['0-12', '12-16'],
  ], // prettier-ignore
])('%s', (_what, bounds, offset, expected) => {
  const pages = bounds.map(([base, next]) => pageOf(base, next));
  expect(show(currentPages(pages, offset, 0))).toEqual(expected);
});

test('below what is compacted, a page of WAL ranges is left over even when its heir is out of sight', () => {
  const pages = [pageOf(0, 4), pageOf(4, 8), pageOf(8, 12, 'segments/a'), pageOf(12, 16)];
  expect(show(currentPages(pages, 0, 12))).toEqual(['8-12', '12-16']);
});

test('from every offset the pages cover the log once, whatever of the replaced is left', () => {
  const history = fc.record({
    widths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
    cuts: fc.infiniteStream(fc.boolean()),
    left: fc.infiniteStream(fc.boolean()),
    offset: fc.nat({ max: 47 }),
  });
  const property = fc.property(history, ({ widths, cuts, left, offset }) => {
    let end = 0;
    const narrow = widths.map((width) => {
      end += width;
      return pageOf(end - width, end);
    });
    const pages = new Map(narrow.map((page) => [page.nextOffset, page]));
    let base = 0;
    for (const { nextOffset } of narrow) {
      if (!cuts.next().value && nextOffset !== end) continue;
      for (const page of narrow) {
        const inside = page.baseOffset >= base && page.nextOffset < nextOffset;
        if (inside && !left.next().value) pages.delete(page.nextOffset);
      }
      pages.set(nextOffset, pageOf(base, nextOffset, 'segments/a'));
      base = nextOffset;
    }
    const wanted = offset % end;
    const found = [...pages.values()]
      .filter(({ nextOffset }) => nextOffset > wanted)
      .sort((x, y) => x.nextOffset - y.nextOffset);
    const current = currentPages(found, wanted, 0);
    let covered = wanted;
    for (const [i, page] of current.entries()) {
      if (i === 0) expect(page.baseOffset).toBeLessThanOrEqual(wanted);
      else expect(page.baseOffset).toBe(covered);
      covered = page.nextOffset;
    }
    expect(covered).toBe(end);
  });
  fc.assert(property, propertyRuns);
});
