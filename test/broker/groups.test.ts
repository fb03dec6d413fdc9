/**
 * lib/broker/groups.js, lib/broker/group-swaps.js, lib/broker/group-topics.js, lib/broker/group-offsets.js,
 * lib/broker/group-reset.js, lib/broker/group-lag.js and lib/broker/find-group.js: what lost replies,
 * races, stalls and old memories make of groups.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import type { BrokerError } from '../../lib/broker/broker-error.js';
import { createGroups, type Groups } from '../../lib/broker/groups.js';
import { type GroupSettings, groupDefaults } from '../../lib/coordinator/group-limits.js';
import type { HeartbeatResponse } from '../../lib/coordinator/heartbeat.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { unalteredTopic } from '../../lib/store/topic-store.js';
import { createFaultyStores, createGate, type FaultyStores } from '../support/faulty-stores.js';
import { createManualWorld, type ManualWorld } from '../support/manual-world.js';

let world: ManualWorld;
let truth: Stores;
let faulty: FaultyStores;
let groups: Groups;

const topicId = '11111111-0000-4000-8000-000000000000';
const start = (settings: Partial<GroupSettings> = {}, topicCacheMs = 0) =>
  createGroups(
    faulty.stores,
    world,
    { ...groupDefaults, ...settings },
    topicCacheMs,
    async () => undefined,
  );

async function makeTopic(name: string, partitionCount: number, id = topicId): Promise<void> {
  await truth.index.createPartitions(id, 0, partitionCount);
  await truth.topics.create({
    name,
    topicId: id,
    partitionCount,
    createdAtMs: 0,
    ...unalteredTopic,
  });
}

beforeEach(async () => {
  world = createManualWorld();
  truth = createMemoryStores();
  faulty = createFaultyStores(truth);
  groups = start();
  await makeTopic('access', 2);
});

const beat = (memberId: string, last?: HeartbeatResponse, by = groups) =>
  world.runUntil(
    by.heartbeat('g', {
      memberId,
      memberEpoch: last?.memberEpoch ?? 0,
      topics: ['access'],
      owned: last?.assignment ?? [],
    }),
  );

const commit = (offset: number, who: HeartbeatResponse | null, by = groups, partition = 0) =>
  by.offsets.commit('g', who && { memberId: who.memberId, memberEpoch: who.memberEpoch }, [
    { topic: 'access', partition, offset, metadata: '' },
  ]);

async function codeOf(work: Promise<readonly { error?: BrokerError }[]>): Promise<string> {
  try {
    const [result] = await world.runUntil(work);
    return result?.error?.code ?? 'ok';
  } catch (error) {
    return (error as BrokerError).code;
  }
}

const offsetsNow = async () => (await groups.offsets.fetch('g')).map(({ offset }) => offset);
const held = (response: HeartbeatResponse) => response.assignment.flatMap((one) => one.partitions);

describe('swaps', () => {
  test('a join whose reply was lost is the same join when it is sent again', async () => {
    faulty.fail('groups.compareAndSwap', { kind: 'lost' });
    await expect(beat('a')).rejects.toMatchObject({ effect: 'unknown' });
    expect(held(await beat('a'))).toEqual([0, 1]);
    expect((await groups.find('g')).members).toHaveLength(1);
  });

  test('who was overtaken looks again; many processes at once all get in', async () => {
    const processes = Array.from({ length: 8 }, () => start());
    const joins = processes.map((one, i) =>
      one.heartbeat('g', { memberId: `m${i}`, memberEpoch: 0, topics: ['access'] }),
    );
    await world.runUntil(Promise.all(joins));
    expect((await groups.find('g')).members).toHaveLength(8);
  });

  test('heartbeats of one process wait for each other, and do not collide', async () => {
    const joins = Array.from({ length: 8 }, (_, i) => beat(`m${i}`));
    await Promise.all(joins);
    expect(faulty.count('groups.compareAndSwap')).toBe(8);
  });

  test('a group that changes without end is given up, to be tried again', async () => {
    let tries = 0;
    const compareAndSwap = async () => {
      tries++;
      return 'conflict' as const;
    };
    const busy = { ...truth, groups: { ...truth.groups, compareAndSwap } };
    groups = createGroups(busy, world, groupDefaults, 0, async () => undefined);
    await expect(beat('a')).rejects.toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' });
    expect(tries).toBe(40);
  });

  test('a group has no more members than it may', async () => {
    groups = start({ groupSizeMax: 1 });
    await beat('a');
    await expect(beat('b')).rejects.toMatchObject({ code: 'GROUP_MAX_SIZE_REACHED' });
  });

  test('a group too large for its item is refused before it is written', async () => {
    const topics = Array.from({ length: 200 }, (_, i) => `${'t'.repeat(240)}${i}`);
    const join = (i: number) =>
      groups.heartbeat('g', {
        memberId: `${i}`,
        memberEpoch: 0,
        topics: topics.map((name) => `${name}-${i}`),
      });
    let refused: unknown;
    for (let i = 0; i < 12 && !refused; i++) {
      await world.runUntil(join(i)).catch((error: unknown) => {
        refused = error;
      });
    }
    expect(refused).toMatchObject({ code: 'GROUP_MAX_SIZE_REACHED' });
  });
});

describe('handing over', () => {
  test('the fence is raised before the group says who owns', async () => {
    await beat('a');
    const written = faulty.calls.map(({ method }) => method);
    expect(written.indexOf('groups.raiseFences')).toBeLessThan(
      written.indexOf('groups.compareAndSwap'),
    );
  });

  // Fault 49 of docs/faults.md.
  test('a commit that stalls until its partition has a new owner is refused, and moves nothing', async () => {
    const a = await beat('a');
    expect(await codeOf(commit(5, a))).toBe('ok');
    const gate = createGate();
    faulty.fail('groups.commitOffsets', { kind: 'slow', gate, acts: 'late' });
    const late = commit(99, a);
    await world.settle();
    await world.advance(groupDefaults.sessionTimeoutMs + 1);
    const b = await beat('b');
    expect(held(b)).toEqual([0, 1]);
    expect(await codeOf(commit(6, b))).toBe('ok');
    gate.open();
    expect(await codeOf(late)).toBe('UNKNOWN_MEMBER_ID');
    expect(await offsetsNow()).toEqual([6]);
  });

  test('a commit from outside that stalls until there are members is refused', async () => {
    expect(await codeOf(commit(1, null))).toBe('ok');
    const gate = createGate();
    faulty.fail('groups.commitOffsets', { kind: 'slow', gate, acts: 'late' });
    const late = commit(99, null);
    await world.settle();
    const a = await beat('a');
    gate.open();
    expect(await codeOf(late)).toBe('UNKNOWN_MEMBER_ID');
    expect(await codeOf(commit(2, a))).toBe('ok');
    expect(await offsetsNow()).toEqual([2]);
  });

  test('a commit of a member that stalls until after a reset is refused', async () => {
    const a = await beat('a');
    await codeOf(commit(0, a));
    const gate = createGate();
    faulty.fail('groups.commitOffsets', { kind: 'slow', gate, acts: 'late' });
    const late = commit(99, a);
    await world.settle();
    const to = { kind: 'earliest' } as const;
    await world.runUntil(groups.reset('g', { to, execute: true, force: true }));
    gate.open();
    expect(await codeOf(late)).toBe('UNKNOWN_MEMBER_ID');
    expect(await offsetsNow()).toEqual([0]);
  });

  test('who raises fences and dies keeps nobody from committing', async () => {
    expect(await codeOf(commit(1, null))).toBe('ok');
    faulty.fail('groups.compareAndSwap', { kind: 'before' });
    await expect(beat('a')).rejects.toMatchObject({ effect: 'none' });
    expect(await codeOf(commit(2, null))).toBe('ok');
    expect(await offsetsNow()).toEqual([2]);
    const b = await beat('b');
    faulty.fail('groups.compareAndSwap', { kind: 'before' });
    await expect(beat('c')).rejects.toMatchObject({ effect: 'none' });
    expect(await codeOf(commit(3, b))).toBe('ok');
  });

  test('a commit whose reply was lost is taken again', async () => {
    const a = await beat('a');
    faulty.fail('groups.commitOffsets', { kind: 'lost' });
    await expect(world.runUntil(commit(7, a))).rejects.toMatchObject({ effect: 'unknown' });
    expect(await codeOf(commit(7, a))).toBe('ok');
  });
});

describe('topics that are remembered', () => {
  test('no partition moves on account of an old memory', async () => {
    const old = start({}, 60_000);
    let a = await beat('a', undefined, old);
    await truth.topics.delete({
      name: 'access',
      topicId,
      partitionCount: 2,
      createdAtMs: 0,
      ...unalteredTopic,
    });
    await makeTopic('access', 3, '22222222-0000-4000-8000-000000000000');
    a = await beat('a', a);
    expect(held(a)).toEqual([0, 1, 2]);
    // This one remembers the topic that is gone: it looks again instead of going back.
    await world.advance(12_000);
    expect(await beat('a', a, old)).toEqual(a);
  });

  test('a topic that is not there yet is found when the memory is over', async () => {
    groups = start({}, 10_000);
    const ask = (memberEpoch: number) =>
      world.runUntil(groups.heartbeat('g', { memberId: 'a', memberEpoch, pattern: 'new-.*' }));
    const first = await ask(0);
    await makeTopic('new-1', 1, '33333333-0000-4000-8000-000000000000');
    expect(held(await ask(first.memberEpoch))).toEqual([]);
    await world.advance(10_000);
    expect(held(await ask(first.memberEpoch))).toEqual([0]);
  });
});

describe('expiry of offsets', () => {
  const dayMs = 24 * 60 * 60_000;

  test('offsets go when the group has been empty for as long; then the group goes', async () => {
    groups = start({ offsetsRetentionMinutes: 24 * 60 });
    const a = await beat('a');
    await codeOf(commit(5, a));
    await world.advance(2 * dayMs);
    expect(await groups.expire()).toBe(0);
    expect(await offsetsNow()).toEqual([5]);
    await world.runUntil(groups.leave('g', 'a', false));
    await world.advance(dayMs - 1);
    expect(await groups.expire()).toBe(0);
    await world.advance(1);
    expect(await groups.expire()).toBe(1);
    await expect(groups.find('g')).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' });
  });

  test('what is committed from outside lasts from its own time on', async () => {
    groups = start({ offsetsRetentionMinutes: 24 * 60 });
    await codeOf(commit(1, null, groups, 0));
    await world.advance(dayMs / 2);
    await codeOf(commit(2, null, groups, 1));
    await world.advance(dayMs / 2);
    expect(await groups.expire()).toBe(0);
    expect(await offsetsNow()).toEqual([2]);
  });

  test('what is committed while an expiry is under way stays', async () => {
    groups = start({ offsetsRetentionMinutes: 24 * 60 });
    await codeOf(commit(1, null));
    await world.advance(dayMs);
    const gate = createGate();
    faulty.fail('groups.fetchOffsets', { kind: 'slow', gate, acts: 'early' });
    const expiry = groups.expire();
    await world.settle();
    expect(await codeOf(commit(2, null))).toBe('ok');
    gate.open();
    expect(await expiry).toBe(0);
    expect(await offsetsNow()).toEqual([2]);
  });

  test('members that join begin without what is too old', async () => {
    groups = start({ offsetsRetentionMinutes: 24 * 60 });
    await codeOf(commit(1, null));
    await world.advance(dayMs);
    await beat('a');
    expect(await offsetsNow()).toEqual([]);
  });
});

test('lag says how far each partition is behind, and nothing of partitions that are gone', async () => {
  const a = await beat('a');
  await codeOf(commit(0, a));
  const rows = async () => (await groups.lag('g')).partitions.map(({ lag, lagMs }) => [lag, lagMs]);
  expect(await rows()).toEqual([
    [0, 0],
    [null, null],
  ]);
  await truth.index.deletePartitions(topicId, 1);
  expect(await rows()).toEqual([[null, null]]);
});
