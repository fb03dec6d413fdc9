/**
 * The places where the suites run: the app in process on memory stores, and a real server on the local
 * store.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../bin/serve.js';
import { createOpenAccess } from '../../lib/access/access.js';
import { createBroker } from '../../lib/broker/broker.js';
import { type BrokerSettings, brokerDefaults } from '../../lib/broker/broker-settings.js';
import { createApp } from '../../lib/http/app.js';
import { type HttpSettings, httpDefaults } from '../../lib/http/http-deps.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMaintenance } from '../../lib/jobs/maintenance.js';
import { createJsonLogger } from '../../lib/runtime/json-logger.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../../lib/runtime/node-world.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import type { Clock, World } from '../../lib/store/world.js';
import { testKeys } from '../support/test-keys.js';
import type { Api } from './api-client.js';

export type InProcessParts = {
  readonly stores?: Stores;
  readonly clock?: Clock;
  readonly settings?: Partial<HttpSettings>;
  readonly brokerSettings?: Partial<BrokerSettings>;
};

export function quietWorld(clock?: Clock): World {
  const world = createNodeWorld(createJsonLogger('silent'));
  return clock ? { ...world, clock } : world;
}

/** As on loopback: whoever asks is let in. */
export function openToAll(stores: Stores, clock: Clock) {
  return { access: createOpenAccess(), keys: testKeys(stores, clock) };
}

export async function inProcessApi(parts: InProcessParts = {}): Promise<Api> {
  const { stores = createMemoryStores(), clock, settings, brokerSettings } = parts;
  const world = quietWorld(clock);
  const broker = createBroker(stores, nodeCodecs, world, { ...brokerDefaults, ...brokerSettings });
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    ...openToAll(stores, world.clock),
    world,
    settings: { ...httpDefaults, ...settings },
    readBody: readWebBody,
    jobs: createMaintenance(stores, nodeCodecs, world, jobDefaults, broker.groups.expire),
    docsScript: async () => new TextEncoder().encode('export {};'),
  });
  return {
    fetch: async (path, init) => app.request(path, init),
    async stop() {
      await broker.close();
      await stores.close();
    },
  };
}

export type LocalServer = Api & { readonly url: string };

export async function localServerApi(
  environment: Readonly<Record<string, string>> = {},
): Promise<LocalServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'logbrook-http-'));
  const server = await serve(
    { port: 0, host: '127.0.0.1', store: 'local', dataDir, takeOver: false },
    { LOGBROOK_LOG_LEVEL: 'silent', ...environment },
  );
  return {
    url: server.url,
    fetch: (path, init) => fetch(server.url + path, init),
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Wherever something listens already. */
export async function remoteApi(url: string): Promise<Api> {
  return { fetch: (path, init) => fetch(url + path, init), stop: async () => {} };
}
