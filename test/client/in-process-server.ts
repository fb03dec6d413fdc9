/**
 * The real app on memory stores behind a `fetch`, without a socket. Like the real `fetch`, it rejects
 * when its signal fires, also while the body is read.
 */

import { createBroker } from '../../lib/broker/broker.js';
import { type BrokerSettings, brokerDefaults } from '../../lib/broker/broker-settings.js';
import { createHttpClient, type HttpClient } from '../../lib/client/http-client.js';
import { machineTiming, type Timing } from '../../lib/client/retry.js';
import { createApp } from '../../lib/http/app.js';
import { type HttpSettings, httpDefaults } from '../../lib/http/http-deps.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { type JobSettings, jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMaintenance } from '../../lib/jobs/maintenance.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../../lib/runtime/node-world.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import type { World } from '../../lib/store/world.js';
import { openToAll } from '../http/apis.js';
import type { Fetch } from '../support/fetch.js';

export const testUrl = 'http://logbrook.localhost';

/** Retries at once: no test waits for time to pass. */
export const eagerTiming: Timing = { ...machineTiming, sleep: async () => {} };

/** Time passes only by sleeping. */
export function sleepingTiming(): Timing {
  let nowMs = 1_700_000_000_000;
  return {
    nowMs: () => nowMs,
    random: () => 1,
    sleep: async (delayMs) => {
      nowMs += delayMs;
    },
  };
}

export type TestServer = {
  readonly fetch: Fetch;
  /** The app itself, for a socket in front of it. */
  fetchRequest(request: Request): Response | Promise<Response>;
  readonly client: HttpClient;
  close(): Promise<void>;
};

export type TestServerParts = {
  readonly http?: Partial<HttpSettings>;
  readonly broker?: Partial<BrokerSettings>;
  readonly jobs?: Partial<JobSettings>;
  readonly world?: World;
  readonly stores?: Stores;
};

export function startTestServer(settings: TestServerParts = {}): TestServer {
  const silent = { info() {}, warn() {}, error() {} };
  const world = settings.world ?? createNodeWorld(silent);
  const brokerSettings = { ...brokerDefaults, ...settings.broker };
  const stores = settings.stores ?? createMemoryStores();
  const broker = createBroker(stores, nodeCodecs, world, brokerSettings);
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    ...openToAll(stores, world.clock),
    world,
    settings: { ...httpDefaults, ...settings.http },
    readBody: readWebBody,
    jobs: createMaintenance(stores, nodeCodecs, world, { ...jobDefaults, ...settings.jobs }),
    docsScript: async () => undefined,
  });
  const fetch: Fetch = async (url, init) => {
    const signal = init.signal ?? new AbortController().signal;
    const response = await orAborted(signal, async () => app.fetch(new Request(url, init), {}));
    const body = response.body?.pipeThrough(new TransformStream(), { signal });
    return new Response(body ?? null, response);
  };
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const fetchRequest = (request: Request) => app.fetch(request, {});
  return { fetch, fetchRequest, client, close: () => broker.close() };
}

async function orAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** As Node's `fetch` fails when nobody listens. */
export const refusingFetch: Fetch = async () => {
  throw connectionFailure('ECONNREFUSED');
};

export function connectionFailure(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}
