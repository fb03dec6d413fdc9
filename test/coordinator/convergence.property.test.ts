/**
 * Whatever members do, join, leave, crash, stall, lose answers, send twice or late: one owner per
 * partition and epoch, a partition changes hands only when nobody holds it, and when things calm down the
 * group is even and complete within three heartbeats.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupPhase } from '../../lib/coordinator/group.js';
import { encodeGroup } from '../../lib/coordinator/group-format.js';
import { groupBytesMax, groupDefaults } from '../../lib/coordinator/group-limits.js';
import type { HeartbeatRequest } from '../../lib/coordinator/members.js';
import {
  createGroupRig,
  createMember,
  type GroupRig,
  loads,
  type MemberRig,
  namesOf,
  round,
  topicOf,
} from './group-rig.js';

type Move = { readonly kind: string; readonly who: number; readonly amount: number };

const kinds = fc.oneof(
  { weight: 10, arbitrary: fc.constant('heartbeat') },
  { weight: 9, arbitrary: fc.constantFrom('lostReply', 'slow', 'sendLate', 'deliver', 'wait') },
  { weight: 5, arbitrary: fc.constantFrom('join', 'join', 'crash', 'leave', 'longWait', 'grow') },
);
const moves = fc.array(fc.record({ kind: kinds, who: fc.nat(50), amount: fc.nat(5) }), {
  minLength: 20,
  maxLength: 120,
});

/** Members, what is under way, and the watch over who gets what. */
function play(plan: readonly Move[], assignor: 'uniform' | 'range') {
  const rig = createGroupRig({ access: 7, audit: 3 });
  const living: MemberRig[] = [];
  const late: HeartbeatRequest[] = [];
  const owners = new Map<string, string>();
  let names = 0;
  rig.onGrant = (memberId, grants, epoch) => {
    for (const name of namesOf(grants)) {
      const before = owners.get(`${name}@${epoch}`);
      expect(before ?? memberId).toBe(memberId);
      owners.set(`${name}@${epoch}`, memberId);
      // Whoever is a member still and holds it would have two owners work on it.
      for (const other of living) {
        if (other.memberId === memberId || !isMember(rig, other.memberId)) continue;
        expect([...other.held, ...other.finishing]).not.toContain(name);
      }
    }
  };
  for (const { kind, who, amount } of plan) {
    const member = living[who % Math.max(1, living.length)];
    if (kind === 'join' || !member) {
      living.push(createMember(`m${names++}`, { topics: ['access', 'audit'], assignor }));
      continue;
    }
    switch (kind) {
      case 'heartbeat':
        round(rig, [member]);
        break;
      case 'slow':
        member.take(rig.heartbeat(member.request()));
        break;
      case 'lostReply':
        rig.heartbeat(member.request());
        break;
      case 'sendLate':
        late.push(member.request());
        break;
      case 'deliver': {
        const [request] = late.splice(amount % Math.max(1, late.length), 1);
        if (request && isMember(rig, request.memberId)) rig.heartbeat(request);
        break;
      }
      case 'crash':
        living.splice(living.indexOf(member), 1);
        break;
      case 'leave':
        living.splice(living.indexOf(member), 1);
        rig.leave(member.memberId);
        break;
      case 'grow': {
        const count = rig.view.get('access')?.partitionCount ?? 0;
        rig.view.set('access', topicOf('access', count + amount));
        break;
      }
      default:
        rig.nowMs += kind === 'wait' ? 2_000 : groupDefaults.sessionTimeoutMs / 2;
    }
  }
  return { rig, living };
}

/** For how many heartbeats in a row each partition was nobody's, though meant for somebody who lives. */
function countUnowned(
  { group }: GroupRig,
  living: readonly MemberRig[],
  unowned: Map<string, number>,
): void {
  const alive = new Set(living.map(({ memberId }) => memberId));
  for (const { topicId, slots } of group.topics) {
    for (const [partition, { owner, target }] of slots.entries()) {
      const name = `${topicId}/${partition}`;
      const waits = owner === null && target !== null && alive.has(target);
      unowned.set(name, waits ? (unowned.get(name) ?? 0) + 1 : 0);
    }
  }
}

