/**
 * What every group store does: one swap wins, a deleted group is gone with its offsets, and the fence
 * beside an offset decides who may write it.
 */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CommitTerms } from '../../lib/coordinator/committed-offset.js';
import { type Group, type Member, newGroup } from '../../lib/coordinator/group.js';
import type { GroupStore } from '../../lib/store/group-store.js';
import type { Stores } from '../../lib/store/stores.js';

const atMs = 1_790_000_000_000;

function makeGroup(epoch = 1, memberCount = 0): Group {
  const members = Array.from({ length: memberCount }, (_, i) => makeMember(i));
  return { ...newGroup(randomUUID(), atMs), epoch, members };
}

const makeMember = (number: number): Member => ({
  memberId: `member-${String(number).padStart(3, '0')}-${randomUUID()}`,
  instanceId: number % 2 ? `instance-${number}` : null,
  clientId: 'suite',
  subscription: { topics: ['access'], pattern: null },
  assignor: null,
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 300_000,
  memberEpoch: 1,
  previousEpoch: 0,
  seenMs: atMs,
  revokingSinceMs: null,
  absent: false,
});

const committed = (offset: number, metadata = '') => ({
  topic: 'access',
  offset,
  metadata,
  committedAtMs: atMs + offset,
});

export function groupsSuite(stores: () => Stores): void {
  const groups = (): GroupStore => stores().groups;
  describe('groups', () => swapCases(groups));
  describe('committed offsets', () => {
    offsetCases(groups);
    fenceCases(groups);
  });
}

function swapCases(groups: () => GroupStore): void {
  test('a group is made, swapped and read as it was written', async () => {
    const id = `group-${randomUUID()}`;
    expect(await groups().read(id)).toBeUndefined();
    const first = makeGroup(1, 3);
    expect(await groups().compareAndSwap(id, undefined, first)).toBe('swapped');
    expect(await groups().read(id)).toEqual(first);
    const second = { ...first, epoch: 2, emptySinceMs: null };
    expect(await groups().compareAndSwap(id, first, second)).toBe('swapped');
    expect(await groups().read(id)).toEqual(second);
  });

  test('a swap that expects something else changes nothing', async () => {
    const id = `group-${randomUUID()}`;
    const first = makeGroup(7);
    expect(await groups().compareAndSwap(id, first, { ...first, epoch: 8 })).toBe('conflict');
    await groups().compareAndSwap(id, undefined, first);
    const next = { ...first, epoch: 9 };
    expect(await groups().compareAndSwap(id, undefined, next)).toBe('conflict');
    expect(await groups().compareAndSwap(id, { ...first, epoch: 6 }, next)).toBe('conflict');
    expect(await groups().compareAndSwap(id, { ...first, uid: 'other' }, next)).toBe('conflict');
    expect(await groups().read(id)).toEqual(first);
  });

  test('of many swaps at once exactly one wins', async () => {
    const id = `group-${randomUUID()}`;
    const rivals = Array.from({ length: 8 }, () => makeGroup(1));
    const swaps = (expected: Group | undefined) =>
      Promise.all(rivals.map((next) => groups().compareAndSwap(id, expected, next)));
    const made = await swaps(undefined);
    expect(made.filter((outcome) => outcome === 'swapped')).toHaveLength(1);
    const winner = rivals[made.indexOf('swapped')] as Group;
    const raised = rivals.map((_, i) => ({ ...winner, epoch: 2, targetEpoch: i }));
    const swapped = await Promise.all(
      raised.map((next) => groups().compareAndSwap(id, winner, next)),
    );
    expect(swapped.filter((outcome) => outcome === 'swapped')).toHaveLength(1);
    expect(await groups().read(id)).toEqual(raised[swapped.indexOf('swapped')]);
  });

  test('200 members on 1,000 partitions fit', async () => {
    const id = `group-${randomUUID()}`;
    const group = makeGroup(1_000, 200);
    const slots = Array.from({ length: 1_000 }, (_, i) => ({
      target: group.members[i % 200]?.memberId ?? null,
      owner: group.members[(i + 1) % 200]?.memberId ?? null,
      sinceEpoch: i,
    }));
    const full = { ...group, topics: [{ name: 'access', topicId: randomUUID(), slots }] };
    expect(await groups().compareAndSwap(id, undefined, full)).toBe('swapped');
    expect(await groups().read(id)).toEqual(full);
  });

  test('a deleted group is gone with its offsets; one made again is another', async () => {
    const id = `group-${randomUUID()}`;
    const ref = { topicId: randomUUID(), partition: 0 };
    const group = makeGroup(3);
    await groups().compareAndSwap(id, undefined, group);
    const commits = [{ ref, committed: committed(5) }];
    await groups().commitOffsets(group.uid, { by: 'outsider', epoch: 3 }, commits);
    expect(await groups().delete(id, { ...group, epoch: 2 })).toBe('conflict');
    expect(await groups().delete(id, group)).toBe('deleted');
    expect(await groups().read(id)).toBeUndefined();
    expect(await groups().fetchOffsets(group.uid)).toEqual([]);
    expect(await groups().delete(id, group)).toBe('deleted');
    const again = makeGroup(1);
    expect(await groups().compareAndSwap(id, undefined, again)).toBe('swapped');
    expect(await groups().delete(id, group)).toBe('conflict');
    expect(await groups().read(id)).toEqual(again);
  });

  test('groups are listed by id, page after page', async () => {
    const prefix = `list-${randomUUID()}`;
    const ids = ['B', 'a', 'a.b', 'a/b', 'a0', 'a~', '9', '!'].map((end) => `${prefix}${end}`);
    for (const id of ids) await groups().compareAndSwap(id, undefined, makeGroup());
    const gone = `${prefix}zzz`;
    const group = makeGroup();
    await groups().compareAndSwap(gone, undefined, group);
    await groups().delete(gone, group);
    for (const countMax of [1, 3, 1_000]) {
      const listed: string[] = [];
      let after: string | undefined = prefix;
      do {
        const page = await groups().list(countMax, after);
        expect(page.groupIds.length).toBeLessThanOrEqual(countMax);
        listed.push(...page.groupIds);
        after = page.after;
      } while (after !== undefined);
      expect(listed.filter((id) => id.startsWith(prefix))).toEqual([...ids].sort());
    }
  });
}

