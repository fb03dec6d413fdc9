/**
 * lib/contract/topics.js, lib/contract/topic-configs.js and lib/contract/errors.js: what stands in
 * requests and answers of topics.
 */

import { describe, expect, test } from 'vitest';
import { problem, problemContentType } from '../../lib/contract/errors.js';
import { alterTopicRequest, topicConfigList } from '../../lib/contract/topic-configs.js';
import {
  addPartitionsRequest,
  createTopicRequest,
  fenceRequest,
  fenceResponse,
  partitionOffsets,
  partitionState,
  producer,
  topic,
  topicDescription,
  topicList,
  topicOffsets,
  trimRequest,
  trimResponse,
} from '../../lib/contract/topics.js';

test('a topic is asked for by name, and has one partition by default', () => {
  expect(createTopicRequest.parse({ name: 'a' })).toEqual({ name: 'a', partitions: 1 });
  for (const wrong of [{}, { name: 1 }, { name: 'a', partitions: 1.5 }, { name: 'a', x: 1 }]) {
    expect(createTopicRequest.safeParse(wrong).success).toBe(false);
  }
});

test('settings are texts or numbers, and null where they can be removed', () => {
  const configs = { 'retention.ms': 5, 'cleanup.policy': 'compact' };
  const texts = { 'retention.ms': '5', 'cleanup.policy': 'compact' };
  expect(createTopicRequest.parse({ name: 'a', configs }).configs).toEqual(texts);
  expect(createTopicRequest.safeParse({ name: 'a', configs: { x: null } }).success).toBe(false);
  const change = { ...configs, 'segment.bytes': null };
  expect(alterTopicRequest.parse({ configs: change })).toEqual({
    configs: { ...texts, 'segment.bytes': null },
  });
  const odd = JSON.parse('{"configs":{"__proto__":"1"}}');
  expect(Object.keys(alterTopicRequest.parse(odd).configs)).toEqual(['__proto__']);
  for (const wrong of [{}, { configs: [] }, { configs: { x: true } }, { configs: {}, y: 1 }]) {
    expect(alterTopicRequest.safeParse(wrong).success).toBe(false);
  }
});

test('a trim has an offset, -1 or latest; more partitions have a count', () => {
  for (const offset of [0, -1, 'latest']) expect(trimRequest.parse({ offset })).toEqual({ offset });
  for (const wrong of [{}, { offset: -2 }, { offset: 'end' }, { offset: 0, x: 1 }]) {
    expect(trimRequest.safeParse(wrong).success).toBe(false);
  }
  expect(addPartitionsRequest.parse({ count: 3 })).toEqual({ count: 3 });
  expect(addPartitionsRequest.safeParse({ count: 1.5 }).success).toBe(false);
});

test('a fence has a token or null, and an expected one only if it is said', () => {
  expect(fenceRequest.parse({ token: null })).toEqual({ token: null });
  expect(fenceRequest.parse({ token: 'a', expected: null })).toEqual({
    token: 'a',
    expected: null,
  });
  for (const wrong of [{}, { token: '' }, { token: 'a', expected: '' }, { token: 'a', x: 1 }]) {
    expect(fenceRequest.safeParse(wrong).success).toBe(false);
  }
});

describe('answers are as described', () => {
  const one = { name: 'a', topicId: 'id', partitions: 1, createdAt: 0 };
  const state = {
    partition: 0,
    leader: null,
    leaderEpoch: 0,
    leaseExpiresAt: null,
    logStartOffset: 0,
    highWatermark: 0,
    fencingToken: null,
    closed: false,
  };
  const setting = { name: 'x', value: '1', default: '2', source: 'topic', documentation: 'X.' };
  const described = { name: 'a', topicId: 'id', createdAt: 0, configs: [setting] };
  const trimmed = { topic: 'a', partition: 0, logStartOffset: 1, highWatermark: 1 };
  const ends = { partition: 0, earliest: 0, latest: 1 };
  const timed = { ...ends, offset: 1, timestamp: null };
  const fence = { topic: 'a', partition: 0, token: null, highWatermark: 0 };
  test.each([
    ['topic', topic, one],
    ['topicList', topicList, { topics: [one], after: 'a' }],
    ['partitionState', partitionState, state],
    ['topicDescription', topicDescription, { ...described, partitions: [state] }],
    ['topicConfigList', topicConfigList, { topic: 'a', configs: [setting] }],
    ['trimResponse', trimResponse, trimmed],
    ['partitionOffsets', partitionOffsets, ends],
    ['topicOffsets', topicOffsets, { topic: 'a', partitions: [ends, timed] }],
    ['producer', producer, { producerId: 0, producerEpoch: 0 }],
    ['fenceResponse', fenceResponse, fence],
  ])('%s', (_name, schema, value) => {
    expect(schema.parse(value)).toEqual(value);
    const [first] = Object.keys(value);
    expect(schema.safeParse({ ...value, [first ?? '']: undefined }).success).toBe(false);
  });
});

test('a problem keeps the members that its code adds', () => {
  const whole = {
    type: 'urn:x',
    title: 'T',
    status: 416,
    detail: 'D',
    code: 'C',
    retriable: false,
    sideEffects: 'none',
    earliest: 5,
  };
  expect(problem.parse(whole)).toEqual(whole);
  expect(problem.safeParse({ ...whole, sideEffects: 'some' }).success).toBe(false);
  expect(problemContentType).toBe('application/problem+json');
});
