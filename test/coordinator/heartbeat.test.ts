/**
 * lib/coordinator/heartbeat.js, lib/coordinator/group-steps.js, leave.js, members.js and group.js:
 * what joins, leaves, silence and change make of a group.
 */

import { describe, expect, test } from 'vitest';
import { findMember, groupPhase, memberState } from '../../lib/coordinator/group.js';
import { groupDefaults } from '../../lib/coordinator/group-limits.js';
import { expelAll } from '../../lib/coordinator/leave.js';
import type { RefusalCode } from '../../lib/coordinator/members.js';
import {
  type Answer,
  createGroupRig,
  createMember,
  loads,
  namesOf,
  round,
  topicOf,
} from './group-rig.js';

const refusal = (answer: Answer): RefusalCode | undefined =>
  answer.kind === 'refused' ? answer.code : undefined;

const responseOf = (answer: Answer) => {
  if (answer.kind === 'refused') throw new Error(answer.message);
  return answer.response;
};

const access = { topics: ['access'] };

describe('joining', () => {
  test('the first member gets everything at once', () => {
    const rig = createGroupRig({ access: 3 });
    const response = responseOf(rig.heartbeat(createMember('a', access).request()));
    expect(response).toEqual({
      memberId: 'a',
      memberEpoch: 1,
      heartbeatIntervalMs: groupDefaults.heartbeatIntervalMs,
      assignment: [{ topic: 'access', topicId: 'id-access-1', partitions: [0, 1, 2] }],
      revoke: [],
      pendingPartitions: 0,
    });
    expect(groupPhase(rig.group)).toBe('stable');
  });

  test('a second member waits until the first has given up, and nobody else stops', () => {
    const rig = createGroupRig({ access: 4 });
    const [a, b] = [createMember('a', access), createMember('b', access)];
    round(rig, [a]);
    const joined = responseOf(rig.heartbeat(b.request()));
    expect(joined).toMatchObject({ assignment: [], pendingPartitions: 2 });
    expect(joined.heartbeatIntervalMs).toBe(groupDefaults.reconcileIntervalMs);
    b.take({ kind: 'answered', response: joined });
    const told = responseOf(rig.heartbeat(a.request()));
    expect([namesOf(told.assignment).length, namesOf(told.revoke).length]).toEqual([2, 2]);
    a.take({ kind: 'answered', response: told });
    // Still finishing: the other goes on waiting.
    rig.heartbeat(a.request());
    expect(responseOf(rig.heartbeat(b.request())).assignment).toEqual([]);
    expect(groupPhase(rig.group)).toBe('reconciling');
    expect(rig.group.members.map((one) => memberState(rig.group, one))).toEqual([
      'reconciling',
      'reconciling',
    ]);
    a.finish();
    round(rig, [a, b]);
    expect(loads([a, b])).toEqual([2, 2]);
    expect(groupPhase(rig.group)).toBe('stable');
  });

  test('a join that is sent again is answered again', () => {
    const rig = createGroupRig({ access: 2 });
    const request = createMember('a', access).request();
    const first = rig.heartbeat(request);
    expect(rig.heartbeat(request)).toEqual(first);
    expect(rig.writes).toBe(1);
  });

  test('a heartbeat without news is not written, but being alive is now and then', () => {
    const rig = createGroupRig({ access: 2 });
    const a = createMember('a', access);
    round(rig, [a]);
    for (let i = 0; i < 9; i++) {
      rig.nowMs += 5_000;
      round(rig, [a]);
    }
    expect(rig.writes).toBe(4);
  });

  test('a topic that does not exist yet is assigned when it does; growth and deletion are noticed', () => {
    const rig = createGroupRig({});
    const a = createMember('a', access);
    round(rig, [a]);
    expect(a.held.size).toBe(0);
    rig.view.set('access', topicOf('access', 2));
    round(rig, [a]);
    expect(a.held.size).toBe(2);
    rig.view.set('access', topicOf('access', 5));
    round(rig, [a]);
    expect(a.held.size).toBe(5);
    // A view of before never takes partitions away.
    rig.view.set('access', topicOf('access', 2));
    round(rig, [a]);
    expect(a.held.size).toBe(5);
    rig.view.set('access', topicOf('access', 1, 2));
    round(rig, [a]);
    expect([...a.held]).toEqual(['id-access-2/0']);
    rig.view.delete('access');
    round(rig, [a]);
    expect(a.held.size).toBe(0);
  });

  test('a pattern takes the topics that match it, also later ones', () => {
    const rig = createGroupRig({ 'web-eu': 1, 'web-us': 1, web: 1 });
    const a = createMember('a', { pattern: 'web-.*' });
    round(rig, [a]);
    expect([...a.held].sort()).toEqual(['id-web-eu-1/0', 'id-web-us-1/0']);
    rig.view.set('web-jp', topicOf('web-jp', 2));
    round(rig, [a]);
    expect(a.held.size).toBe(4);
  });

  test('a subscription can change; what nobody reads any more is given up and forgotten', () => {
    const rig = createGroupRig({ access: 2, audit: 2 });
    const a = createMember('a', {});
    a.take(rig.heartbeat({ memberId: 'a', memberEpoch: 0, topics: ['access', 'audit'] }));
    a.take(rig.heartbeat({ ...a.request(), topics: ['audit'] }));
    expect(a.finishing.size).toBe(2);
    expect(rig.group.topics.map(({ name }) => name)).toEqual(['access', 'audit']);
    a.finish();
    round(rig, [a]);
    expect(rig.group.topics.map(({ name }) => name)).toEqual(['audit']);
  });

  test('the assignor is what most ask for', () => {
    const rig = createGroupRig({ access: 4, audit: 4 });
    const ask = { topics: ['access', 'audit'], assignor: 'range' as const };
    const members = ['a', 'b'].map((name) => createMember(name, ask));
    for (let i = 0; i < 3; i++) round(rig, members);
    expect(rig.group.assignor).toBe('range');
    const first = ['id-access-1/0', 'id-access-1/1', 'id-audit-1/0', 'id-audit-1/1'];
    expect([...(members[0]?.held ?? [])].sort()).toEqual(first);
  });
});

