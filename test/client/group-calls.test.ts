/** lib/client/group-calls.js against the real app: every call, and what becomes of failures. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttpClient } from '../../lib/client/http-client.js';
import { eagerTiming, startTestServer, type TestServer, testUrl } from './in-process-server.js';

let server: TestServer;
beforeEach(async () => {
  server = startTestServer();
  await server.client.createTopic('access', 2);
});
afterEach(() => server.close());

const join = { memberId: 'm', memberEpoch: 0, subscribedTopics: ['access'] };

test('a member joins, commits, is described, and leaves', async () => {
  const { groups } = server.client;
  const told = await groups.heartbeat('billing/eu', join);
  expect(told.assignment).toMatchObject([{ topic: 'access', partitions: [0, 1] }]);
  const { memberId, memberEpoch } = told;
  const offsets = [{ topic: 'access', partition: 1, offset: 3 }];
  expect(await groups.commit('billing/eu', { memberId, memberEpoch, offsets })).toEqual({
    partitions: offsets,
  });
  expect((await groups.describe('billing/eu')).members).toHaveLength(1);
  expect((await groups.offsets('billing/eu', 'access')).offsets).toMatchObject(offsets);
  await groups.heartbeat('billing/eu', { memberId, memberEpoch: -1 });
  expect((await groups.list()).groups).toMatchObject([{ groupId: 'billing/eu', state: 'empty' }]);
});

test('offsets are reset and deleted, and the group with them', async () => {
  const { groups } = server.client;
  await groups.commit('g', { offsets: [{ topic: 'access', partition: 0, offset: 9 }] });
  const dry = await groups.reset('g', { to: 'earliest' });
  expect(dry).toMatchObject({ executed: false, partitions: [{ from: 9, to: 0 }] });
  await groups.reset('g', { to: 'earliest', execute: true });
  expect((await groups.offsets('g')).offsets).toMatchObject([{ offset: 0 }]);
  await groups.deleteOffsets('g', { topic: 'access', partition: 0 });
  expect((await groups.offsets('g')).offsets).toEqual([]);
  await groups.delete('g');
  await expect(groups.describe('g')).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' });
});

test('a refusal carries what the member needs to go on', async () => {
  const { groups } = server.client;
  const { memberEpoch } = await groups.heartbeat('g', join);
  const wrong = groups.heartbeat('g', { ...join, memberEpoch: 77 });
  await expect(wrong).rejects.toMatchObject({
    code: 'FENCED_MEMBER_EPOCH',
    retriable: false,
    sideEffects: 'none',
    details: { memberEpoch },
  });
  await expect(groups.describe('a b')).rejects.toMatchObject({ code: 'INVALID_GROUP_ID' });
});

test('a heartbeat whose answer was lost is sent again, and answered as if it had not been', async () => {
  let lost = 0;
  const client = createHttpClient({
    url: testUrl,
    timing: eagerTiming,
    fetch: async (url, init) => {
      const response = await server.fetch(url, init);
      if (lost++ === 0) throw new TypeError('fetch failed');
      return response;
    },
  });
  const told = await client.groups.heartbeat('g', join);
  expect(told).toMatchObject({ memberEpoch: 1, assignment: [{ partitions: [0, 1] }] });
  expect(lost).toBe(2);
});
