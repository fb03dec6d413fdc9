/**
 * The target of a group: which topics it reads as they are now, and who shall have each partition. Owners
 * stay where they are; heartbeats carry the group over, partition by partition.
 */

import { type AssignableTopic, assignors } from './assignors.js';
import {
  type AssignorName,
  freeSlot,
  type Group,
  type GroupTopic,
  type Member,
  type Subscription,
  type TopicsView,
} from './group.js';
import { compileTopicPattern } from './topic-pattern.js';

/** The names among `view` that a subscription takes. */
export function createSubscribed(view: TopicsView): (subscription: Subscription) => Set<string> {
  const byPattern = new Map<string, readonly string[]>();
  function matching(pattern: string): readonly string[] {
    const known = byPattern.get(pattern);
    if (known) return known;
    const matches = compileTopicPattern(pattern);
    const names = [...view.keys()].filter(matches);
    byPattern.set(pattern, names);
    return names;
  }
  return ({ topics, pattern }) => {
    const named = topics.filter((name) => view.has(name));
    return new Set(pattern === null ? named : [...named, ...matching(pattern)]);
  };
}

/** Whether the topics that the group reads are others than they were, or have grown. */
export function topicsMoved(group: Group, view: TopicsView): boolean {
  const subscribed = createSubscribed(view);
  const wanted = new Set<string>();
  for (const { subscription } of distinctSubscriptions(group.members)) {
    for (const name of subscribed(subscription)) wanted.add(name);
  }
  const targeted = group.topics.filter(isTargeted);
  if (targeted.length !== wanted.size) return true;
  return targeted.some(({ name, topicId, slots }) => {
    const topic = view.get(name);
    const same = wanted.has(name) && topic?.topicId === topicId;
    return !same || topic.partitionCount > slots.length;
  });
}

/** Left over otherwise: read by nobody any more, but not given up by everybody. */
function isTargeted({ slots }: GroupTopic): boolean {
  return slots.some(({ target }) => target !== null);
}

function distinctSubscriptions(members: readonly Member[]): readonly Member[] {
  const seen = new Map<string, Member>();
  for (const member of members) seen.set(JSON.stringify(member.subscription), member);
  return [...seen.values()];
}

/** The topics with new targets, for the members as they are. */
export function retarget(
  members: readonly Member[],
  topics: readonly GroupTopic[],
  assignor: AssignorName,
  view: TopicsView,
): readonly GroupTopic[] {
  const subscribed = createSubscribed(view);
  const subscribers = new Map<string, string[]>();
  // Static members keep their place in the order when they come back under another id.
  const placeOf = ({ instanceId, memberId }: Member) => instanceId ?? memberId;
  const ordered = [...members].sort((a, b) => compare(placeOf(a), placeOf(b)));
  for (const { memberId, subscription } of ordered) {
    for (const name of subscribed(subscription)) {
      const row = subscribers.get(name);
      if (row) row.push(memberId);
      else subscribers.set(name, [memberId]);
    }
  }
  const names = [...subscribers.keys()].sort();
  const read = names.map((name) => asSeen(name, topics, view));
  const assignable = read.map(
    ({ name, topicId, slots }): AssignableTopic => ({
      topicId,
      previous: slots.map(({ target }) => target),
      subscribers: subscribers.get(name) as string[],
    }),
  );
  const assignment = assignors[assignor](assignable);
  const targeted = read.map(({ slots, ...topic }, i) => ({
    ...topic,
    slots: slots.map((slot, p) => ({ ...slot, target: assignment[i]?.[p] as string })),
  }));
  const leftOver = topics
    .filter(({ name, topicId }) => !subscribers.has(name) && view.get(name)?.topicId === topicId)
    .map(({ slots, ...topic }) => ({
      ...topic,
      slots: slots.map((slot) => ({ ...slot, target: null })),
    }));
  return withoutAbandoned([...targeted, ...leftOver]);
}

/** What nobody shall have and nobody has any more. */
export function withoutAbandoned(topics: readonly GroupTopic[]): readonly GroupTopic[] {
  return topics
    .filter(({ slots }) => slots.some(({ target, owner }) => target !== null || owner !== null))
    .sort((a, b) => compare(a.name, b.name));
}

/** A topic never loses partitions; one with another id has nothing of the old one. */
function asSeen(name: string, topics: readonly GroupTopic[], view: TopicsView): GroupTopic {
  const { topicId, partitionCount } = view.get(name) as { topicId: string; partitionCount: number };
  const before = topics.find((topic) => topic.topicId === topicId)?.slots ?? [];
  const count = Math.max(before.length, partitionCount);
  const slots = Array.from({ length: count }, (_, partition) => before[partition] ?? freeSlot);
  return { name, topicId, slots };
}

/** What most members ask for; uniform when they ask for nothing or cannot agree. */
export function electAssignor(members: readonly Member[]): AssignorName {
  const votes = { uniform: 0, range: 0 };
  for (const { assignor } of members) if (assignor !== null) votes[assignor]++;
  return votes.range > votes.uniform ? 'range' : 'uniform';
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