describe('leaving and silence', () => {
  test('who leaves is replaced at once', () => {
    const rig = createGroupRig({ access: 4 });
    const [a, b] = [createMember('a', access), createMember('b', access)];
    for (let i = 0; i < 3; i++) round(rig, [a, b]);
    rig.leave('a');
    rig.leave('a');
    round(rig, [b]);
    expect(b.held.size).toBe(4);
    rig.leave('b');
    expect(rig.group).toMatchObject({ members: [], topics: [], emptySinceMs: rig.nowMs });
  });

  test('who is silent for longer than its session is expired by another heartbeat', () => {
    const rig = createGroupRig({ access: 4 });
    const [a, b] = [createMember('a', access), createMember('b', access)];
    for (let i = 0; i < 3; i++) round(rig, [a, b]);
    rig.nowMs += groupDefaults.sessionTimeoutMs - 1;
    round(rig, [b]);
    expect(b.held.size).toBe(2);
    rig.nowMs += 2;
    round(rig, [b]);
    expect(b.held.size).toBe(4);
    expect(refusal(rig.heartbeat(a.request()))).toBe('UNKNOWN_MEMBER_ID');
  });

  test('who was seen by a clock that is hours ahead is missed after a session all the same', () => {
    const rig = createGroupRig({ access: 4 });
    const [a, b] = [createMember('a', access), createMember('b', access)];
    const hourMs = 3_600_000;
    rig.nowMs += hourMs;
    for (let i = 0; i < 3; i++) round(rig, [a, b]);
    expect([a.held.size, b.held.size]).toEqual([2, 2]);
    rig.nowMs -= hourMs;
    round(rig, [b]);
    expect(findMember(rig.group, 'a')?.seenMs).toBe(rig.nowMs);
    rig.nowMs += groupDefaults.sessionTimeoutMs + 1;
    round(rig, [b]);
    expect(b.held.size).toBe(4);
  });

  test('who comes back late, but before anybody noticed, goes on', () => {
    const rig = createGroupRig({ access: 4 });
    const a = createMember('a', access);
    round(rig, [a]);
    rig.nowMs += 10 * groupDefaults.sessionTimeoutMs;
    round(rig, [a]);
    expect(a.held.size).toBe(4);
  });

  test('who does not give up in its time is expired', () => {
    const rig = createGroupRig({ access: 2 });
    const a = createMember('a', access);
    const b = createMember('b', access);
    a.take(rig.heartbeat({ ...a.request(), rebalanceTimeoutMs: 60_000 }));
    rig.heartbeat(b.request());
    a.take(rig.heartbeat(a.request()));
    for (let i = 0; i < 7; i++) {
      rig.nowMs += 10_000;
      a.take(rig.heartbeat(a.request()));
      b.take(rig.heartbeat(b.request()));
    }
    expect(b.held.size).toBe(2);
    expect(refusal(rig.heartbeat(a.request()))).toBe('UNKNOWN_MEMBER_ID');
  });

  test('everybody can be sent away', () => {
    const rig = createGroupRig({ access: 2 });
    const a = createMember('a', access);
    round(rig, [a]);
    rig.group = expelAll(rig.group, rig.nowMs);
    expect(refusal(rig.heartbeat(a.request()))).toBe('UNKNOWN_MEMBER_ID');
  });
});

