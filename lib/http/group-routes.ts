/**
 * Consumer groups: heartbeats, descriptions with lag, committed offsets, resets.
 */

import type { Context, Hono } from 'hono';
import type * as z from 'zod';
import type { BrokerError } from '../broker/broker-error.js';
import type { PartitionLag } from '../broker/group-lag.js';
import type { ResetTarget } from '../broker/group-reset.js';
import { listQuery } from '../contract/fields.js';
import {
  type CommitAnswer,
  commitRequest,
  deleteOffsetsQuery,
  type GroupDescription,
  type GroupListAnswer,
  type GroupOffsetsAnswer,
  groupOffsetsQuery,
  groupPath,
  type HeartbeatAnswer,
  type HeartbeatBody,
  heartbeatRequest,
  type ResetAnswer,
  resetRequest,
} from '../contract/groups.js';
import {
  type Group,
  groupPhase,
  type Member,
  memberState,
  partitionsWhere,
  type TopicPartitions,
} from '../coordinator/group.js';
import { requestBytesMax } from '../log/limits.js';
import { checked, type HttpDeps, pathOf, queryOf } from './http-deps.js';
import { jsonBody } from './json-body.js';
import { invalid, problemOf, problemResponse } from './problem.js';

const listLimitDefault = 100;

export function groupRoutes(app: Hono, deps: HttpDeps): void {
  const { groups } = deps.broker;
  app.get('/v1/groups', async (c) => {
    const { limit = listLimitDefault, after } = queryOf(c, listQuery);
    const page = await groups.list(limit, after);
    const summaries = page.groups.map(({ groupId, group }) => summaryOf(groupId, group));
    const next = page.after === undefined ? {} : { after: page.after };
    return c.json({ groups: summaries, ...next } satisfies GroupListAnswer);
  });
  app.get('/v1/groups/:group', async (c) => {
    const { group: groupId } = pathOf(c, groupPath);
    const { group, partitions } = await groups.lag(groupId);
    return c.json({
      ...summaryOf(groupId, group),
      members: group.members.map((member) => memberOf(group, member)),
      partitions: partitions.map(partitionOf),
      lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    } satisfies GroupDescription);
  });
  app.delete('/v1/groups/:group', async (c) => {
    await groups.delete(pathOf(c, groupPath).group);
    return c.body(null, 204);
  });
  app.post('/v1/groups/:group/heartbeat', async (c) => {
    const { group } = pathOf(c, groupPath);
    const body = checked(heartbeatRequest, await jsonBody(c, deps, requestBytesMax), 'body');
    return c.json(await heartbeat(deps, group, body));
  });
  offsetRoutes(app, deps);
}

function offsetRoutes(app: Hono, deps: HttpDeps): void {
  const { groups } = deps.broker;
  app.post('/v1/groups/:group/offsets', (c) => commit(c, deps));
  app.get('/v1/groups/:group/offsets', async (c) => {
    const { group } = pathOf(c, groupPath);
    const found = await groups.offsets.fetch(group, queryOf(c, groupOffsetsQuery).topic);
    const offsets = found.map(({ ref, committedAtMs: committedAt, topic, offset, metadata }) => {
      return { topic, ...ref, offset, metadata, committedAt };
    });
    return c.json({ offsets } satisfies GroupOffsetsAnswer);
  });
  app.delete('/v1/groups/:group/offsets', async (c) => {
    const { group } = pathOf(c, groupPath);
    const { topic, partition } = queryOf(c, deleteOffsetsQuery);
    const partitions = partition === undefined ? undefined : [partition];
    await groups.offsets.delete(group, topic, partitions);
    return c.body(null, 204);
  });
  app.post('/v1/groups/:group/reset', async (c) => {
    const { group } = pathOf(c, groupPath);
    const { to, topics, execute, force } = checked(resetRequest, await jsonBody(c, deps), 'body');
    const results = await groups.reset(group, { to: targetOf(to), topics, execute, force });
    const partitions = results.map(({ error, ...result }) => ({
      ...result,
      ...(error && { error: problemOf(error) }),
    }));
    const answer: ResetAnswer = { executed: execute, partitions };
    return partialAnswer(c, answer, results);
  });
}

