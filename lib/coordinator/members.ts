/**
 * Who may speak in a group: joins, rejoins, static members and their fenced duplicates, and what a
 * heartbeat changes about the member that sends it. Kafka's rules (KIP-848) and error names.
 */

import {
  type AssignorName,
  findMember,
  type Group,
  type GroupTopic,
  type Member,
  type Subscription,
} from './group.js';
import { type GroupSettings, sessionTimeoutMsMax, sessionTimeoutMsMin } from './group-limits.js';
import { compare } from './target.js';
import { compileTopicPattern, PatternProblem } from './topic-pattern.js';

/** What is left out stays as it was. */
export type HeartbeatRequest = {
  /** Chosen by the member, and never again by another: a repeated join is recognised by it. */
  readonly memberId: string;
  /** 0 joins; otherwise what the last answer said. */
  readonly memberEpoch: number;
  readonly instanceId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly pattern?: string | null | undefined;
  readonly assignor?: AssignorName | null | undefined;
  readonly sessionTimeoutMs?: number | undefined;
  readonly rebalanceTimeoutMs?: number | undefined;
  /** All that the member holds or may still take up; left out, it gives up nothing. */
  readonly owned?:
    | readonly { readonly topicId: string; readonly partitions: readonly number[] }[]
    | undefined;
};

export type RefusalCode =
  | 'FENCED_INSTANCE_ID'
  | 'FENCED_MEMBER_EPOCH'
  | 'GROUP_MAX_SIZE_REACHED'
  | 'INVALID_REGULAR_EXPRESSION'
  | 'INVALID_REQUEST'
  | 'INVALID_SESSION_TIMEOUT'
  | 'UNKNOWN_MEMBER_ID'
  | 'UNRELEASED_INSTANCE_ID';

export type Refusal = {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number>>;
};

export type Admission =
  | {
      readonly kind: 'admitted';
      readonly member: Member;
      readonly members: readonly Member[];
      readonly topics: readonly GroupTopic[];
      /** The member has heard of all that it owns. */
      readonly heard: boolean;
      readonly changed: boolean;
      readonly retarget: boolean;
    }
  | Refusal;

export function admit(
  group: Group,
  request: HeartbeatRequest,
  nowMs: number,
  settings: GroupSettings,
): Admission {
  const problem = timeoutProblem(request) ?? patternProblem(request);
  if (problem) return problem;
  const present = findMember(group, request.memberId);
  if (request.memberEpoch === 0) return join(group, present, request, nowMs, settings);
  const stale = present ? epochProblem(present, request) : unknownMember(group, request);
  if (stale || !present) return stale as Refusal;
  return admitted(group, present, present, request);
}

function join(
  group: Group,
  present: Member | undefined,
  request: HeartbeatRequest,
  nowMs: number,
  settings: GroupSettings,
): Admission {
  const { memberId, instanceId, topics, pattern } = request;
  if (present && (present.instanceId ?? undefined) === instanceId) {
    return admitted(
      group,
      present,
      present.absent ? { ...present, absent: false } : present,
      request,
    );
  }
  const holder = group.members.find((member) => instanceId && member.instanceId === instanceId);
  if (present || (holder && !holder.absent)) {
    return refuse(
      'UNRELEASED_INSTANCE_ID',
      `Instance ${instanceId} is in the group as another member, which has not left.`,
    );
  }
  if (topics === undefined && !pattern) {
    return refuse('INVALID_REQUEST', 'A member that joins says what it subscribes to.');
  }
  if (!holder && group.members.length >= settings.groupSizeMax) {
    return refuse(
      'GROUP_MAX_SIZE_REACHED',
      `A group has at most ${settings.groupSizeMax} members.`,
      {
        limit: settings.groupSizeMax,
      },
    );
  }
  const fresh: Member = {
    memberId,
    instanceId: instanceId ?? null,
    clientId: '',
    subscription: holder?.subscription ?? { topics: [], pattern: null },
    assignor: holder?.assignor ?? null,
    sessionTimeoutMs: settings.sessionTimeoutMs,
    rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
    memberEpoch: 0,
    previousEpoch: 0,
    seenMs: nowMs,
    revokingSinceMs: null,
    absent: false,
  };
  const member = asAsked(fresh, request);
  const members = [...group.members.filter((one) => one !== holder), member];
  return {
    kind: 'admitted',
    member,
    members: members.sort((a, b) => compare(a.memberId, b.memberId)),
    topics: holder ? inherit(group.topics, holder.memberId, memberId) : group.topics,
    heard: false,
    changed: true,
    retarget: !holder || asksForOther(fresh, member),
  };
}