const isMember = ({ group }: GroupRig, memberId: string) =>
  group.members.some((member) => member.memberId === memberId);

const seed = Number(process.env.FC_SEED ?? 11);

test.each(['uniform', 'range'] as const)('%s: any history ends well', (assignor) => {
  fc.assert(
    fc.property(moves, (plan) => {
      const { rig, living } = play(plan, assignor);
      if (living.length === 0) living.push(createMember('last', { topics: ['access', 'audit'] }));
      // Who crashed is noticed when its session is over, whoever lives goes on meanwhile.
      const untilMs = rig.nowMs + groupDefaults.sessionTimeoutMs;
      const unowned = new Map<string, number>();
      for (let calm = false; !calm; rig.nowMs += groupDefaults.heartbeatIntervalMs) {
        calm = rig.nowMs > untilMs;
        round(rig, living);
        countUnowned(rig, living, unowned);
        expect(Math.max(0, ...unowned.values())).toBeLessThanOrEqual(2);
      }
      const alive = new Set(living.map(({ memberId }) => memberId));
      for (const { slots } of rig.group.topics) {
        for (const { owner } of slots) expect(owner === null || alive.has(owner)).toBe(true);
      }
      for (let heartbeats = 0; heartbeats < 3; heartbeats++) round(rig, living);
      const total = 3 + (rig.view.get('access')?.partitionCount ?? 0);
      const held = living.flatMap((member) => [...member.held]);
      expect([new Set(held).size, held.length]).toEqual([total, total]);
      expect(groupPhase(rig.group)).toBe('stable');
      if (assignor === 'uniform') {
        const sorted = loads(living);
        expect((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 300, seed },
  );
});

test('200 members on 1,000 partitions converge within 3 heartbeats of each, in any order', () => {
  const rig = createGroupRig({ access: 600, audit: 400 });
  const members = Array.from({ length: 200 }, (_, i) =>
    createMember(`3f0c1d5e-8a77-4c11-9d21-${String(i).padStart(12, '0')}`, {
      topics: ['access', 'audit'],
      instanceId: `host-${i}.example.com`,
    }),
  );
  for (const member of members) round(rig, [member]);
  const settle = (who: readonly MemberRig[]) => {
    for (let heartbeats = 0; heartbeats < 3; heartbeats++) {
      // The other way round each time: nobody is lucky with its place.
      round(rig, heartbeats % 2 === 0 ? [...who].reverse() : who);
    }
    expect(groupPhase(rig.group)).toBe('stable');
    expect(loads(who).reduce((sum, load) => sum + load, 0)).toBe(1_000);
  };
  settle(members);
  expect(new Set(loads(members))).toEqual(new Set([5]));
  const sizes = [encodeGroup(rig.group).length];
  const before = new Map(members.map(({ memberId, held }) => [memberId, new Set(held)]));
  // A tenth goes: nobody else loses anything.
  for (const { memberId } of members.slice(0, 20)) rig.leave(memberId);
  const rest = members.slice(20);
  settle(rest);
  for (const { memberId, held } of rest) {
    for (const name of before.get(memberId) ?? []) expect(held).toContain(name);
  }
  // In the middle of a move everything is written down twice.
  const newcomers = Array.from({ length: 20 }, (_, i) =>
    createMember(`new-${i}`, { topics: ['access', 'audit'] }),
  );
  for (const member of newcomers) member.take(rig.heartbeat(member.request()));
  sizes.push(encodeGroup(rig.group).length);
  settle([...rest, ...newcomers]);
  expect(Math.max(...sizes)).toBeLessThan(32 * 1024);
  expect(Math.max(...sizes)).toBeLessThan(groupBytesMax);
});
