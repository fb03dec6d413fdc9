/** lib/coordinator/commit-fence.js and group-limits.js: who may commit, and what a group may be called. */

import { expect, test } from 'vitest';
import { committerProblem, ownsInEpoch } from '../../lib/coordinator/commit-fence.js';
import { groupIdProblem } from '../../lib/coordinator/group-limits.js';
import { createGroupRig, createMember, round } from './group-rig.js';

// Fault 49 of docs/faults.md.
test('a member commits what it owns, from the epoch on in which it got it', () => {
  const rig = createGroupRig({ access: 4 });
  const access = { topics: ['access'] };
  const [a, b] = [createMember('a', access), createMember('b', access)];
  for (let i = 0; i < 3; i++) round(rig, [a, b]);
  const owns = (
    memberId: string,
    memberEpoch: number,
    partition: number,
    topicId = 'id-access-1',
  ) => ownsInEpoch(rig.group, { memberId, memberEpoch }, topicId, partition);
  const [mine] = [...b.held].map((name) => Number(name.split('/')[1]));
  expect(owns('b', b.epoch, mine as number)).toBe(true);
  expect(owns('b', 1, mine as number)).toBe(false);
  expect(owns('a', a.epoch + 10, mine as number)).toBe(false);
  expect(owns('b', b.epoch, 99)).toBe(false);
  expect(owns('b', b.epoch, mine as number, 'other')).toBe(false);
});

test('who is no member commits only while there are none', () => {
  const rig = createGroupRig({ access: 1 });
  expect(committerProblem(rig.group, null)).toBeUndefined();
  const stranger = { memberId: 'x', memberEpoch: 1 };
  expect(committerProblem(rig.group, stranger)?.code).toBe('UNKNOWN_MEMBER_ID');
  const a = createMember('a', { topics: ['access'], instanceId: 'node' });
  round(rig, [a]);
  expect(committerProblem(rig.group, null)?.code).toBe('UNKNOWN_MEMBER_ID');
  const self = { memberId: 'a', memberEpoch: a.epoch };
  expect(committerProblem(rig.group, self)).toBeUndefined();
  const ahead = { ...self, memberEpoch: a.epoch + 1 };
  expect(committerProblem(rig.group, ahead)?.code).toBe('FENCED_MEMBER_EPOCH');
  rig.leave('a', true);
  expect(committerProblem(rig.group, self)?.code).toBe('UNKNOWN_MEMBER_ID');
});

test.each([
  ['orders', undefined],
  ['a/b:c~', undefined],
  ['', /at least one/],
  ['..', /named/],
  ['x'.repeat(256), /at most 255/],
  ['a b', /without spaces/],
  ['ä', /printable ASCII/],
])('group id %j', (groupId, problem) => {
  const found = groupIdProblem(groupId);
  if (problem) expect(found).toMatch(problem);
  else expect(found).toBeUndefined();
});
