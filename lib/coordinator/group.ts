/**
 * The state of a consumer group: one small value, of which every change is one compare-and-swap. A slot
 * of a partition has room for one owner, so two owners cannot even be written down.
 */

/** Every swap of the group makes its epoch one greater; member epochs and fences are epochs of the group. */
export type Group = {
  /** A group that is deleted and made again is another group. */
  readonly uid: string;
  readonly epoch: number;
  /** When the targets were last worked out. */
  readonly targetEpoch: number;
  readonly assignor: AssignorName;
  /** In order of member ids. */
  readonly members: readonly Member[];
  /** In order of names. */
  readonly topics: readonly GroupTopic[];
  /** Since when there are no members; null while there are. */
  readonly emptySinceMs: number | null;
};

export const assignorNames = ['uniform', 'range'] as const;
export type AssignorName = (typeof assignorNames)[number];

export type Member = {
  readonly memberId: string;
  /** Of a static member: it may leave for a while and find its assignment again. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly subscription: Subscription;
  readonly assignor: AssignorName | null;
  readonly sessionTimeoutMs: number;
  /** How long it may take to give up a partition (max.poll.interval.ms). */
  readonly rebalanceTimeoutMs: number;
  readonly memberEpoch: number;
  /** The epoch before: what a member still says whose last answer was lost. */
  readonly previousEpoch: number;
  readonly seenMs: number;
  /** Since when it is asked to give something up. */
  readonly revokingSinceMs: number | null;
  /** A static member that said it would be back: owns nothing, keeps its targets. */
  readonly absent: boolean;
};

export type Subscription = {
  /** In order, each once. */
  readonly topics: readonly string[];
  /** Also every topic whose whole name matches it (topic-pattern.ts). */
  readonly pattern: string | null;
};

/** Ids and not names: a topic that is deleted and made again is another topic. */
export type GroupTopic = {
  readonly name: string;
  readonly topicId: string;
  /** One for each partition. */
  readonly slots: readonly Slot[];
};

export type Slot = {
  /** Who shall have it. */
  readonly target: string | null;
  /** Who has it: was told so, and has not given it up. */
  readonly owner: string | null;
  /** The epoch at which the owner got it. */
  readonly sinceEpoch: number;
};

export const freeSlot: Slot = { target: null, owner: null, sinceEpoch: 0 };

export type TopicPartitions = {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly number[];
};

export type TopicsView = ReadonlyMap<string, { topicId: string; partitionCount: number }>;

export function newGroup(uid: string, nowMs: number): Group {
  return {
    uid,
    epoch: 0,
    targetEpoch: 0,
    assignor: 'uniform',
    members: [],
    topics: [],
    emptySinceMs: nowMs,
  };
}

export function findMember(group: Group, memberId: string): Member | undefined {
  return group.members.find((member) => member.memberId === memberId);
}

/** The partitions whose slot passes, topic by topic. */
export function partitionsWhere(
  topics: readonly GroupTopic[],
  passes: (slot: Slot) => boolean,
): TopicPartitions[] {
  return topics.flatMap(({ name, topicId, slots }) => {
    const partitions = slots.flatMap((slot, partition) => (passes(slot) ? [partition] : []));
    return partitions.length === 0 ? [] : [{ topic: name, topicId, partitions }];
  });
}

export function countPartitions(topics: readonly TopicPartitions[]): number {
  return topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
}

export type MemberState = 'stable' | 'reconciling' | 'absent';

export function memberState(group: Group, { memberId, absent }: Member): MemberState {
  if (absent) return 'absent';
  const moving = group.topics.some(({ slots }) =>
    slots.some(
      ({ target, owner }) => (target === memberId || owner === memberId) && target !== owner,
    ),
  );
  return moving ? 'reconciling' : 'stable';
}

export type GroupPhase = 'empty' | 'stable' | 'reconciling';

export function groupPhase(group: Group): GroupPhase {
  if (group.members.length === 0) return 'empty';
  const moving = group.members.some((member) => memberState(group, member) === 'reconciling');
  return moving ? 'reconciling' : 'stable';
}
