/** lambda/compose-jobs.js and lambda/jobs.js: one run for each event, and a failure that is seen. */

import { afterEach, expect, test, vi } from 'vitest';
import { composeJobs } from '../../lambda/compose-jobs.js';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { createTopics } from '../../lib/broker/topics.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { bundleOf, contributors } from '../support/bundled-api.js';
import { createFaultyStores } from '../support/faulty-stores.js';
import { createManualWorld } from '../support/manual-world.js';

const names = { LOGBROOK_TABLE: 'table', LOGBROOK_BUCKET: 'bucket' };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

test('a run looks at every partition, and is logged', async () => {
  const [stores, world] = [createMemoryStores(), createManualWorld()];
  await createTopics(stores, world, 0).create('orders', 3);
  const runJobs = composeJobs(names, { stores, world });
  expect(await runJobs()).toMatchObject({ partitions: 3, complete: true, failures: [] });
  expect(await runJobs()).toMatchObject({ partitions: 3 });
  expect(world.logged).toEqual(['maintenance ran', 'maintenance ran']);
});

test('a partition that fails makes the run fail, when all others had their turn', async () => {
  const [stores, world] = [createMemoryStores(), createManualWorld()];
  await createTopics(stores, world, 0).create('orders', 3);
  const faulty = createFaultyStores(stores);
  faulty.fail('index.readHead', { kind: 'before' });
  const runJobs = composeJobs(names, { stores: faulty.stores, world });
  await expect(runJobs()).rejects.toThrow(/failed in 1 of its parts, the first of them orders\/0/);
  expect(faulty.count('index.readHead')).toBeGreaterThanOrEqual(3);
  // The next one begins anew.
  expect(await runJobs()).toMatchObject({ failures: [] });
});

test('offsets of a group without members are kept for as long as is set', async () => {
  const [stores, world] = [createMemoryStores(), createManualWorld()];
  const { groups, topics } = createBroker(stores, nodeCodecs, world, brokerDefaults);
  await topics.create('orders', 1);
  const commit = { topic: 'orders', partition: 0, offset: 0, metadata: '' };
  await groups.offsets.commit('mail', null, [commit]);
  const runJobs = composeJobs(
    { ...names, LOGBROOK_OFFSETS_RETENTION_MINUTES: '60' },
    { stores, world },
  );
  await world.advance(59 * 60_000);
  expect(await runJobs()).toMatchObject({ groupsExpired: 0 });
  await world.advance(60_000);
  expect(await runJobs()).toMatchObject({ groupsExpired: 1 });
});

test('the function does not start without its settings, and says all that is wrong', async () => {
  vi.stubEnv('LOGBROOK_TABLE', '');
  vi.stubEnv('LOGBROOK_BUCKET', '');
  vi.stubEnv('LOGBROOK_LOG_LEVEL', 'loud');
  await expect(import('../../lambda/jobs.js')).rejects.toThrow(
    /LOGBROOK_TABLE is not set; LOGBROOK_BUCKET is not set; .*LOGBROOK_LOG_LEVEL/,
  );
});

test('it starts with them, and sends nothing before the first event', async () => {
  for (const [name, value] of Object.entries(names)) vi.stubEnv(name, value);
  const { handler } = await import('../../lambda/jobs.js');
  expect(handler).toBeInstanceOf(Function);
});

test('its bundle holds no face', async () => {
  const bundle = await bundleOf('lambda/jobs.ts');
  const inside = contributors(bundle).map(([name]) => name);
  expect(inside).toContain('lib/jobs');
  for (const name of ['hono', 'zod', 'lib/http', 'lib/cli', 'lmdb', 'aws-cdk-lib']) {
    expect(inside).not.toContain(name);
  }
});
