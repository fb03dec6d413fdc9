/**
 * Every number that bounds a consumer group, and how the coordinator paces it. Kafka's defaults where
 * Kafka has one.
 */

export const groupIdLengthMax = 255;
export const memberIdLengthMax = 64;
export const instanceIdLengthMax = 249;
export const clientIdLengthMax = 255;
export const subscribedTopicsMax = 200;
export const patternLengthMax = 256;

/** Kafka: offset.metadata.max.bytes. */
export const offsetMetadataBytesMax = 4096;
export const commitPartitionsMax = 1_000;

export const sessionTimeoutMsMin = 1_000;
export const sessionTimeoutMsMax = 1_800_000;
export const rebalanceTimeoutMsMax = 86_400_000;

/** A group is one DynamoDB item, of 400 KB at most with its keys. */
export const groupBytesMax = 380_000;

export type GroupSettings = {
  /** Kafka: session.timeout.ms and max.poll.interval.ms, for members that do not say. */
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Kafka: group.consumer.heartbeat.interval.ms; shorter for members with short sessions. */
  readonly heartbeatIntervalMs: number;
  /** While a member has partitions to give up or to wait for. */
  readonly reconcileIntervalMs: number;
  readonly groupSizeMax: number;
  /** Kafka: offsets.retention.minutes. */
  readonly offsetsRetentionMinutes: number;
};

export const groupDefaults: GroupSettings = {
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 300_000,
  heartbeatIntervalMs: 5_000,
  reconcileIntervalMs: 1_000,
  groupSizeMax: 1_000,
  offsetsRetentionMinutes: 7 * 24 * 60,
};

/** Says what is wrong with a group's name, or nothing. Names are part of keys and of paths. */
export function groupIdProblem(groupId: string): string | undefined {
  if (groupId.length === 0) return 'a group id has at least one character';
  if (groupId === '.' || groupId === '..') return `a group cannot be named "${groupId}"`;
  if (groupId.length > groupIdLengthMax) {
    return `a group id has at most ${groupIdLengthMax} characters, this one has ${groupId.length}`;
  }
  const wrong = /[^!-~]/u.exec(groupId);
  if (wrong) {
    return `a group id holds printable ASCII without spaces, not ${JSON.stringify(wrong[0])}`;
  }
  return undefined;
}
