/**
 * Rolling the tail: the oldest entries move from the head into an index page. Which entries, and what
 * the page says, follows from the head alone and never from who rolls: rollers that race write the same
 * page, and only the first advance of the head takes effect. So rolling twice or halfway is harmless.
 */

import { assert } from './assert.js';
import { knownSpans, spansOf } from './commit.js';
import { coalesce, type IndexPage } from './index-page.js';
import {
  evictionsPerRollMax,
  pagesPerRollMax,
  producerIdleRolls,
  producerIdleRollsCrowded,
  producersInHeadHardMax,
  producersInHeadMax,
  tailEntriesPerPage,
  windowsPerRollMax,
} from './limits.js';
import type { PartitionHead, TailEntry } from './partition-head.js';
import {
  newestSpans,
  type ParkedProducer,
  type ProducerEntry,
  type ProducerWindow,
} from './producer-state.js';

/** Takes effect only on a head whose tail still begins at `tailBaseOffset`. */
export type TailAdvance = {
  /** And only if the tail has exactly `entryCount` entries: a short roll takes all there is. */
  readonly wholeTail?: true;
  readonly tailBaseOffset: number;
  readonly entryCount: number;
  readonly nextTailBaseOffset: number;
  readonly pagedMaxTimestampMs: number;
  readonly pagedBytes: number;
  readonly rolls: number;
  /** New windows of the producers whose batches leave the tail. */
  readonly windows: Readonly<Record<string, ProducerWindow>>;
  /** Producers that leave the head, each only if its entry is still this one. */
  readonly evict: Readonly<Record<string, ProducerEntry>>;
};

export type TailRoll = {
  readonly page: IndexPage;
  readonly advance: TailAdvance;
  /** To be written before the head lets go of them. */
  readonly park: Readonly<Record<string, ParkedProducer>>;
};

/** Several pages and the one advance that lets go of all of them. */
export type TailRolls = {
  readonly pages: readonly IndexPage[];
  readonly advance: TailAdvance;
  readonly park: Readonly<Record<string, ParkedProducer>>;
};

/**
 * As many rolls as the tail holds, up to a bound: a roller that is slower than the writers still gets
 * ahead of them, because one advance takes all that has gathered.
 */
export function planRolls(head: PartitionHead): TailRolls | undefined {
  const first = planRoll(head);
  if (!first) return undefined;
  const pages = [first.page];
  let advance = first.advance;
  let rolled = withoutEvictions(head, advance);
  for (
    let next = planRoll(rolled);
    next && pages.length < pagesPerRollMax;
    next = planRoll(rolled)
  ) {
    const windows = { ...advance.windows, ...next.advance.windows };
    if (Object.keys(windows).length > windowsPerRollMax) break;
    pages.push(next.page);
    rolled = withoutEvictions(rolled, next.advance);
    advance = {
      ...next.advance,
      tailBaseOffset: advance.tailBaseOffset,
      entryCount: advance.entryCount + next.advance.entryCount,
      windows,
      evict: advance.evict,
    };
  }
  return { pages, advance, park: first.park };
}

function withoutEvictions(head: PartitionHead, advance: TailAdvance): PartitionHead {
  const decision = decideAdvance(head, { ...advance, evict: {} });
  assert(decision.kind === 'advanced', 'a plan fits the head that it was made from');
  return decision.head;
}

/** One page: undefined while the tail is shorter than that. */
export function planRoll(head: PartitionHead): TailRoll | undefined {
  if (head.tail.length < tailEntriesPerPage) return undefined;
  return rollOf(head, head.tail.slice(0, tailEntriesPerPage));
}

/**
 * All of a tail that is shorter than a page, so that an old and idle one can be compacted too. Only on a
 * tail that has not grown since: whoever wrote an ordinary page for this base saw more entries. So should
 * the tail have grown, the short page is a leftover that the ordinary one holds.
 */
export function planShortRoll(head: PartitionHead): TailRoll | undefined {
  const { tail } = head;
  if (tail.length === 0 || tail.length >= tailEntriesPerPage) return undefined;
  const roll = rollOf(head, tail);
  return { ...roll, advance: { ...roll.advance, wholeTail: true } };
}

