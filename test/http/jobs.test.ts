/**
 * lib/http/job-routes.js and lib/contract/jobs.js: maintenance as a caller sees it, in process and on a real
 * server, and where there is none.
 */

import { afterEach, describe, expect, test } from 'vitest';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { jobReport, jobStatus } from '../../lib/contract/jobs.js';
import type { TopicDescription } from '../../lib/contract/topics.js';
import { createApp } from '../../lib/http/app.js';
import { httpDefaults } from '../../lib/http/http-deps.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { type Api, answerOf, append, newTopic, problemFrom } from './api-client.js';
import { inProcessApi, localServerApi, openToAll, quietWorld } from './apis.js';

let api: Api;
afterEach(() => api.stop());

const run = async (): Promise<unknown> =>
  answerOf(await api.fetch('/v1/jobs/run', { method: 'POST' }));
const status = async (): Promise<unknown> => answerOf(await api.fetch('/v1/jobs'));

const places: readonly [string, () => Promise<Api>][] = [
  ['in process', () => inProcessApi()],
  ['on the local store', () => localServerApi({ LOGBROOK_COMPACT_AFTER_MS: '0' })],
];

describe.each(places)('%s', (_name, open) => {
  test('a run answers what it did, and the status remembers it', async () => {
    api = await open();
    const before = jobStatus.parse(await status());
    expect(before).toEqual({ running: false, intervalMs: 60_000, last: null });
    await append(api, await newTopic(api, 3), [{ value: 'x' }]);
    const report = jobReport.parse(await run());
    expect(report).toMatchObject({ partitions: 3, complete: true, failures: [] });
    expect(jobStatus.parse(await status())).toMatchObject({ running: false, last: report });
    expect(report.startedAt).toBeGreaterThan(1_600_000_000_000);
  });
});

test('what is old enough is compacted, once', async () => {
  api = await localServerApi({ LOGBROOK_COMPACT_AFTER_MS: '0', LOGBROOK_JOBS_INTERVAL_MS: '0' });
  const topic = await newTopic(api, 1);
  for (const value of ['a', 'b']) await append(api, topic, [{ value }]);
  const first = jobReport.parse(await run());
  expect(first).toMatchObject({ segments: 1 });
  expect(first.bytesCompacted).toBeGreaterThan(100);
  expect(await run()).toMatchObject({ segments: 0, bytesCompacted: 0 });
  expect(await status()).toMatchObject({ intervalMs: 0 });
});

test('a server runs them by itself, and stops in the midst of it', async () => {
  const soon = { LOGBROOK_JOBS_INTERVAL_MS: '1', LOGBROOK_COMPACT_AFTER_MS: '0' };
  api = await localServerApi(soon);
  const topic = await newTopic(api, 20);
  const last = async () => jobStatus.parse(await status()).last;
  await expect.poll(last).toMatchObject({ partitions: 20, failures: [] });
  await append(api, topic, [{ value: 'a' }]);
  await expect
    .poll(
      async () =>
        (await answerOf<TopicDescription>(await api.fetch(`/v1/topics/${topic}`))).partitions,
    )
    .toContainEqual(expect.objectContaining({ leaderEpoch: 1 }));
});

test('a server without jobs says who has them', async () => {
  const world = quietWorld();
  const stores = createMemoryStores();
  const broker = createBroker(stores, nodeCodecs, world, brokerDefaults);
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    ...openToAll(stores, world.clock),
    world,
    settings: httpDefaults,
    readBody: readWebBody,
    docsScript: async () => undefined,
  });
  api = { fetch: async (path, init) => app.request(path, init), stop: () => broker.close() };
  for (const [path, method] of [
    ['/v1/jobs', 'GET'],
    ['/v1/jobs/run', 'POST'],
  ] as const) {
    const response = await api.fetch(path, { method });
    const problem = await problemFrom(response, 404, 'INVALID_REQUEST', /runs no jobs/);
    expect(problem).toMatchObject({ retriable: false, sideEffects: 'none' });
  }
});