function offsetCases(groups: () => GroupStore): void {
  const outsider: CommitTerms = { by: 'outsider', epoch: 1 };

  test('what is committed is fetched, of all topics or of one, in order', async () => {
    const uid = randomUUID();
    const topicIds = [randomUUID(), randomUUID()].sort();
    const refs = topicIds.flatMap((topicId) =>
      [0, 1, 9, 10, 100].map((partition) => ({ topicId, partition })),
    );
    const commits = refs.map((ref, i) => ({ ref, committed: committed(i, `m${i}é`) }));
    const outcomes = await groups().commitOffsets(uid, outsider, [...commits].reverse());
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['committed']));
    const all = commits.map(({ ref, committed: facts }) => ({ ref, ...facts }));
    expect(await groups().fetchOffsets(uid)).toEqual(all);
    expect(await groups().fetchOffsets(uid, topicIds[1])).toEqual(all.slice(5));
    expect(await groups().fetchOffsets(randomUUID())).toEqual([]);
  });

  test('offsets and metadata of the greatest size come back', async () => {
    const uid = randomUUID();
    const ref = { topicId: randomUUID(), partition: 9_999 };
    const greatest = { ...committed(Number.MAX_SAFE_INTEGER, 'x'.repeat(4_096)), committedAtMs: 1 };
    await groups().commitOffsets(uid, outsider, [{ ref, committed: greatest }]);
    expect(await groups().fetchOffsets(uid)).toEqual([{ ref, ...greatest }]);
  });

  test('a commit never moves back, a reset does; the same again is taken again', async () => {
    const uid = randomUUID();
    const ref = { topicId: randomUUID(), partition: 0 };
    const commit = async (offset: number, by: CommitTerms['by'] = 'outsider') =>
      (
        await groups().commitOffsets(uid, { by, epoch: 1 }, [{ ref, committed: committed(offset) }])
      )[0];
    expect(await commit(10)).toEqual({ kind: 'committed' });
    expect(await commit(10)).toEqual({ kind: 'committed' });
    expect(await commit(9)).toEqual({ kind: 'behind', offset: 10 });
    expect(await commit(3, 'reset')).toEqual({ kind: 'committed' });
    expect(await commit(4)).toEqual({ kind: 'committed' });
    expect((await groups().fetchOffsets(uid))[0]?.offset).toBe(4);
  });

  test('deleted offsets are gone, and deleted again', async () => {
    const uid = randomUUID();
    const topicId = randomUUID();
    const refs = [0, 1, 2].map((partition) => ({ topicId, partition }));
    const commits = refs.map((ref) => ({ ref, committed: committed(1) }));
    await groups().commitOffsets(uid, outsider, commits);
    const some = refs.slice(0, 2);
    expect(await groups().deleteOffsets(uid, some, 1)).toEqual(['deleted', 'deleted']);
    expect(await groups().deleteOffsets(uid, some, 1)).toEqual(['deleted', 'deleted']);
    expect((await groups().fetchOffsets(uid)).map(({ ref }) => ref.partition)).toEqual([2]);
  });

  test('partitions stand and fall by themselves, each outcome in its place', async () => {
    const uid = randomUUID();
    const topicId = randomUUID();
    const refs = [0, 1, 2].map((partition) => ({ topicId, partition }));
    const [first, second, third] = refs as [(typeof refs)[0], (typeof refs)[0], (typeof refs)[0]];
    await groups().commitOffsets(uid, outsider, [{ ref: second, committed: committed(50) }]);
    await groups().raiseFences(uid, [third], 2);
    const commits = refs.map((ref) => ({ ref, committed: committed(7) }));
    expect(await groups().commitOffsets(uid, outsider, commits)).toEqual([
      { kind: 'committed' },
      { kind: 'behind', offset: 50 },
      { kind: 'fenced' },
    ]);
    const found = await groups().fetchOffsets(uid);
    expect(found.map(({ ref, offset }) => [ref.partition, offset])).toEqual([
      [first.partition, 7],
      [second.partition, 50],
    ]);
  });
}

