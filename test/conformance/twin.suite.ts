/**
 * Any history gives the same outcomes and leaves the same index as it does on the memory twin: random
 * commits, rolls, parkings, fences, floors and trims, some of them planned from what is no longer so.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommitRequest } from '../../lib/log/commit.js';
import { emptyHead, type PartitionHead, type PartitionRef } from '../../lib/log/partition-head.js';
import type { ParkedProducer } from '../../lib/log/producer-state.js';
import { planRoll, type TailRoll } from '../../lib/log/tail-roll.js';
import { createMemoryIndex } from '../../lib/store/memory/memory-store.js';
import type { PartitionIndex } from '../../lib/store/partition-index.js';
import type { Stores } from '../../lib/store/stores.js';
import { entry, newPartition, request, stamp, walBucket } from './log-builders.js';

const producers = ['a', 'b', 'c'];
const numRuns = 20;

type Commit = {
  kind: 'commit';
  producer: string | null;
  sequenceStep: number;
  epochStep: number;
  recordCount: number;
  expected: number | null;
  token: string | null;
  bucketStep: number;
  admit: 'now' | 'late' | 'never';
};

type RollStep = 'park' | 'page' | 'advance';

type Step =
  | Commit
  | { kind: 'burst'; count: number }
  | { kind: 'roll'; late: boolean; evict: boolean; steps: RollStep[] }
  | { kind: 'park'; producer: string; lastBaseOffset: number }
  | { kind: 'fence'; token: string | null; expected: string | null | undefined }
  | { kind: 'raise'; floorStep: number }
  | { kind: 'trim'; beforeEnd: number };

const token = fc.constantFrom(null, 'x', 'y');
const mostly = <T>(usual: T, ...rare: T[]) =>
  fc.oneof(
    { arbitrary: fc.constant(usual), weight: 8 },
    { arbitrary: fc.constantFrom(...rare), weight: 2 },
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record<Commit>({
      kind: fc.constant('commit'),
      producer: fc.constantFrom(null, ...producers),
      sequenceStep: mostly<number>(0, -1, -2, 1),
      epochStep: mostly<number>(0, 1, -1),
      recordCount: fc.integer({ min: 1, max: 5 }),
      expected: mostly<number | null>(null, 0, 1),
      token: mostly<string | null>(null, 'x', 'y'),
      bucketStep: mostly<number>(0, -1, 1),
      admit: mostly<Commit['admit']>('now', 'late', 'never'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      count: fc.integer({ min: 8, max: 24 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('roll' as const),
      late: mostly<boolean>(false, true),
      evict: fc.boolean(),
      steps: mostly<RollStep[]>(
        ['park', 'page', 'advance'],
        ['park', 'page'],
        ['page', 'advance', 'advance'],
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('park' as const),
      producer: fc.constantFrom(...producers),
      lastBaseOffset: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fence' as const),
      token,
      expected: fc.option(token, { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('raise' as const),
      floorStep: fc.integer({ min: -1, max: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trim' as const),
      beforeEnd: fc.integer({ min: -1, max: 30 }),
    }),
  },
);

/** What the writers know; `late` is what they knew some steps ago. */
type View = { head: PartitionHead; late: PartitionHead; lateRoll: TailRoll | undefined };

type Call = (index: PartitionIndex, ref: PartitionRef) => Promise<unknown>;

/** Plans one step from the twin's state, so that both get the very same calls. */
async function callsOf(
  planned: Step,
  view: View,
  parkedOf: (producer: string) => Promise<ParkedProducer | undefined>,
): Promise<Call[]> {
  switch (planned.kind) {
    case 'commit': {
      const wanted = await requestOf(planned, view, parkedOf);
      return [(index, ref) => index.commit(ref, wanted)];
    }
    case 'burst':
      return Array.from({ length: planned.count }, () => {
        const wanted = request(entry(), { walBucket: view.head.walFloor });
        return (index, ref) => index.commit(ref, wanted);
      });
    case 'roll':
      return rollCalls(planned.steps, planned.late ? view.lateRoll : rollOf(view, planned.evict));
    case 'park': {
      const { producer, lastBaseOffset } = planned;
      const state = { epoch: 0, nextSequence: 1, spans: [], lastBaseOffset };
      return [(index, ref) => index.parkProducer(ref, producer, state)];
    }
    case 'fence':
      return [(index, ref) => index.setFencingToken(ref, planned.token, planned.expected)];
    case 'raise':
      return [(index, ref) => index.raiseWalFloor(ref, walBucket + planned.floorStep)];
    case 'trim': {
      const offset = Math.max(0, view.head.nextOffset - planned.beforeEnd);
      return [(index, ref) => index.raiseLogStart(ref, offset)];
    }
  }
}

