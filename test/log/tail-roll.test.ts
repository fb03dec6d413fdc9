/** Rolls: which entries leave, what remains known of their producers, and who goes idle when. */

import { describe, expect, test } from 'vitest';
import {
  evictionsPerRollMax,
  pagesPerRollMax,
  producerIdleRolls,
  producerIdleRollsCrowded,
  producersInHeadMax,
  producersPerCommitMax,
  tailEntriesPerPage,
} from '../../lib/log/limits.js';
import type { PartitionHead, TailEntry } from '../../lib/log/partition-head.js';
import { decideAdvance, planRoll, planRolls, type TailRoll } from '../../lib/log/tail-roll.js';
import { entryOf, headOf, stamp } from './heads.js';

const perPage = tailEntriesPerPage;

/** Entries of two records each; entry `i` carries sequences 2i and 2i+1 of `producer`. */
function entries(count: number, producer = 'p'): TailEntry[] {
  return Array.from({ length: count }, (_, i) =>
    entryOf(2, [stamp(producer, 0, 2 * i, 2)], { objectKey: `o${i}`, maxTimestampMs: i }),
  );
}

function roll(head: PartitionHead): TailRoll {
  const planned = planRoll(head);
  if (!planned) throw new Error('the tail is too short');
  return planned;
}

function advance(head: PartitionHead, planned: TailRoll): PartitionHead {
  const decision = decideAdvance(head, planned.advance);
  if (decision.kind !== 'advanced') throw new Error(decision.kind);
  return decision.head;
}

const wrote = (count: number) => ({ p: { epoch: 0, nextSequence: 2 * count } });
const twenty = headOf(entries(20), { tailBaseOffset: 100, producers: wrote(20), rolls: 7 });

test('a tail shorter than a page does not roll', () => {
  expect(planRoll(headOf(entries(perPage - 1)))).toBeUndefined();
  expect(planRoll(headOf(entries(perPage)))).toBeDefined();
});

test('the oldest entries become the page', () => {
  const { page, park } = roll(twenty);
  expect(page).toMatchObject({ baseOffset: 100, nextOffset: 132, maxTimestampMs: 15 });
  expect(page.locations.map(({ objectKey }) => objectKey)).toEqual(
    Array.from({ length: 16 }, (_, i) => `o${i}`),
  );
  expect(park).toEqual({});
});

test('a page is as new as the newest record below its end', () => {
  const { page, advance: next } = roll({ ...twenty, pagedMaxTimestampMs: 99 });
  expect([page.maxTimestampMs, next.pagedMaxTimestampMs]).toEqual([99, 99]);
});

test('the head lets go of exactly those entries', () => {
  const head = advance(twenty, roll(twenty));
  expect(head).toEqual({
    ...twenty,
    tailBaseOffset: 132,
    tail: twenty.tail.slice(16),
    pagedMaxTimestampMs: 15,
    pagedBytes: 32,
    rolls: 8,
    windows: { p: { seenAtRoll: 8, spans: expect.any(Array) } },
  });
  expect(head.windows.p?.spans.map(({ baseOffset }) => baseOffset)).toEqual([
    122, 124, 126, 128, 130,
  ]);
});

test('everybody plans the same page, however many entries came after', () => {
  const longer = headOf(entries(40), { tailBaseOffset: 100, producers: wrote(40), rolls: 7 });
  expect(roll(longer).page).toEqual(roll(twenty).page);
});

test('of those who race only the first takes effect, also on a head that has grown', () => {
  const planned = roll(twenty);
  const longer = headOf(entries(40), { tailBaseOffset: 100, producers: wrote(40), rolls: 7 });
  const head = advance(longer, planned);
  expect(head.tail).toHaveLength(24);
  expect(head.producers).toEqual(wrote(40));
  expect(decideAdvance(head, planned.advance)).toEqual({ kind: 'conflict' });
  expect(decideAdvance(head, roll(longer).advance)).toEqual({ kind: 'conflict' });
});

test('an advance changes no head that somebody holds', () => {
  const before = structuredClone(twenty);
  advance(twenty, roll(twenty));
  expect(twenty).toEqual(before);
});

describe('several rolls at once', () => {
  const long = headOf(entries(55), { tailBaseOffset: 100, producers: wrote(55), rolls: 7 });

  test('are what rolls one by one would be', () => {
    const planned = planRolls(long);
    if (!planned) throw new Error('the tail is too short');
    let head = long;
    for (const page of planned.pages) {
      const next = roll(head);
      expect(page).toEqual(next.page);
      head = advance(head, next);
    }
    expect(planRoll(head)).toBeUndefined();
    expect(decideAdvance(long, planned.advance)).toEqual({ kind: 'advanced', head });
  });

  test('stop at so many pages, and at so many producers', () => {
    const most = headOf(entries((pagesPerRollMax + 1) * perPage));
    expect(planRolls(most)?.pages).toHaveLength(pagesPerRollMax);
    const tail = Array.from({ length: 3 * perPage }, (_, i) =>
      entryOf(
        producersPerCommitMax,
        Array.from({ length: producersPerCommitMax }, (_, j) => stamp(`${i}-${j}`, 0, 0, 1, j)),
      ),
    );
    const crowd = planRolls(headOf(tail));
    expect(crowd?.pages).toHaveLength(1);
    expect(Object.keys(crowd?.advance.windows ?? {})).toHaveLength(perPage * producersPerCommitMax);
  });

  test('need a page of entries', () => {
    expect(planRolls(headOf(entries(perPage - 1)))).toBeUndefined();
  });
});

