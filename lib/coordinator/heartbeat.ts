/**
 * What one heartbeat makes of a group. Members say what they have, the group moves towards its target one
 * partition at a time: a partition goes to its new owner only after the old one has given it up, left or
 * was expired, and nobody else has to stop meanwhile.
 *
 * A member's epoch changes with every partition it gets, so whoever says the present epoch has heard of
 * all that it owns: only then is silence about a partition a giving up. What arrives late or twice carries
 * an epoch of before, and gives up nothing.
 *
 * A partition that was owned when the decision began is not granted by it: its fence may be raised only
 * when nobody owns it any more (docs/decisions/0007).
 */

import {
  countPartitions,
  findMember,
  type Group,
  type GroupTopic,
  type Member,
  partitionsWhere,
  type Slot,
  type TopicPartitions,
  type TopicsView,
} from './group.js';
import type { GroupSettings } from './group-limits.js';
import {
  expire,
  mapSlots,
  nearerThanASession,
  sealed,
  unowned,
  withTarget,
} from './group-steps.js';
import { admit, type HeartbeatRequest, type Refusal } from './members.js';
import { topicsMoved, withoutAbandoned } from './target.js';

export type HeartbeatResponse = {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** All that the member has from now on; what it holds beside it is to be given up. */
  readonly assignment: readonly TopicPartitions[];
  /** What is to be given up: the next owner waits for a heartbeat without it. */
  readonly revoke: readonly TopicPartitions[];
  /** Partitions that are meant for the member and still with somebody else. */
  readonly pendingPartitions: number;
};

export type HeartbeatDecision =
  /** Nothing to write. */
  | { readonly kind: 'unchanged'; readonly response: HeartbeatResponse }
  | {
      readonly kind: 'changed';
      readonly group: Group;
      /** Partitions whose fence is to be raised to the group's new epoch before the group is written. */
      readonly grants: readonly TopicPartitions[];
      /** The topics were others than the group knew: only a fresh look at them may be believed. */
      readonly topicsMoved: boolean;
      /** Once this is written, the same heartbeat would get more. */
      readonly again: boolean;
      readonly response: HeartbeatResponse;
    }
  | Refusal;

export function decideHeartbeat(
  stored: Group,
  request: HeartbeatRequest,
  nowMs: number,
  view: TopicsView,
  settings: GroupSettings,
): HeartbeatDecision {
  const members = nearerThanASession(stored.members, nowMs);
  const before = members === stored.members ? stored : { ...stored, members };
  const admission = admit(before, request, nowMs, settings);
  if (admission.kind === 'refused') return admission;
  const { member, heard } = admission;
  const held = heard ? heldBy(request.owned) : undefined;
  const released = held ? release(admission.topics, member.memberId, held) : admission.topics;
  const swept = expire(admission.members, released, member.memberId, nowMs);
  const moved = topicsMoved({ ...before, members: swept.members }, view);
  const target =
    moved || admission.retarget || swept.members.length < admission.members.length
      ? withTarget(before, swept.members, swept.topics, view)
      : { ...before, members: swept.members, topics: swept.topics };
  const granted = grant(before, target, member.memberId);
  const changed =
    granted.topics !== before.topics || admission.changed || granted.any || before !== stored;
  if (!changed && nowMs - member.seenMs < renewAfterMs(member)) {
    return { kind: 'unchanged', response: respond(before, member, settings) };
  }
  const group = sealed(granted.group, member.memberId, granted.any, nowMs);
  return {
    kind: 'changed',
    group,
    grants: granted.grants,
    topicsMoved: moved,
    again: granted.waiting,
    response: respond(group, findMember(group, member.memberId) as Member, settings),
  };
}

/** Being alive is written down a few times in a session, and with every change. */
function renewAfterMs({ sessionTimeoutMs }: Member): number {
  return sessionTimeoutMs / 4;
}

function heldBy(owned: HeartbeatRequest['owned']): ReadonlyMap<string, Set<number>> | undefined {
  if (!owned) return undefined;
  return new Map(owned.map(({ topicId, partitions }) => [topicId, new Set(partitions)]));
}

/** Lets go of what the member was asked to give up and does not hold any more. */
function release(
  topics: readonly GroupTopic[],
  memberId: string,
  held: ReadonlyMap<string, Set<number>>,
): readonly GroupTopic[] {
  return mapSlots(topics, (slot, { topicId }, partition) => {
    const revoked = slot.owner === memberId && slot.target !== memberId;
    return revoked && !held.get(topicId)?.has(partition) ? unowned(slot) : slot;
  });
}

type Granting = {
  readonly group: Group;
  readonly topics: readonly GroupTopic[];
  readonly grants: readonly TopicPartitions[];
  readonly any: boolean;
  /** Whether something that was owned when we began is free for the member now. */
  readonly waiting: boolean;
};

function grant(before: Group, group: Group, memberId: string): Granting {
  const owned = new Map(before.topics.map(({ topicId, slots }) => [topicId, slots]));
  let waiting = false;
  const given = mapSlots(group.topics, (slot, { topicId }, partition) => {
    if (slot.target !== memberId || slot.owner !== null) return slot;
    const wasOwned = (owned.get(topicId)?.[partition]?.owner ?? null) !== null;
    waiting ||= wasOwned;
    return wasOwned ? slot : { ...slot, owner: memberId, sinceEpoch: before.epoch + 1 };
  });
  const any = given !== group.topics;
  const topics = given === before.topics ? given : withoutAbandoned(given);
  const isNew = (slot: Slot) => slot.owner === memberId && slot.sinceEpoch === before.epoch + 1;
  const grants = any ? partitionsWhere(topics, isNew) : [];
  return { group: { ...group, topics }, topics, grants, any, waiting };
}

export function respond(
  { topics }: Group,
  member: Member,
  settings: GroupSettings,
): HeartbeatResponse {
  const { memberId, memberEpoch, sessionTimeoutMs } = member;
  const owns = ({ owner }: Slot) => owner === memberId;
  const wants = ({ target }: Slot) => target === memberId;
  const revoke = partitionsWhere(topics, (slot) => owns(slot) && !wants(slot));
  const pending = partitionsWhere(topics, (slot) => wants(slot) && !owns(slot));
  const moving = revoke.length > 0 || pending.length > 0;
  const intervalMs = moving ? settings.reconcileIntervalMs : settings.heartbeatIntervalMs;
  return {
    memberId,
    memberEpoch,
    heartbeatIntervalMs: Math.floor(Math.min(intervalMs, sessionTimeoutMs / 3)),
    assignment: partitionsWhere(topics, (slot) => owns(slot) && wants(slot)),
    revoke,
    pendingPartitions: countPartitions(pending),
  };
}
