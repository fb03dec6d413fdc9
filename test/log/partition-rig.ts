/**
 * A partition as a broker drives it, with its races in the hand of the test: admissions looked up
 * early and used late, rolls planned now and carried out whenever. And beside it a model that keeps
 * everything for ever, never rolls and never evicts. Their verdicts must be the same.
 */

import { expect } from 'vitest';
import { type Admission, decideCommit, explainRefusal } from '../../lib/log/commit.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import type { PartitionHead } from '../../lib/log/partition-head.js';
import type { ParkedProducer, ProducerStamp } from '../../lib/log/producer-state.js';
import { decideAdvance, planRoll, planRolls, type TailRolls } from '../../lib/log/tail-roll.js';
import { entryOf } from './heads.js';

/** What a batch is told, with nothing that only explains. */
export type Answer =
  | { readonly kind: 'appended' | 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'staleEpoch' | 'outsideWindow' | 'sequenceGap' | 'unknownProducer' };

export type Rig = ReturnType<typeof createRig>;

export function createRig(first: PartitionHead) {
  let head = first;
  const pages = new Map<number, IndexPage>();
  const parked = new Map<string, ParkedProducer>();
  const counts = { evictions: 0, tooLate: 0, overtaken: 0, admissions: 0 };

  const look = (producer: string): Admission => ({
    evictions: head.evictions,
    parked: parked.get(producer) ?? null,
  });

  /** Commits one batch as a broker does: asks again for what the head says it lacks. */
  function commit(stamp: ProducerStamp, recordCount: number, early?: Admission): Answer {
    const entry = entryOf(recordCount, [stamp], { objectKey: `o${head.nextOffset}` });
    let admissions: Record<string, Admission> = early ? { [stamp.producer]: early } : {};
    for (let tries = 0; tries < 4; tries++) {
      const request = { entry, walBucket: 1, admissions };
      const decision = decideCommit(head, request);
      if (decision.kind === 'committed') {
        head = decision.head;
        return { kind: 'appended', baseOffset: decision.baseOffset };
      }
      const refusal = explainRefusal(head, request);
      if (refusal.kind === 'needsAdmission') {
        counts.admissions++;
        admissions = { [stamp.producer]: look(stamp.producer) };
      } else if (refusal.kind === 'tailFull') {
        finish(planRolls(head) as TailRolls);
      } else if (refusal.kind === 'stamps') {
        const verdict = refusal.verdicts[0];
        if (verdict === undefined || verdict.kind === 'next') break;
        if (verdict.kind !== 'duplicate') return { kind: verdict.kind };
        return { kind: 'duplicate', baseOffset: verdict.baseOffset };
      } else break;
    }
    throw new Error('the commit found no end');
  }

  /** Carries out a roll, however old: parks, writes the page, advances. */
  function finish(roll: TailRolls): void {
    for (const [producer, state] of Object.entries(roll.park)) {
      const before = parked.get(producer);
      if (!before || before.lastBaseOffset <= state.lastBaseOffset) parked.set(producer, state);
    }
    for (const page of roll.pages) {
      expect(pages.get(page.nextOffset) ?? page).toEqual(page);
      pages.set(page.nextOffset, page);
    }
    const decision = decideAdvance(head, roll.advance);
    if (decision.kind === 'advanced') head = decision.head;
    else if (roll.advance.tailBaseOffset === head.tailBaseOffset) counts.overtaken++;
    else counts.tooLate++;
    counts.evictions = head.evictions;
  }

  const places = () => placesOf(head, pages, first.tailBaseOffset);
  /** One page, or as many as the tail holds: rollers may differ. */
  function plan(pagesMax: 'one' | 'all'): TailRolls | undefined {
    if (pagesMax === 'all') return planRolls(head);
    const roll = planRoll(head);
    return roll && { pages: [roll.page], advance: roll.advance, park: roll.park };
  }

  return { commit, finish, look, places, counts, plan, head: () => head };
}

/**
 * Each record's place, by offset: pages in order, then the tail. A roll that stopped halfway leaves
 * a page that the head does not know of yet; readers begin with the head.
 */
function placesOf(
  head: PartitionHead,
  pages: ReadonlyMap<number, IndexPage>,
  firstOffset: number,
): string[] {
  const sorted = [...pages.values()]
    .filter(({ nextOffset }) => nextOffset <= head.tailBaseOffset)
    .sort((a, b) => a.baseOffset - b.baseOffset);
  let next = firstOffset;
  for (const { baseOffset, nextOffset } of sorted) {
    expect(baseOffset).toBe(next);
    next = nextOffset;
  }
  expect(head.tailBaseOffset).toBe(next);
  return [...sorted.flatMap(({ locations }) => locations), ...head.tail].map(
    ({ objectKey, recordCount }) => `${objectKey} ${recordCount}`,
  );
}

type Kept = { stamp: ProducerStamp; recordCount: number; baseOffset: number };

/** Kafka's rules, told naively: every batch is remembered, record by record where it matters. */
export function createModel(starts: Readonly<Record<string, { epoch: number; sequence: number }>>) {
  const log: Kept[] = [];
  let nextOffset = 0;

  const byProducer = new Map<string, Kept[]>();
  const of = (producer: string): readonly Kept[] => byProducer.get(producer) ?? [];

  function state(producer: string): { epoch: number; next: number } | undefined {
    const last = of(producer).at(-1)?.stamp;
    if (last) return { epoch: last.epoch, next: last.nextSequence };
    const start = starts[producer];
    return start && { epoch: start.epoch, next: start.sequence };
  }

  function judge(stamp: ProducerStamp, recordCount: number): Answer {
    const known = state(stamp.producer);
    if (!known) {
      return stamp.baseSequence === 0 ? append(stamp, recordCount) : { kind: 'unknownProducer' };
    }
    if (stamp.epoch < known.epoch) return { kind: 'staleEpoch' };
    if (stamp.epoch > known.epoch) {
      return stamp.baseSequence === 0 ? append(stamp, recordCount) : { kind: 'sequenceGap' };
    }
    if (stamp.baseSequence === known.next) return append(stamp, recordCount);
    for (const batch of of(stamp.producer).slice(-5)) {
      if (batch.stamp.epoch !== stamp.epoch) continue;
      const sequences = Array.from(
        { length: batch.recordCount },
        (_, i) => (batch.stamp.baseSequence + i) % 2 ** 31,
      );
      const at = sequences.indexOf(stamp.baseSequence);
      if (at >= 0 && at + recordCount <= batch.recordCount) {
        return { kind: 'duplicate', baseOffset: batch.baseOffset + at };
      }
    }
    const ahead = (stamp.baseSequence - known.next + 2 ** 31) % 2 ** 31;
    return { kind: ahead <= 2 ** 30 ? 'sequenceGap' : 'outsideWindow' };
  }

  function append(stamp: ProducerStamp, recordCount: number): Answer {
    const baseOffset = nextOffset;
    const kept = { stamp, recordCount, baseOffset };
    log.push(kept);
    byProducer.set(stamp.producer, [...of(stamp.producer), kept]);
    nextOffset += recordCount;
    return { kind: 'appended', baseOffset };
  }

  const places = () => log.map((kept) => `o${kept.baseOffset} ${kept.recordCount}`);
  return { judge, state, of, log, places };
}