function fenceCases(groups: () => GroupStore): void {
  const place = () => ({ uid: randomUUID(), ref: { topicId: randomUUID(), partition: 3 } });
  const commitTo =
    ({ uid, ref }: ReturnType<typeof place>) =>
    async (by: CommitTerms['by'], epoch: number, offset = epoch) => {
      const commits = [{ ref, committed: committed(offset) }];
      return (await groups().commitOffsets(uid, { by, epoch }, commits))[0]?.kind;
    };

  test('an owner commits from its fence on, and no more when it is raised', async () => {
    const at = place();
    const commit = commitTo(at);
    expect(await commit('owner', 5)).toBe('fenced');
    expect(await groups().raiseFences(at.uid, [at.ref], 5)).toBe('raised');
    expect(await groups().fetchOffsets(at.uid)).toEqual([]);
    expect(await commit('owner', 4)).toBe('fenced');
    expect(await commit('owner', 5)).toBe('committed');
    expect(await commit('owner', 8)).toBe('committed');
    expect(await groups().raiseFences(at.uid, [at.ref], 9)).toBe('raised');
    expect(await commit('owner', 8)).toBe('fenced');
    expect(await commit('owner', 9)).toBe('committed');
    // Looked at later, it writes no fence: what was looked at before goes on being taken.
    expect(await commit('owner', 12)).toBe('committed');
    expect(await commit('owner', 9, 12)).toBe('committed');
  });

  test('a fence is never lowered, and raising keeps what is committed', async () => {
    const at = place();
    const other = { ...at.ref, partition: 4 };
    await groups().raiseFences(at.uid, [at.ref], 5);
    await commitTo(at)('owner', 5, 77);
    expect(await groups().raiseFences(at.uid, [at.ref, other], 4)).toBe('overtaken');
    expect(await groups().raiseFences(at.uid, [at.ref], 5)).toBe('raised');
    expect(await groups().raiseFences(at.uid, [at.ref, other], 6)).toBe('raised');
    expect(await groups().fetchOffsets(at.uid)).toEqual([{ ref: at.ref, ...committed(77) }]);
  });

  test.each(['outsider', 'reset'] as const)(
    'what an %s wrote fences who looked before',
    async (by) => {
      const at = place();
      const commit = commitTo(at);
      await groups().raiseFences(at.uid, [at.ref], 5);
      expect(await commit(by, 4)).toBe('fenced');
      expect(await commit(by, 7)).toBe('committed');
      expect(await commit('owner', 6, 100)).toBe('fenced');
      expect(await commit('outsider', 6, 100)).toBe('fenced');
      expect(await commit('reset', 6, 100)).toBe('fenced');
      expect(await commit('outsider', 7, 100)).toBe('committed');
    },
  );

  test('an offset whose fence is beyond is not deleted; a deleted one has no owner', async () => {
    const at = place();
    const commit = commitTo(at);
    await groups().raiseFences(at.uid, [at.ref], 5);
    await commit('owner', 5);
    expect(await groups().deleteOffsets(at.uid, [at.ref], 4)).toEqual(['fenced']);
    expect(await groups().fetchOffsets(at.uid)).toHaveLength(1);
    expect(await groups().deleteOffsets(at.uid, [at.ref], 5)).toEqual(['deleted']);
    expect(await commit('owner', 5)).toBe('fenced');
  });

  test('of owners at once only those of the last fence are heard', async () => {
    const at = place();
    await groups().raiseFences(at.uid, [at.ref], 1);
    const commit = commitTo(at);
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        await groups().raiseFences(at.uid, [at.ref], i + 1);
        await commit('owner', i + 1, i + 1);
      }),
    );
    expect(await commit('owner', 9, 1_000)).toBe('fenced');
    expect(await commit('owner', 10, 1_000)).toBe('committed');
  });
}
