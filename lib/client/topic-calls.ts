/**
 * Topics over HTTP, call by call: made, listed, described, changed and deleted.
 */

import type { ConfigChanges, TopicConfigList } from '../contract/topic-configs.js';
import type { TopicDescription, TopicOffsets, TopicResponse, Trimmed } from '../contract/topics.js';
import { topicNameProblem } from '../log/topic-name.js';
import { type Call, type CallOptions, jsonBody, post } from './call.js';
import { refused } from './logbrook-error.js';

export type CreateOptions = CallOptions & {
  /** Settings that differ from the defaults, under Kafka's names. */
  readonly configs?: Readonly<Record<string, string | number>> | undefined;
};

export type TopicPage = { readonly topics: readonly TopicResponse[]; readonly after?: string };

export type TopicCalls = {
  createTopic(name: string, partitions: number, options?: CreateOptions): Promise<TopicResponse>;
  /** In order of names; `after` of a page asks for the next one. */
  listTopics(after?: string, call?: CallOptions): Promise<TopicPage>;
  describeTopic(name: string, call?: CallOptions): Promise<TopicDescription>;
  /** Changes the settings that are named; null goes back to the default. */
  alterTopic(name: string, configs: ConfigChanges, call?: CallOptions): Promise<TopicConfigList>;
  /** From now on the topic has `count` partitions, which must be more. */
  addPartitions(name: string, count: number, call?: CallOptions): Promise<TopicResponse>;
  /** Deletes the records of a partition below `offset`. */
  trim(
    topic: string,
    partition: number,
    offset: number | 'latest',
    call?: CallOptions,
  ): Promise<Trimmed>;
  deleteTopic(name: string, call?: CallOptions): Promise<void>;
  /** With a timestamp (ms or ISO 8601) also the first offset that is at least as new. */
  listOffsets(
    topic: string,
    timestamp?: number | string,
    call?: CallOptions,
  ): Promise<TopicOffsets>;
};

export function createTopicCalls(call: Call): TopicCalls {
  return {
    createTopic: async (name, partitions, { configs, ...options } = {}) =>
      call('noEffect', post('/v1/topics', { name, partitions, configs }), options),
    listTopics: async (after, options) =>
      call('always', { method: 'GET', path: '/v1/topics', query: { after } }, options),
    describeTopic: async (name, options) =>
      call('always', { method: 'GET', path: topicPath(name) }, options),
    deleteTopic: async (name, options) =>
      call('noEffect', { method: 'DELETE', path: topicPath(name) }, options),
    listOffsets: async (topic, timestamp, options) =>
      call(
        'always',
        { method: 'GET', path: `${topicPath(topic)}/offsets`, query: { timestamp } },
        options,
      ),
    alterTopic: async (name, configs, options) =>
      call('always', { method: 'PATCH', path: topicPath(name), ...jsonBody({ configs }) }, options),
    addPartitions: async (name, count, options) =>
      call('noEffect', post(`${topicPath(name)}/partitions`, { count }), options),
    trim: async (topic, partition, offset, options) =>
      call(
        // Where the latest is may change from one try to the next.
        offset === 'latest' ? 'noEffect' : 'always',
        post(`${topicPath(topic)}/partitions/${partition}/trim`, { offset }),
        options,
      ),
  };
}

/** Names are checked here too: as a path, `.` and `..` would mean something else. */
export function topicPath(name: string): string {
  const problem = topicNameProblem(name);
  if (problem === undefined) return `/v1/topics/${name}`;
  throw refused('INVALID_TOPIC_EXCEPTION', `Invalid topic name: ${problem}.`);
}
