/** lib/contract/groups.js: what a heartbeat, a commit and a reset may say. */

import { describe, expect, test } from 'vitest';
import {
  commitRequest,
  deleteOffsetsQuery,
  heartbeatRequest,
  resetRequest,
} from '../../lib/contract/groups.js';

const beat = { memberId: 'm', memberEpoch: 0 };
const one = { topic: 't', partition: 0, offset: 1 };

describe('a heartbeat', () => {
  test('needs a member and an epoch', () => {
    expect(heartbeatRequest.parse(beat)).toEqual(beat);
    const whole = {
      ...beat,
      memberEpoch: -2,
      instanceId: 'i',
      clientId: '',
      subscribedTopics: ['t'],
      subscribedPattern: null,
      assignor: 'range',
      sessionTimeoutMs: 6_000,
      maxPollIntervalMs: 1_000,
      owned: [{ topicId: 'id', partitions: [0, 1] }],
    };
    expect(heartbeatRequest.parse(whole)).toEqual(whole);
  });

  test.each([
    {},
    { memberId: 'm' },
    { ...beat, memberId: '' },
    { ...beat, memberId: 'x'.repeat(65) },
    { ...beat, memberId: '\ud800' },
    { ...beat, memberEpoch: 1.5 },
    { ...beat, memberEpoch: -3 },
    { ...beat, assignor: 'sticky' },
    { ...beat, subscribedPattern: 'x'.repeat(257) },
    { ...beat, owned: [{ topicId: 'id', partitions: [-1] }] },
    { ...beat, unknown: 1 },
  ])('%j is refused', (wrong) => {
    expect(heartbeatRequest.safeParse(wrong).success).toBe(false);
  });
});

test('a commit has offsets, with metadata that is empty unless said', () => {
  expect(commitRequest.parse({ offsets: [one] })).toEqual({ offsets: [{ ...one, metadata: '' }] });
  for (const wrong of [
    {},
    { offsets: [] },
    { offsets: [{ ...one, offset: -1 }] },
    { offsets: [{ ...one, metadata: '\udfff' }] },
    { offsets: Array.from({ length: 1_001 }, () => one) },
    { memberId: '', offsets: [one] },
  ]) {
    expect(commitRequest.safeParse(wrong).success).toBe(false);
  }
});

test('a reset says where to, and is only tried unless told otherwise', () => {
  const plain = { execute: false, force: false };
  for (const to of ['earliest', 'latest', { offset: 0 }, { durationMs: 1 }, { shiftBy: -1 }]) {
    expect(resetRequest.parse({ to })).toEqual({ to, ...plain });
  }
  expect(resetRequest.parse({ to: { timestamp: '1970-01-01' } }).to).toEqual({ timestamp: 0 });
  expect(resetRequest.parse({ to: { timestamp: 5 } }).to).toEqual({ timestamp: 5 });
  for (const to of ['end', {}, { offset: 1, shiftBy: 1 }, { shiftBy: 0.5 }, null]) {
    expect(resetRequest.safeParse({ to }).success).toBe(false);
  }
});

test('offsets are deleted of a topic', () => {
  expect(deleteOffsetsQuery.parse({ topic: 't', partition: '3' })).toEqual({
    topic: 't',
    partition: 3,
  });
  expect(deleteOffsetsQuery.safeParse({}).success).toBe(false);
});
