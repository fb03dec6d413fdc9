/**
 * The steps that decisions about a group are made of. Each makes a new value and leaves the old one as it
 * is; what did not change is the same object.
 */

import type { Group, GroupTopic, Member, Slot, TopicsView } from './group.js';
import { electAssignor, retarget } from './target.js';

/** The same topics when no slot changes. */
export function mapSlots(
  topics: readonly GroupTopic[],
  change: (slot: Slot, topic: GroupTopic, partition: number) => Slot,
): readonly GroupTopic[] {
  let any = false;
  const mapped = topics.map((topic) => {
    let touched = false;
    const slots = topic.slots.map((slot, partition) => {
      const changed = change(slot, topic, partition);
      touched ||= changed !== slot;
      return changed;
    });
    any ||= touched;
    return touched ? { ...topic, slots } : topic;
  });
  return any ? mapped : topics;
}

/**
 * Who was seen by a clock far ahead of this one is taken for seen just now, else nobody would miss it until this
 * clock gets there. A difference of less than a session is left alone: it is waited for.
 */
export function nearerThanASession(members: readonly Member[], nowMs: number): readonly Member[] {
  const isFar = (ms: number | null, sessionTimeoutMs: number) =>
    ms !== null && ms > nowMs + sessionTimeoutMs;
  let any = false;
  const mapped = members.map((member) => {
    const { seenMs, revokingSinceMs, sessionTimeoutMs } = member;
    const seenFar = isFar(seenMs, sessionTimeoutMs);
    const revokingFar = isFar(revokingSinceMs, sessionTimeoutMs);
    if (!seenFar && !revokingFar) return member;
    any = true;
    return {
      ...member,
      seenMs: seenFar ? nowMs : seenMs,
      revokingSinceMs: revokingFar ? nowMs : revokingSinceMs,
    };
  });
  return any ? mapped : members;
}

/** Members who were silent for too long, or do not give up what they were asked to. */
export function expire(
  members: readonly Member[],
  topics: readonly GroupTopic[],
  requester: string | null,
  nowMs: number,
): { readonly members: readonly Member[]; readonly topics: readonly GroupTopic[] } {
  const isLost = (member: Member) => {
    const { revokingSinceMs, rebalanceTimeoutMs, sessionTimeoutMs, seenMs } = member;
    if (revokingSinceMs !== null && nowMs - revokingSinceMs > rebalanceTimeoutMs) return true;
    return member.memberId !== requester && nowMs - seenMs > sessionTimeoutMs;
  };
  const lost = new Set(members.filter(isLost).map(({ memberId }) => memberId));
  // The requester has just said what it still holds: it is expired by somebody else's heartbeat.
  if (requester !== null) lost.delete(requester);
  if (lost.size === 0) return { members, topics };
  return {
    members: members.filter(({ memberId }) => !lost.has(memberId)),
    topics: mapSlots(topics, (slot) =>
      slot.owner !== null && lost.has(slot.owner) ? unowned(slot) : slot,
    ),
  };
}

export function withTarget(
  before: Group,
  members: readonly Member[],
  topics: readonly GroupTopic[],
  view: TopicsView,
): Group {
  const assignor = electAssignor(members);
  const targetEpoch = before.epoch + 1;
  return {
    ...before,
    members,
    assignor,
    targetEpoch,
    topics: retarget(members, topics, assignor, view),
  };
}

/** The group of the next epoch. `granted` says whether the requester got something. */
export function sealed(
  group: Group,
  requester: string | null,
  granted: boolean,
  nowMs: number,
): Group {
  const epoch = group.epoch + 1;
  const revoking = new Set<string>();
  for (const { slots } of group.topics) {
    for (const { owner, target } of slots)
      if (owner !== null && owner !== target) revoking.add(owner);
  }
  const members = group.members.map((member) => {
    const { memberId, memberEpoch } = member;
    const mine = memberId === requester;
    const advances = mine && (granted || memberEpoch === 0);
    return {
      ...member,
      revokingSinceMs: revoking.has(memberId) ? (member.revokingSinceMs ?? nowMs) : null,
      ...(mine && { seenMs: Math.max(member.seenMs, nowMs) }),
      ...(advances && { memberEpoch: epoch, previousEpoch: memberEpoch }),
    };
  });
  const emptySinceMs = members.length > 0 ? null : (group.emptySinceMs ?? nowMs);
  return { ...group, epoch, members, emptySinceMs };
}

export function unowned({ target }: Slot): Slot {
  return { target, owner: null, sinceEpoch: 0 };
}
