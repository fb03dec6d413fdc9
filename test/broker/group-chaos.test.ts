/**
 * Promise P10 under faults: commits are fenced, a committed offset never moves back, a partition changes
 * hands only by way of nobody, and in the end everything is owned and can be committed.
 */

import { expect, test } from 'vitest';
import type { GroupCommit, HistoryEvent } from '../../lib/checker/history.js';
import { playGroup } from './group-chaos.js';

type Acked = GroupCommit & { readonly invokedAt: number; readonly ackedAt: number };

function ackedOf(events: readonly HistoryEvent[]): Acked[] {
  const open = new Map<string, { commit: GroupCommit; invokedAt: number }>();
  const acked: Acked[] = [];
  for (const [at, event] of events.entries()) {
    if (event.type === 'invoke' && event.op === 'commit') {
      open.set(event.process, { commit: event, invokedAt: at });
    } else if (event.type === 'ok') {
      const asked = open.get(event.process);
      if (asked) acked.push({ ...asked.commit, invokedAt: asked.invokedAt, ackedAt: at });
    }
  }
  return acked;
}

/** What a later commit may not do after an earlier one was acknowledged. */
function judge(events: readonly HistoryEvent[]): string[] {
  const acked = ackedOf(events);
  return acked.flatMap((later) =>
    acked
      .filter((earlier) => earlier.log === later.log && earlier.ackedAt < later.invokedAt)
      .flatMap((earlier) => {
        const what = `${later.log}: ${later.member} after ${earlier.member}`;
        return [
          ...(later.offset < earlier.offset ? [`moved back: ${what}`] : []),
          ...(later.memberEpoch < earlier.memberEpoch ? [`zombie: ${what}`] : []),
        ];
      }),
  );
}

const seeds = process.env.GROUP_SEED
  ? [Number(process.env.GROUP_SEED)]
  : Array.from({ length: 30 }, (_, seed) => seed);

test.each(seeds)('seed %i', async (seed) => {
  const { events, complaints, faults } = await playGroup(seed);
  expect(complaints).toEqual([]);
  expect(judge(events)).toEqual([]);
  expect(ackedOf(events).length).toBeGreaterThan(50);
  expect(events.filter(({ type }) => type === 'fail').length).toBeGreaterThan(0);
  expect(faults).toBeGreaterThan(50);
});

test('one seed gives one history', async () => {
  expect((await playGroup(3)).events).toEqual((await playGroup(3)).events);
});

test('the judge notices', () => {
  const commit = (process: string, memberEpoch: number, offset: number): HistoryEvent[] => [
    {
      type: 'invoke',
      process,
      op: 'commit',
      group: 'g',
      log: 'l',
      member: process,
      memberEpoch,
      offset,
    },
    { type: 'ok', process, op: 'commit' },
  ];
  expect(judge([...commit('a', 1, 5), ...commit('b', 2, 5)])).toEqual([]);
  expect(judge([...commit('a', 1, 5), ...commit('b', 2, 4)])).toEqual(['moved back: l: b after a']);
  expect(judge([...commit('b', 2, 5), ...commit('a', 1, 6)])).toEqual(['zombie: l: a after b']);
});
