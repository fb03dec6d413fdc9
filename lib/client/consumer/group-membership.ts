/**
 * A consumer's membership in a group: heartbeats on a timer of their own, whatever handlers do; partitions
 * that come, go and are lost; commits that the group refuses once somebody else may have the partition.
 * Whoever is fenced, silent for a session or takes no records for too long gives up everything and joins
 * again as a new member.
 */

import { commitPartitionsMax } from '../../coordinator/group-limits.js';
import { partitionName } from '../../log/partition-head.js';
import type { HttpClient } from '../http-client.js';
import { LogbrookError } from '../logbrook-error.js';
import { briefRetry, patientRetry, type RetryPolicy } from '../retry.js';
import type { TopicPartition } from './fetcher.js';
import { type CommitRefused, commitRefused, isFencing, silence } from './group-failures.js';
import {
  freshMemberId,
  type GroupOptions,
  memberTerms,
  type Subscription,
} from './group-options.js';
import { createHeldPartitions, type HeldPartition } from './held-partitions.js';
import type { Membership, MembershipEvents } from './membership.js';
import type { Position } from './owned-partitions.js';
import { createPause } from './pause.js';

/** Where to begin in partitions for which nothing is committed. */
export type StartOf = (
  topic: string,
  partitions: readonly number[],
  signal: AbortSignal,
) => Promise<readonly Position[]>;

/** While it waits for whoever takes the records, or after a failure. */
const lookAgainMs = 1_000;