async function requestOf(
  planned: Commit,
  { head, late }: View,
  parkedOf: (producer: string) => Promise<ParkedProducer | undefined>,
): Promise<CommitRequest> {
  const { producer, recordCount, expected } = planned;
  const conditions = {
    walBucket: walBucket + planned.bucketStep,
    ...(expected !== null && { expectedNextOffset: head.nextOffset + expected }),
    ...(planned.token !== null && { fencingToken: planned.token }),
  };
  if (producer === null) return request(entry(recordCount), conditions);
  const parked = (await parkedOf(producer)) ?? null;
  const known = head.producers[producer] ?? parked ?? { epoch: 0, nextSequence: 0 };
  const epoch = Math.max(0, known.epoch + planned.epochStep);
  const next = planned.epochStep === 1 ? 0 : known.nextSequence;
  const baseSequence = Math.max(0, next + planned.sequenceStep);
  const { evictions } = planned.admit === 'late' ? late : head;
  const admissions = planned.admit === 'never' ? {} : { [producer]: { evictions, parked } };
  const stamps = [stamp(producer, baseSequence, recordCount, epoch)];
  return request(entry(recordCount, stamps), { ...conditions, admissions });
}

/** A roll may also evict, long before its time, whoever has nothing in the tail. */
function rollOf({ head }: View, evict: boolean): TailRoll | undefined {
  const roll = planRoll(head);
  if (!roll || !evict) return roll;
  const inTail = new Set(head.tail.flatMap(({ stamps }) => stamps.map((of) => of.producer)));
  const idle = Object.entries(head.producers).filter(([producer]) => !inTail.has(producer));
  const park = idle.map(([producer, state]) => {
    const spans = head.windows[producer]?.spans ?? [];
    return [producer, { ...state, spans, lastBaseOffset: spans.at(-1)?.baseOffset ?? 0 }];
  });
  return {
    ...roll,
    advance: { ...roll.advance, evict: Object.fromEntries(idle) },
    park: Object.fromEntries(park),
  };
}

function rollCalls(steps: readonly string[], roll: TailRoll | undefined): Call[] {
  if (!roll) return [];
  return steps.flatMap((each): Call[] => {
    if (each === 'page') return [(index, ref) => index.writePage(ref, roll.page)];
    if (each === 'advance') return [(index, ref) => index.advanceTail(ref, roll.advance)];
    return Object.entries(roll.park).map(
      ([producer, state]): Call =>
        (index, ref) =>
          index.parkProducer(ref, producer, state),
    );
  });
}

export function twinSuite(stores: () => Stores): void {
  test('any history is the same as on the memory twin', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 50 }), async (steps) => {
        const { index } = stores();
        const twin = createMemoryIndex();
        const ref = await newPartition(index);
        await twin.createPartitions(ref.topicId, 0, 1);
        const view: View = { head: emptyHead, late: emptyHead, lateRoll: undefined };
        for (const [at, planned] of steps.entries()) {
          const parkedOf = (producer: string) => twin.findParkedProducer(ref, producer);
          for (const call of await callsOf(planned, view, parkedOf)) {
            expect(await call(index, ref)).toEqual(await call(twin, ref));
          }
          if (at % 4 === 3) {
            view.late = view.head;
            view.lateRoll = rollOf(view, true);
          }
          view.head = (await twin.readHead(ref)) ?? emptyHead;
        }
        await expectSame(index, twin, ref);
      }),
      { numRuns },
    );
  });
}

async function expectSame(index: PartitionIndex, twin: PartitionIndex, ref: PartitionRef) {
  expect(await index.readHead(ref)).toEqual(await twin.readHead(ref));
  expect(await index.findPages(ref, 0, 1_000)).toEqual(await twin.findPages(ref, 0, 1_000));
  for (const producer of producers) {
    expect(await index.findParkedProducer(ref, producer)).toEqual(
      await twin.findParkedProducer(ref, producer),
    );
  }
}