describe('a producer that has not written for long', () => {
  const spans = [{ epoch: 4, baseSequence: 0, nextSequence: 5, baseOffset: 50 }];
  const idle = { epoch: 4, nextSequence: 5 };

  /** `old` was last seen `ago` rolls before this head; `others` more are in the head beside it. */
  function quiet(ago: number, others = 0): PartitionHead {
    const names = Array.from({ length: others }, (_, i) => `q${i}`);
    const crowd = Object.fromEntries(names.map((name) => [name, { epoch: 0, nextSequence: 1 }]));
    const fresh = Object.fromEntries(names.map((name) => [name, { seenAtRoll: 100, spans: [] }]));
    return {
      ...twenty,
      rolls: 100,
      producers: { ...wrote(20), ...crowd, old: idle },
      windows: { ...fresh, old: { seenAtRoll: 100 - ago, spans } },
      evictions: 3,
    };
  }

  /** `p` and `old` are in the head as well. */
  const lonely = producersInHeadMax - 2;
  test.each([
    ['stays until the limit', producerIdleRolls - 1, 0, []],
    ['goes at the limit', producerIdleRolls, 0, ['old']],
    ['stays among as many as may be', producerIdleRollsCrowded, lonely, []],
    ['goes early from a crowd', producerIdleRollsCrowded, lonely + 1, ['old']],
    ['stays even in a crowd before that', producerIdleRollsCrowded - 1, lonely + 1, []],
  ])('%s', (_what, ago, others, gone) => {
    const head = quiet(ago, others);
    const planned = roll(head);
    expect(Object.keys(planned.advance.evict)).toEqual(gone);
    expect(Object.keys(planned.park)).toEqual(gone);
    const after = advance(head, planned);
    expect(after.evictions).toBe(3 + gone.length);
    expect('old' in after.producers).toBe(gone.length === 0);
    expect('old' in after.windows).toBe(gone.length === 0);
  });

  test('is parked exactly as it was', () => {
    expect(roll(quiet(producerIdleRolls)).park).toEqual({
      old: { ...idle, spans, lastBaseOffset: 50 },
    });
  });

  test('stays when it is in the tail, wherever', () => {
    const head = quiet(producerIdleRolls);
    for (const at of [0, 15, 16, 19]) {
      const tail = head.tail.map((entry, i) =>
        i === at ? { ...entry, stamps: [...entry.stamps, stamp('old', 4, 5, 1)] } : entry,
      );
      expect(roll({ ...head, tail }).advance.evict).toEqual({});
    }
  });

  test.each([
    ['wrote', { epoch: 4, nextSequence: 6 }],
    ['began a new epoch', { epoch: 5, nextSequence: 5 }],
    ['left already', undefined],
  ])('keeps the roll from happening if it %s meanwhile', (_what, now) => {
    const head = quiet(producerIdleRolls);
    const { old: _, ...rest } = head.producers;
    const moved = { ...head, producers: now ? { ...rest, old: now } : rest };
    expect(decideAdvance(moved, roll(head).advance)).toEqual({ kind: 'conflict' });
  });

  test('that never left the tail is not idle at all', () => {
    const head = { ...quiet(0), windows: {} };
    expect(roll(head).advance.evict).toEqual({});
  });

  test('no more leave at once than one update can let go', () => {
    const names = Array.from({ length: evictionsPerRollMax + 5 }, (_, i) => `q${i}`);
    const producers = Object.fromEntries(names.map((name) => [name, idle]));
    const windows = Object.fromEntries(names.map((name) => [name, { seenAtRoll: 0, spans }]));
    const planned = roll({ ...quiet(0), producers, windows });
    expect(Object.keys(planned.advance.evict)).toHaveLength(evictionsPerRollMax);
    expect(Object.keys(planned.park)).toEqual(Object.keys(planned.advance.evict));
  });

  test('several that leave at once count as one eviction', () => {
    const head = quiet(producerIdleRolls);
    const other = { seenAtRoll: 0, spans };
    const two = {
      ...head,
      producers: { ...head.producers, older: idle },
      windows: { ...head.windows, older: other },
    };
    expect(advance(two, roll(two)).evictions).toBe(4);
  });
});