export function createGroupMembership(
  client: HttpClient,
  options: GroupOptions,
  subscription: Subscription,
  startOf: StartOf,
): Membership {
  const { timing, groups, observe } = client;
  const terms = memberTerms(options, subscription);
  const held = createHeldPartitions();
  const pause = createPause(timing);
  const over = new AbortController();
  let events: MembershipEvents;
  let memberId = freshMemberId();
  let memberEpoch = 0;
  /** How many partitions are meant for us and still with others; undefined before the group has said. */
  let pendingPartitions: number | undefined;
  /** When the last heartbeat that was answered was sent; of a new member, when it began to ask. */
  let heardMs = timing.nowMs();
  /** Since when nobody took records, if we left for that reason. */
  let satOutSinceMs: number | undefined;
  let beating: Promise<void> | undefined;
  let ended = false;

  const ofGroup = () => ({ groupId: options.id, memberId });

  function lose(partitions: readonly HeldPartition[]): void {
    held.drop(partitions);
    // Where to begin was not known yet: the consumer has not heard of those.
    const known = partitions.filter(({ state }) => state !== 'coming').map(placeOf);
    if (known.length === 0) return;
    events.lost(known);
    observe({ type: 'lost', partitions: known, ...ofGroup() });
  }

  function beginAnew(): void {
    lose(held.all());
    memberId = freshMemberId();
    memberEpoch = 0;
    pendingPartitions = undefined;
    heardMs = timing.nowMs();
  }

  function fail(error: unknown): void {
    ended = true;
    lose(held.all());
    events.failed(error);
  }

  async function beat(retry: RetryPolicy, signal?: AbortSignal): Promise<number> {
    const me = memberId;
    const sentMs = timing.nowMs();
    const joining = memberEpoch === 0;
    const { instanceId } = options;
    const body = {
      memberId,
      memberEpoch,
      ...(instanceId !== undefined && { instanceId }),
      ...(joining ? terms.introduction : { owned: held.owned() }),
    };
    const answer = await groups.heartbeat(options.id, body, { retry, signal });
    // A refused commit may have ended this life meanwhile.
    if (me !== memberId) return 0;
    heardMs = sentMs;
    memberEpoch = answer.memberEpoch;
    pendingPartitions = answer.pendingPartitions;
    const { come, leave, gone, letGo } = held.hear(answer);
    lose(gone);
    if (leave.length > 0) void giveUp(leave);
    if (come.length > 0) void takeUp(come);
    return letGo ? 0 : answer.heartbeatIntervalMs;
  }

  async function giveUp(leave: readonly HeldPartition[]): Promise<void> {
    const partitions = leave.map(placeOf);
    observe({ type: 'revoked', partitions, ...ofGroup() });
    await events.revoked(partitions).catch(() => {});
    held.drop(leave);
    pause.end();
  }

  async function takeUp(come: readonly HeldPartition[]): Promise<void> {
    try {
      const begin = await beginnings(come);
      // Some may be gone again.
      const here = come.filter((one) => held.has(one) && one.state === 'coming');
      const positions = here.flatMap((one) => begin(one) ?? []);
      for (const one of here) one.state = 'here';
      if (positions.length === 0) return;
      events.assigned(positions);
      observe({ type: 'assigned', positions, ...ofGroup() });
    } catch (error) {
      if (over.signal.aborted || !come.some((one) => held.has(one))) return;
      if (!mayComeAgain(error)) return fail(error);
      // The next answer names them again, and they are taken up anew.
      held.drop(come);
    }
  }

  async function beginnings(come: readonly HeldPartition[]) {
    const { signal } = over;
    const { offsets } = await groups.offsets(options.id, undefined, {
      retry: patientRetry,
      signal,
    });
    const committed = new Map(
      offsets.map((committed) => [partitionName(committed), committed.offset]),
    );
    const fresh = new Map<string, number[]>();
    for (const one of come.filter((one) => !committed.has(partitionName(one)))) {
      fresh.set(one.topic, [...(fresh.get(one.topic) ?? []), one.partition]);
    }
    const starts = await Promise.all(
      [...fresh].map(([topic, partitions]) => startOf(topic, partitions, signal)),
    );
    const started = new Map(starts.flat().map((at) => [`${at.topic}/${at.partition}`, at.offset]));
    return (one: HeldPartition): Position | undefined => {
      const offset =
        committed.get(partitionName(one)) ?? started.get(`${one.topic}/${one.partition}`);
      return offset === undefined ? undefined : { ...placeOf(one), offset };
    };
  }

  async function beatOn(firstPauseMs: number): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!ended) {
      await pause.begin(pauseMs);
      if (ended) return;
      const busySinceMs = events.busySinceMs();
      if (satOutSinceMs !== undefined && satOutSinceMs === busySinceMs) {
        pauseMs = lookAgainMs;
        continue;
      }
      if (satOutSinceMs !== undefined) heardMs = timing.nowMs();
      satOutSinceMs = undefined;
      const busyMs = busySinceMs === undefined ? 0 : timing.nowMs() - busySinceMs;
      try {
        pauseMs = busyMs > terms.maxPollIntervalMs ? await sitOut(busySinceMs) : await beatInTime();
      } catch (error) {
        pauseMs = afterFailure(error);
      }
    }
  }

  /** Nobody takes records: others shall have them. */
  async function sitOut(sinceMs: number | undefined): Promise<number> {
    satOutSinceMs = sinceMs;
    lose(held.all());
    await sayGoodbye();
    beginAnew();
    return lookAgainMs;
  }

  /** A heartbeat that is not answered before the session is over is as good as none. */
  async function beatInTime(): Promise<number> {
    const late = new AbortController();
    const answered = new AbortController();
    const sinceMs = memberEpoch === 0 ? timing.nowMs() : heardMs;
    const leftMs = Math.max(lookAgainMs, sinceMs + terms.sessionTimeoutMs - timing.nowMs());
    void timing.sleep(leftMs, answered.signal).then(() => late.abort(silence(client.url)));
    const giveUpAfterMs = Math.min(briefRetry.giveUpAfterMs, terms.sessionTimeoutMs / 3);
    try {
      return await beat({ ...briefRetry, giveUpAfterMs }, late.signal);
    } finally {
      answered.abort();
    }
  }

  /** Answers when to try again. */
  function afterFailure(error: unknown): number {
    if (isFencing(error)) {
      beginAnew();
      return 0;
    }
    const silentMs = timing.nowMs() - heardMs;
    const isOver = silentMs >= terms.sessionTimeoutMs;
    const { code = '', retriable = false } = error instanceof LogbrookError ? error : {};
    // Our former life may not have been taken for dead yet.
    const unreleased = code === 'UNRELEASED_INSTANCE_ID' && silentMs < terms.sessionTimeoutMs * 2;
    if (!retriable && !unreleased) {
      fail(error);
    } else if (isOver && memberEpoch > 0) {
      beginAnew();
    }
    return lookAgainMs * timing.random();
  }

  async function sayGoodbye(): Promise<void> {
    const epoch = options.instanceId === undefined ? -1 : -2;
    // If it is not heard, the session ends it.
    await groups.heartbeat(options.id, { memberId, memberEpoch: epoch }).catch(() => {});
  }

  function afterRefusal({ all, partitions, error }: CommitRefused, me: string): never {
    if (me === memberId) {
      if (all) beginAnew();
      else lose(partitions.flatMap((at) => held.find(at) ?? []));
      pause.end();
    }
    throw error;
  }

  return {
    topicsMayGo: true,
    async join(told, signal) {
      events = told;
      heardMs = timing.nowMs();
      let pauseMs: number | undefined;
      while (pauseMs === undefined) {
        try {
          pauseMs = await beat(patientRetry, signal);
        } catch (error) {
          if (signal.aborted || !(error instanceof LogbrookError)) throw error;
          if (error.code !== 'UNRELEASED_INSTANCE_ID') throw error;
          if (timing.nowMs() - heardMs > terms.sessionTimeoutMs * 2) throw error;
          await timing.sleep(lookAgainMs, signal);
        }
      }
      beating = beatOn(pauseMs);
    },
    async commit(positions) {
      const me = memberId;
      for (let i = 0; i < positions.length; i += commitPartitionsMax) {
        const some = positions.slice(i, i + commitPartitionsMax);
        const offsets = some.map(({ topic, partition, offset }) => {
          const topicId = held.find({ topic, partition })?.topicId;
          return { topic, partition, offset, ...(topicId !== undefined && { topicId }) };
        });
        const refused = await groups
          .commit(options.id, { memberId, memberEpoch, offsets })
          .then((answer) => commitRefused(some, answer))
          .catch((error: unknown) => commitRefused(some, error));
        if (refused) afterRefusal(refused, me);
      }
    },
    settled: () => pendingPartitions === 0 && held.all().every(({ state }) => state === 'here'),
    async leave() {
      ended = true;
      over.abort();
      pause.end();
      await beating;
      await sayGoodbye();
      held.drop(held.all());
    },
  };
}

const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });

/** A topic may be gone between two heartbeats; the next answer knows. */
function mayComeAgain(error: unknown): boolean {
  if (!(error instanceof LogbrookError)) return false;
  return error.retriable || error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
}