async function heartbeat(
  { broker: { groups } }: HttpDeps,
  groupId: string,
  body: HeartbeatBody,
): Promise<HeartbeatAnswer> {
  const { subscribedTopics, subscribedPattern, maxPollIntervalMs, ...same } = body;
  const { memberId, memberEpoch } = body;
  if (memberEpoch < 0) {
    await groups.leave(groupId, memberId, memberEpoch === -2);
    const nothing = { assignment: [], revoke: [], pendingPartitions: 0 };
    return { memberId, memberEpoch, heartbeatIntervalMs: 0, ...nothing };
  }
  const response = await groups.heartbeat(groupId, {
    ...same,
    topics: subscribedTopics,
    pattern: subscribedPattern,
    rebalanceTimeoutMs: maxPollIntervalMs,
  });
  const { assignment, revoke } = response;
  return { ...response, assignment: copyOf(assignment), revoke: copyOf(revoke) };
}

async function commit(c: Context, deps: HttpDeps): Promise<Response> {
  const { group } = pathOf(c, groupPath);
  const body = checked(commitRequest, await jsonBody(c, deps, requestBytesMax), 'body');
  const { memberId, memberEpoch = -1, offsets } = body;
  if ((memberId === undefined) !== memberEpoch < 0) {
    const message =
      'goes together with a memberEpoch of 0 or more; without both it is from outside';
    throw invalid('body', [{ field: 'memberId', message }]);
  }
  const committer = memberId === undefined ? null : { memberId, memberEpoch };
  const results = await deps.broker.groups.offsets.commit(group, committer, offsets);
  const partitions = results.map(({ topic, partition, error }, i) =>
    error
      ? { topic, partition, error: problemOf(error) }
      : { topic, partition, offset: offsets[i]?.offset ?? 0 },
  );
  return partialAnswer(c, { partitions } satisfies CommitAnswer, results);
}

/** All well: 200. Some failed: 207. All failed: the problem of one, the one that leaves most open. */
function partialAnswer(
  c: Context,
  answer: CommitAnswer | ResetAnswer,
  results: readonly { readonly error?: BrokerError }[],
): Response {
  const errors = results.flatMap(({ error }) => (error ? [error] : []));
  const [first] = errors;
  if (!first) return c.json(answer);
  if (errors.length < results.length) return c.json(answer, 207);
  const worst = errors.find(({ sideEffects }) => sideEffects === 'unknown') ?? first;
  return problemResponse(problemOf(worst));
}

function targetOf(to: z.infer<typeof resetRequest>['to']): ResetTarget {
  if (to === 'earliest' || to === 'latest') return { kind: to };
  if ('offset' in to) return { kind: 'offset', offset: to.offset };
  if ('timestamp' in to) return { kind: 'timestamp', timestampMs: to.timestamp };
  if ('durationMs' in to) return { kind: 'duration', durationMs: to.durationMs };
  return { kind: 'shift', by: to.shiftBy };
}

function summaryOf(groupId: string, group: Group) {
  const { epoch, assignor, members } = group;
  return { groupId, state: groupPhase(group), epoch, assignor, members: members.length };
}

function memberOf(group: Group, member: Member): GroupDescription['members'][number] {
  const { memberId, instanceId, clientId, memberEpoch, subscription, sessionTimeoutMs } = member;
  return {
    memberId,
    instanceId,
    clientId,
    memberEpoch,
    state: memberState(group, member),
    subscribedTopics: [...subscription.topics],
    subscribedPattern: subscription.pattern,
    sessionTimeoutMs,
    maxPollIntervalMs: member.rebalanceTimeoutMs,
    assignment: copyOf(partitionsWhere(group.topics, ({ owner }) => owner === memberId)),
    target: copyOf(partitionsWhere(group.topics, ({ target }) => target === memberId)),
  };
}

function partitionOf(row: PartitionLag): GroupDescription['partitions'][number] {
  const { topic, ref, memberId, committed, logStartOffset, highWatermark, lag, lagMs } = row;
  return {
    topic,
    ...ref,
    memberId,
    offset: committed?.offset ?? null,
    metadata: committed?.metadata ?? null,
    committedAt: committed?.committedAtMs ?? null,
    logStartOffset,
    highWatermark,
    lag,
    lagMs,
  };
}

function copyOf(topics: readonly TopicPartitions[]) {
  return topics.map(({ partitions, ...topic }) => ({ ...topic, partitions: [...partitions] }));
}