function rollOf(head: PartitionHead, leaving: readonly TailEntry[]): TailRoll {
  const recordCount = leaving.reduce((sum, entry) => sum + entry.recordCount, 0);
  const nextTailBaseOffset = head.tailBaseOffset + recordCount;
  const pagedMaxTimestampMs = leaving.reduce(
    (max, entry) => Math.max(max, entry.maxTimestampMs),
    head.pagedMaxTimestampMs,
  );
  const pagedBytes = leaving.reduce((sum, entry) => sum + entry.sizeBytes, head.pagedBytes);
  const rolls = head.rolls + 1;
  const windows: Record<string, ProducerWindow> = {};
  for (const { producer } of leaving.flatMap(({ stamps }) => stamps)) {
    const rolled = head.windows[producer]?.spans ?? [];
    const spans = newestSpans([...rolled, ...spansOf(head.tailBaseOffset, leaving, producer)]);
    windows[producer] = { seenAtRoll: rolls, spans };
  }
  const evict = idleProducers(head);
  const park = parksOf(head, evict);
  return {
    page: {
      baseOffset: head.tailBaseOffset,
      nextOffset: nextTailBaseOffset,
      maxTimestampMs: pagedMaxTimestampMs,
      endBytes: pagedBytes,
      locations: coalesce(leaving),
    },
    advance: {
      tailBaseOffset: head.tailBaseOffset,
      entryCount: leaving.length,
      nextTailBaseOffset,
      pagedMaxTimestampMs,
      pagedBytes,
      rolls,
      windows,
      evict,
    },
    park,
  };
}

/** Producers with nothing in the tail that have not been seen for many rolls. */
function idleProducers(head: PartitionHead): Record<string, ProducerEntry> {
  const inTail = new Set(head.tail.flatMap(({ stamps }) => stamps.map((s) => s.producer)));
  const idleRolls = idleRollsIn(Object.keys(head.producers).length);
  const idle = Object.entries(head.producers).filter(([producer]) => {
    const seenAtRoll = head.windows[producer]?.seenAtRoll ?? head.rolls;
    return !inTail.has(producer) && head.rolls - seenAtRoll >= idleRolls;
  });
  return Object.fromEntries(idle.slice(0, evictionsPerRollMax));
}

/** The more producers a head holds, the sooner they have to leave it. */
function idleRollsIn(producerCount: number): number {
  if (producerCount > producersInHeadHardMax) return 0;
  return producerCount > producersInHeadMax ? producerIdleRollsCrowded : producerIdleRolls;
}

/**
 * An advance that takes no entry off the tail, only producers off a head that holds far too many: more of
 * them can come with one page than one roll may evict. Undefined for every other head.
 */
export function planEviction(head: PartitionHead): Omit<TailRolls, 'pages'> | undefined {
  if (Object.keys(head.producers).length <= producersInHeadHardMax) return undefined;
  const evict = idleProducers(head);
  if (Object.keys(evict).length === 0) return undefined;
  const { tailBaseOffset, pagedMaxTimestampMs, pagedBytes, rolls } = head;
  const advance = {
    tailBaseOffset,
    entryCount: 0,
    nextTailBaseOffset: tailBaseOffset,
    pagedMaxTimestampMs,
    pagedBytes,
    rolls,
    windows: {},
    evict,
  };
  return { advance, park: parksOf(head, evict) };
}

function parksOf(
  head: PartitionHead,
  evict: Readonly<Record<string, ProducerEntry>>,
): Record<string, ParkedProducer> {
  return Object.fromEntries(
    Object.entries(evict).map(([producer, entry]) => [producer, parkedOf(head, producer, entry)]),
  );
}

function parkedOf(head: PartitionHead, producer: string, entry: ProducerEntry): ParkedProducer {
  const spans = knownSpans(head, producer);
  return { ...entry, spans, lastBaseOffset: spans.at(-1)?.baseOffset ?? 0 };
}

export type AdvanceDecision =
  | { readonly kind: 'advanced'; readonly head: PartitionHead }
  | { readonly kind: 'conflict' };

/** What a store does, atomically, with an advance. */
export function decideAdvance(head: PartitionHead, advance: TailAdvance): AdvanceDecision {
  if (head.tailBaseOffset !== advance.tailBaseOffset) return { kind: 'conflict' };
  if (advance.wholeTail && head.tail.length !== advance.entryCount) return { kind: 'conflict' };
  for (const [producer, entry] of Object.entries(advance.evict)) {
    const now = head.producers[producer];
    if (now?.epoch !== entry.epoch || now.nextSequence !== entry.nextSequence) {
      return { kind: 'conflict' };
    }
  }
  assert(head.tail.length >= advance.entryCount, 'the tail only grows at its end');
  const evicted = new Set(Object.keys(advance.evict));
  const stay = ([producer]: [string, unknown]) => !evicted.has(producer);
  return {
    kind: 'advanced',
    head: {
      ...head,
      tailBaseOffset: advance.nextTailBaseOffset,
      tail: head.tail.slice(advance.entryCount),
      pagedMaxTimestampMs: advance.pagedMaxTimestampMs,
      pagedBytes: advance.pagedBytes,
      rolls: advance.rolls,
      producers: Object.fromEntries(Object.entries(head.producers).filter(stay)),
      windows: Object.fromEntries(
        Object.entries({ ...head.windows, ...advance.windows }).filter(stay),
      ),
      evictions: head.evictions + (evicted.size > 0 ? 1 : 0),
    },
  };
}
