/**
 * Who may commit an offset. A member commits what it owns, in an epoch in which it owned it; who is no
 * member only while there are none. The group that was looked at may be out of date by the time the
 * offset is written: the fence beside the offset decides then (docs/decisions/0007).
 */

import { findMember, type Group } from './group.js';

export type Committer = { readonly memberId: string; readonly memberEpoch: number };

export type CommitRefusal = {
  readonly code: 'UNKNOWN_MEMBER_ID' | 'FENCED_MEMBER_EPOCH';
  readonly message: string;
};

/** What stands against any commit by this committer; `null` is somebody who is no member. */
export function committerProblem(
  group: Group,
  committer: Committer | null,
): CommitRefusal | undefined {
  if (!committer) {
    if (group.members.length === 0) return undefined;
    const message = 'The group has members: only they commit, with their member id and epoch.';
    return { code: 'UNKNOWN_MEMBER_ID', message };
  }
  const member = findMember(group, committer.memberId);
  if (!member || member.absent) {
    const message = `${committer.memberId} is no member of the group, or not any more.`;
    return { code: 'UNKNOWN_MEMBER_ID', message };
  }
  if (committer.memberEpoch <= member.memberEpoch) return undefined;
  const message = `The member's epoch is ${member.memberEpoch}, not ${committer.memberEpoch}.`;
  return { code: 'FENCED_MEMBER_EPOCH', message };
}

export function ownsInEpoch(
  group: Group,
  committer: Committer,
  topicId: string,
  partition: number,
): boolean {
  const topic = group.topics.find((one) => one.topicId === topicId);
  const slot = topic?.slots[partition];
  return slot?.owner === committer.memberId && committer.memberEpoch >= slot.sinceEpoch;
}
