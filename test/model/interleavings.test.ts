/**
 * The decisions of lib/log under every interleaving of small scenarios, on limits so small that pages
 * fill and producers leave at once; and the same with one rule spoilt, which must be found.
 */

import { expect, test, vi } from 'vitest';
import type { CommitRequest } from '../../lib/log/commit.js';
import type { TailAdvance } from '../../lib/log/tail-roll.js';
import {
  createDeleter,
  createFencer,
  createRoller,
  createWriter,
  type WriterTraits,
} from './actors.js';
import { explore } from './explorer.js';
import { type AnyActor, interleavingsOf } from './interleavings.js';
import { type Rules, realRules } from './partition-model.js';

vi.mock('../../lib/log/limits.js', async (original) => ({
  ...(await original<object>()),
  tailEntriesPerPage: 1,
  producerIdleRolls: 0,
  producersInHeadHardMax: 1,
  tailEntriesMax: 2,
}));

/** An idempotent producer, which sends again what has no answer. */
const client = (facts: Partial<WriterTraits> = {}) =>
  createWriter({
    name: 'p',
    batchCount: 1,
    recordCount: 2,
    idempotent: true,
    triesMax: 4,
    ...facts,
  });

/** Writes for as long as it holds the log's token. */
const holder = (facts: Partial<WriterTraits> = {}) =>
  createWriter({
    name: 'q',
    batchCount: 1,
    recordCount: 1,
    idempotent: false,
    fencingToken: 'x',
    triesMax: 3,
    ...facts,
  });

type Scenario = { readonly actors: readonly AnyActor[]; readonly faultsMax: number };

/** Each small enough for every interleaving; together all pairs of actors meet. */
const scenarios = {
  evictAndReturn: {
    actors: [client({ batchCount: 2 }), holder(), createRoller('r', 3)],
    faultsMax: 1,
  },
  twoRollers: {
    actors: [client(), holder(), createRoller('r', 2), createRoller('s', 1)],
    faultsMax: 1,
  },
  twoFaults: { actors: [client(), holder(), createRoller('r', 2)], faultsMax: 2 },
  fenceAndDelete: {
    actors: [client(), holder(), createFencer(), createDeleter(), createRoller('r', 1)],
    faultsMax: 1,
  },
} satisfies Record<string, Scenario>;

const sizes: [keyof typeof scenarios, number][] = [
  ['evictAndReturn', 28_000],
  ['twoRollers', 17_000],
  ['twoFaults', 15_000],
  ['fenceAndDelete', 84_000],
];

// Fault 7 of docs/faults.md.
test.each(sizes)(
  'every interleaving keeps the promises: %s, %i states and more',
  (name, states) => {
    const { actors, faultsMax } = scenarios[name];
    const found = explore(interleavingsOf(actors, faultsMax, realRules));
    expect(found.violation).toBeUndefined();
    expect(found.states).toBeGreaterThan(states);
    expect(found.ends).toBeGreaterThan(100);
  },
);

/** The real rule, for a request or a head that has been tampered with. */
function spoilCommit(tamper: (request: CommitRequest, evictions: number) => CommitRequest): Rules {
  return {
    ...realRules,
    decideCommit: (head, request) => realRules.decideCommit(head, tamper(request, head.evictions)),
  };
}

const spoiltRules = {
  noCounter: spoilCommit((request, evictions) => {
    const known = Object.entries(request.admissions);
    const admissions = Object.fromEntries(
      known.map(([producer, { parked }]) => [producer, { evictions, parked }]),
    );
    return { ...request, admissions };
  }),
  noFloor: spoilCommit((request) => ({ ...request, walBucket: Number.POSITIVE_INFINITY })),
  noToken: spoilCommit(({ fencingToken: _, ...request }) => request),
  noSequences: spoilCommit((request) => ({ ...request, entry: { ...request.entry, stamps: [] } })),
  noTailBase: spoilAdvance((advance, head) => ({
    ...advance,
    tailBaseOffset: head.tailBaseOffset,
    entryCount: Math.min(advance.entryCount, head.tail.length),
  })),
  blindEviction: spoilAdvance((advance, head) => {
    const gone = Object.keys(advance.evict).filter((producer) => head.producers[producer]);
    const evict = Object.fromEntries(
      Object.entries(head.producers).filter(([producer]) => gone.includes(producer)),
    );
    return { ...advance, evict };
  }),
} satisfies Record<string, Rules>;

function spoilAdvance(
  tamper: (advance: TailAdvance, head: Parameters<Rules['decideAdvance']>[0]) => TailAdvance,
): Rules {
  return {
    ...realRules,
    decideAdvance: (head, advance) => realRules.decideAdvance(head, tamper(advance, head)),
  };
}

const { evictAndReturn, twoRollers, fenceAndDelete } = scenarios;
const [p, q] = [client(), holder()];
const bugs: [bug: string, scenario: Scenario, rules: Rules, found: RegExp][] = [
  ['no eviction counter in the condition', evictAndReturn, spoiltRules.noCounter, /twice/],
  ['no WAL floor in the condition', fenceAndDelete, spoiltRules.noFloor, /is deleted/],
  ['no fencing token in the condition', fenceAndDelete, spoiltRules.noToken, /after the fence/],
  ['sequences are not checked', twoRollers, spoiltRules.noSequences, /twice/],
  ['a roll without its condition', twoRollers, spoiltRules.noTailBase, /readers find|head ends/],
  ['an eviction without its condition', evictAndReturn, spoiltRules.blindEviction, /twice/],
  [
    'a refusal is taken for a loss',
    { actors: [p, holder({ forgetful: true })], faultsMax: 1 },
    realRules,
    /twice/,
  ],
  [
    'a producer leaves the head before it is parked',
    { actors: [p, q, createRoller('r', 3, true)], faultsMax: 1 },
    realRules,
    /twice/,
  ],
  [
    'a bucket is deleted without raising the floor',
    { actors: [p, q, createDeleter(true)], faultsMax: 0 },
    realRules,
    /is deleted/,
  ],
];

test.each(bugs)('a deliberate bug is found: %s', (_bug, { actors, faultsMax }, rules, message) => {
  const { violation } = explore(interleavingsOf(actors, faultsMax, rules));
  expect(violation?.message).toMatch(message);
  expect(violation?.path.length).toBeGreaterThan(1);
});