describe('static members', () => {
  const asInstance = { ...access, instanceId: 'node-1' };

  test('come back under another id and find their assignment, and nobody else moves', () => {
    const rig = createGroupRig({ access: 4 });
    const first = createMember('first', asInstance);
    const other = createMember('other', access);
    for (let i = 0; i < 3; i++) round(rig, [first, other]);
    const before = [...first.held].sort();
    const { targetEpoch } = rig.group;
    rig.leave('first', true);
    expect(memberState(rig.group, findMember(rig.group, 'first') as never)).toBe('absent');
    round(rig, [other]);
    expect(other.held.size).toBe(2);
    const second = createMember('second', asInstance);
    round(rig, [second]);
    expect([...second.held].sort()).toEqual(before);
    expect(rig.group.targetEpoch).toBe(targetEpoch);
    expect(refusal(rig.heartbeat({ ...first.request(), memberEpoch: 3 }))).toBe(
      'FENCED_INSTANCE_ID',
    );
  });

  test('who does not come back in time is replaced', () => {
    const rig = createGroupRig({ access: 4 });
    const [first, other] = [createMember('first', asInstance), createMember('other', access)];
    for (let i = 0; i < 3; i++) round(rig, [first, other]);
    rig.leave('first', true);
    rig.nowMs += groupDefaults.sessionTimeoutMs + 1;
    round(rig, [other]);
    expect(other.held.size).toBe(4);
  });

  test('after a crash it takes its place again when the session is over, though nobody else came by', () => {
    const rig = createGroupRig({ access: 4 });
    const first = createMember('first', asInstance);
    for (let i = 0; i < 2; i++) round(rig, [first]);
    const second = createMember('second', asInstance);
    rig.nowMs += groupDefaults.sessionTimeoutMs;
    expect(refusal(rig.heartbeat(second.request()))).toBe('UNRELEASED_INSTANCE_ID');
    rig.nowMs += 1;
    for (let i = 0; i < 2; i++) round(rig, [second]);
    expect(second.held.size).toBe(4);
    expect(rig.group.members).toHaveLength(1);
  });

  test('a duplicate is refused while the first lives', () => {
    const rig = createGroupRig({ access: 4 });
    round(rig, [createMember('first', asInstance)]);
    const second = createMember('second', asInstance);
    expect(refusal(rig.heartbeat(second.request()))).toBe('UNRELEASED_INSTANCE_ID');
    const impostor = { ...createMember('first', access).request(), instanceId: 'node-2' };
    expect(refusal(rig.heartbeat(impostor))).toBe('UNRELEASED_INSTANCE_ID');
  });
});

describe('refusals', () => {
  const rigged = () => {
    const rig = createGroupRig({ access: 2 }, { ...groupDefaults, groupSizeMax: 1 });
    round(rig, [createMember('a', access)]);
    return rig;
  };
  const cases: [RefusalCode, object][] = [
    ['UNKNOWN_MEMBER_ID', { memberId: 'x', memberEpoch: 1 }],
    ['FENCED_MEMBER_EPOCH', { memberEpoch: 2 }],
    ['FENCED_INSTANCE_ID', { memberEpoch: 1, instanceId: 'i' }],
    ['GROUP_MAX_SIZE_REACHED', { memberId: 'b', ...access }],
    ['INVALID_SESSION_TIMEOUT', { sessionTimeoutMs: 999 }],
    ['INVALID_SESSION_TIMEOUT', { sessionTimeoutMs: 1_800_001 }],
    ['INVALID_REGULAR_EXPRESSION', { pattern: '(' }],
    ['INVALID_REQUEST', { memberId: 'b' }],
  ];
  test.each(cases)('%s: %j', (code, request) => {
    const rig = rigged();
    const before = rig.group;
    expect(refusal(rig.heartbeat({ memberId: 'a', memberEpoch: 0, ...request }))).toBe(code);
    expect(rig.group).toBe(before);
  });

  test('the epoch of before is heard, and gives up nothing', () => {
    const rig = createGroupRig({ access: 4 });
    const [a, b] = [createMember('a', access), createMember('b', access)];
    round(rig, [a]);
    const early = { ...a.request(), owned: [] };
    rig.view.set('access', topicOf('access', 6));
    round(rig, [a]);
    rig.heartbeat(b.request());
    expect(refusal(rig.heartbeat(early))).toBeUndefined();
    expect(responseOf(rig.heartbeat(b.request())).assignment).toEqual([]);
    rig.view.set('access', topicOf('access', 8));
    a.take(rig.heartbeat(a.request()));
    expect(refusal(rig.heartbeat({ ...early, memberEpoch: 99 }))).toBe('FENCED_MEMBER_EPOCH');
  });
});
