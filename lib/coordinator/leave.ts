/**
 * Leaving a group. What a member owned is free at once: it says itself that it has given it up.
 */

import { findMember, type Group, type TopicsView } from './group.js';
import { mapSlots, sealed, unowned, withTarget } from './group-steps.js';
import { topicsMoved, withoutAbandoned } from './target.js';

export type LeaveDecision =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly group: Group; readonly topicsMoved: boolean };

/** For good, or, as a static member, for a while. Who is no member has left already. */
export function decideLeave(
  before: Group,
  memberId: string,
  forAWhile: boolean,
  nowMs: number,
  view: TopicsView,
): LeaveDecision {
  const member = findMember(before, memberId);
  if (!member || (forAWhile && member.absent)) return { kind: 'unchanged' };
  const stays = forAWhile && member.instanceId !== null;
  const freed = mapSlots(before.topics, (slot) => (slot.owner === memberId ? unowned(slot) : slot));
  if (stays) {
    const absent = { ...member, absent: true, seenMs: Math.max(member.seenMs, nowMs) };
    const members = before.members.map((one) => (one === member ? absent : one));
    const group = { ...before, members, topics: withoutAbandoned(freed) };
    return { kind: 'changed', group: sealed(group, null, false, nowMs), topicsMoved: false };
  }
  const members = before.members.filter((one) => one !== member);
  const group = withTarget(before, members, freed, view);
  const moved = topicsMoved({ ...before, members }, view);
  return { kind: 'changed', group: sealed(group, null, false, nowMs), topicsMoved: moved };
}

/** Sends everybody away, for a reset that was told to: they come back as new members. */
export function expelAll(before: Group, nowMs: number): Group {
  return sealed({ ...before, members: [], topics: [] }, null, false, nowMs);
}