/** A static member that comes back takes over the targets, and with them its old assignment. */
function inherit(topics: readonly GroupTopic[], from: string, to: string): readonly GroupTopic[] {
  return topics.map(({ slots, ...topic }) => ({
    ...topic,
    slots: slots.map((slot) => (slot.target === from ? { ...slot, target: to } : slot)),
  }));
}

/** `stored` is what the group holds of the member, `present` how it is before it is asked. */
function admitted(
  group: Group,
  stored: Member,
  present: Member,
  request: HeartbeatRequest,
): Admission {
  const asked = asAsked(present, request);
  const changed = asked !== stored;
  const member = changed ? asked : stored;
  return {
    kind: 'admitted',
    member,
    members: changed ? group.members.map((one) => (one === stored ? member : one)) : group.members,
    topics: group.topics,
    heard: request.memberEpoch !== 0 && request.memberEpoch === stored.memberEpoch,
    changed,
    retarget: asksForOther(stored, member),
  };
}

/** The same member if nothing is new. */
function asAsked(member: Member, request: HeartbeatRequest): Member {
  const { topics, pattern } = member.subscription;
  const subscription: Subscription = {
    topics: request.topics ? [...new Set(request.topics)].sort() : topics,
    pattern: request.pattern === undefined ? pattern : request.pattern || null,
  };
  const same = JSON.stringify(subscription) === JSON.stringify(member.subscription);
  const asked: Member = {
    ...member,
    subscription: same ? member.subscription : subscription,
    clientId: request.clientId ?? member.clientId,
    assignor: request.assignor === undefined ? member.assignor : request.assignor,
    sessionTimeoutMs: request.sessionTimeoutMs ?? member.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs ?? member.rebalanceTimeoutMs,
  };
  const fields = Object.keys(asked) as (keyof Member)[];
  return fields.some((field) => asked[field] !== member[field]) ? asked : member;
}

function asksForOther(before: Member, after: Member): boolean {
  return before.subscription !== after.subscription || before.assignor !== after.assignor;
}

function unknownMember({ members }: Group, request: HeartbeatRequest): Refusal {
  const { memberId, instanceId } = request;
  if (instanceId !== undefined && members.some((member) => member.instanceId === instanceId)) {
    const message = `Instance ${instanceId} is another member of the group by now.`;
    return refuse('FENCED_INSTANCE_ID', message);
  }
  const message = `${memberId} is no member of the group, or not any more: join with epoch 0.`;
  return refuse('UNKNOWN_MEMBER_ID', message);
}

function epochProblem(member: Member, request: HeartbeatRequest): Refusal | undefined {
  const { memberEpoch, previousEpoch, memberId, instanceId, absent } = member;
  if (absent) return refuse('UNKNOWN_MEMBER_ID', `${memberId} has left: join with epoch 0.`);
  if (request.instanceId !== undefined && request.instanceId !== instanceId) {
    return refuse('FENCED_INSTANCE_ID', `${memberId} is not instance ${request.instanceId}.`);
  }
  const said = request.memberEpoch;
  if (said === memberEpoch || (said === previousEpoch && said > 0)) return undefined;
  return refuse(
    'FENCED_MEMBER_EPOCH',
    `The member's epoch is ${memberEpoch}, not ${said}: give everything up and join with epoch 0.`,
    { memberEpoch },
  );
}

function timeoutProblem({ sessionTimeoutMs }: HeartbeatRequest): Refusal | undefined {
  if (sessionTimeoutMs === undefined) return undefined;
  if (sessionTimeoutMs >= sessionTimeoutMsMin && sessionTimeoutMs <= sessionTimeoutMsMax) {
    return undefined;
  }
  return refuse(
    'INVALID_SESSION_TIMEOUT',
    `sessionTimeoutMs is ${sessionTimeoutMsMin} to ${sessionTimeoutMsMax}, not ${sessionTimeoutMs}.`,
    { minimum: sessionTimeoutMsMin, maximum: sessionTimeoutMsMax },
  );
}

function patternProblem({ pattern }: HeartbeatRequest): Refusal | undefined {
  if (!pattern) return undefined;
  try {
    compileTopicPattern(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    return refuse('INVALID_REGULAR_EXPRESSION', `The pattern ${error.message}.`);
  }
}

function refuse(code: RefusalCode, message: string, details?: Refusal['details']): Refusal {
  return { kind: 'refused', code, message, ...(details && { details }) };
}
