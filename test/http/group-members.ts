/**
 * What the suites of consumer groups share: a member that does as it is told, and short ways to ask.
 */

import { randomUUID } from 'node:crypto';
import type {
  GroupDescription,
  GroupOffsetsAnswer,
  HeartbeatAnswer,
} from '../../lib/contract/groups.js';
import { type Api, answerOf, jsonInit } from './api-client.js';

export const path = (group: string, rest = '') => `/v1/groups/${encodeURIComponent(group)}${rest}`;
export const newGroup = () => `group-${randomUUID()}`;

export function heartbeat(api: Api, group: string, body: object): Promise<Response> {
  return api.fetch(path(group, '/heartbeat'), jsonInit({ memberEpoch: 0, ...body }));
}

/** A member that holds what it is told to, and gives up at once. */
export function member(api: Api, group: string, topics: readonly string[], extra: object = {}) {
  const memberId = randomUUID();
  let last: HeartbeatAnswer | undefined;
  const self = {
    memberId,
    epoch: () => last?.memberEpoch ?? 0,
    held: () => (last?.assignment ?? []).flatMap(({ partitions }) => partitions).sort(),
    async beat(): Promise<HeartbeatAnswer> {
      const owned = (last?.assignment ?? []).map(({ topicId, partitions }) => ({
        topicId,
        partitions,
      }));
      const body = {
        memberId,
        memberEpoch: self.epoch(),
        subscribedTopics: topics,
        owned,
        ...extra,
      };
      last = await answerOf<HeartbeatAnswer>(await heartbeat(api, group, body));
      return last;
    },
    leave: (memberEpoch = -1) => heartbeat(api, group, { memberId, memberEpoch }),
  };
  return self;
}

export const commitBody = (
  topic: string,
  offsets: Readonly<Record<number, number>>,
  who: object = {},
) =>
  jsonInit({
    ...who,
    offsets: Object.entries(offsets).map(([partition, offset]) => ({
      topic,
      partition: Number(partition),
      offset,
    })),
  });

export async function committed(
  api: Api,
  group: string,
  query = '',
): Promise<Record<number, number>> {
  const { offsets } = await answerOf<GroupOffsetsAnswer>(
    await api.fetch(path(group, `/offsets${query}`)),
  );
  return Object.fromEntries(offsets.map(({ partition, offset }) => [partition, offset]));
}

export const described = async (api: Api, group: string) =>
  answerOf<GroupDescription>(await api.fetch(path(group)));
