/**
 * The server: composes stores, broker and face, listens, and stops in order. What was acknowledged does
 * not depend on an orderly stop.
 */

import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { createAuditLog } from '../lib/broker/audit-log.js';
import { createBroker } from '../lib/broker/broker.js';
import { type BrokerSettings, brokerDefaults } from '../lib/broker/broker-settings.js';
import { createApp } from '../lib/http/app.js';
import { httpDefaults } from '../lib/http/http-deps.js';
import { createPlainAppend } from '../lib/http/plain-append.js';
import { jobDefaults } from '../lib/jobs/job-settings.js';
import { createMaintenance } from '../lib/jobs/maintenance.js';
import { kinesisDefaults } from '../lib/kinesis/action.js';
import { createAdmission } from '../lib/kinesis/admission.js';
import { createKinesisFace, isForKinesis } from '../lib/kinesis/face.js';
import { storedTokenKey } from '../lib/kinesis/token-key.js';
import { createJsonLogger } from '../lib/runtime/json-logger.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../lib/runtime/node-world.js';
import { type Environment, parseSettings, type Settings } from '../lib/settings/settings.js';
import { unknownVariables } from '../lib/settings/unknown-variables.js';
import type { MaintenanceRequests } from '../lib/store/maintenance-requests.js';
import type { Stores } from '../lib/store/stores.js';
import type { Clock, World } from '../lib/store/world.js';
import { appendLane } from './append-lane.js';
import { readNodeBody } from './node-body.js';
import { createPortServer, type Patience, patienceDefault } from './one-port.js';
import { openAccess, type ServerAccess } from './serve-access.js';

export type ServeOptions = {
  readonly port: number;
  readonly host: string;
  readonly store: 'local' | 'memory' | 'aws';
  readonly dataDir: string;
  readonly takeOver: boolean;
  readonly patience?: Patience;
  /** Ask for access keys on loopback too. */
  readonly requireKeys?: boolean;
};

export type RunningServer = {
  readonly url: string;
  /** Finishes what is under way, then closes the stores. */
  stop(): Promise<void>;
};

/**
 * The memory of request bodies counts into the heap's limit, which V8 sets at little more than what is
 * alive: a dozen megabytes, so that every few large batches would be a collection of everything. Four
 * times what is alive is the most that V8 takes by itself.
 */
const heapGrowingPercent = 300;

export async function serve(
  options: ServeOptions,
  environment: Environment,
  given: Partial<World> = {},
): Promise<RunningServer> {
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
  const settings = settingsFrom(environment);
  const world = { ...createNodeWorld(createJsonLogger(settings.logLevel)), ...given };
  for (const unknown of unknownVariables(environment)) {
    world.log.warn('a variable is no setting of a server', unknown);
  }
  const stores = await openStores(options, settings, environment);
  const { access, keys } = await accessOrClose(options, settings, stores, world.clock);
  const requests: MaintenanceRequests = { ask: async (ref) => jobs.ask(ref) };
  const broker = createBroker(
    stores,
    nodeCodecs,
    world,
    brokerSettings(options, settings),
    requests,
  );
  const jobSettings = { ...jobDefaults, ...settings.jobs };
  const jobs = createMaintenance(stores, nodeCodecs, world, jobSettings, broker.groups.expire);
  const streamLifeMs = settings.streamLifeMs ?? httpDefaults.streamLifeMs;
  const stopping = new AbortController();
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    access,
    keys,
    world,
    settings: { ...httpDefaults, streamLifeMs },
    readBody: readNodeBody,
    jobs,
    stopping: stopping.signal,
    docsScript,
  });
  const kinesis = createKinesisFace({
    broker,
    codecs: nodeCodecs,
    world,
    account: accountOf(environment),
    settings: kinesisDefaults,
    tokenKey: storedTokenKey(stores.objects),
    readBody: readNodeBody,
    admission: createAdmission(access, createAuditLog(broker, nodeCodecs, world)),
    stopping: stopping.signal,
  });
  const server = createPortServer(
    (request, env) => (isForKinesis(request) ? kinesis(request, env) : app.fetch(request, env)),
    options.patience ?? patienceDefault,
    access.open ? appendLane(createPlainAppend({ broker, codecs: nodeCodecs, world })) : undefined,
  );
  const listening = server.listen(options.port, options.host).catch(async (error) => {
    await stores.close();
    throw error;
  });
  const { address, port } = await listening;
  jobs.start();
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    async stop() {
      // Before the broker wakes who waits: a follower that is woken must not wait again.
      stopping.abort();
      const closed = server.close();
      const jobsStopped = jobs.stop();
      await broker.close();
      // A connection that has its answer stays open for the next request: close it as it falls idle.
      const sweep = setInterval(() => server.closeIdle(), 20);
      const force = setTimeout(() => server.closeAll(), 2_000);
      await closed;
      clearInterval(sweep);
      clearTimeout(force);
      await broker.idle();
      await jobsStopped;
      await stores.close();
    },
  };
}

async function accessOrClose(
  options: ServeOptions,
  settings: Settings,
  stores: Stores,
  clock: Clock,
): Promise<ServerAccess> {
  try {
    return await openAccess(options, settings, stores, clock);
  } catch (error) {
    await stores.close();
    throw error;
  }
}

/** What ARNs say. The region is that of the SDKs' own variables, for clients that compare it. */
function accountOf({ AWS_REGION, AWS_DEFAULT_REGION }: Environment) {
  return { region: AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1', accountId: '000000000000' };
}

function settingsFrom(environment: Environment): Settings {
  const parsed = parseSettings(environment);
  if (parsed.kind === 'settings') return parsed.settings;
  throw new Error(`Wrong settings:\n  ${parsed.problems.join('\n  ')}`);
}

/** Far longer than two requests of one producer are apart, far shorter than anybody's patience. */
const earlyBatchMsMax = 200;

function brokerSettings(options: ServeOptions, settings: Settings): BrokerSettings {
  // On AWS's stores a name costs a request to look up. Locally only this process can change a topic, and
  // knows at once; but reading it anew for each request would be a tenth of a small append.
  const topicCacheMs = settings.topicCacheMs ?? (options.store === 'aws' ? 10_000 : 1_000);
  return {
    ...brokerDefaults,
    earlyBatchMsMax: options.store === 'aws' ? 0 : earlyBatchMsMax,
    topicCacheMs,
    tailPollMs: settings.tailPollMs ?? brokerDefaults.tailPollMs,
    recentBytesMax: settings.recentBytesMax ?? brokerDefaults.recentBytesMax,
    groups: { ...brokerDefaults.groups, ...settings.groups },
  };
}

/** Each store is loaded only when it is asked for: LMDB and the AWS SDK are heavy. */
async function openStores(
  options: ServeOptions,
  { table, bucket, inlineBytesMax }: Settings,
  environment: Environment,
): Promise<Stores> {
  if (options.store === 'memory') {
    const { createMemoryStores } = await import('../lib/store/memory/memory-store.js');
    return createMemoryStores();
  }
  if (options.store === 'local') {
    const { createLocalStores } = await import('../lib/store/local/local-stores.js');
    return createLocalStores({ dataDir: options.dataDir, takeOver: options.takeOver });
  }
  const { openAwsStores } = await import('./aws-from-environment.js');
  const place = { tableName: table ?? 'logbrook', bucketName: bucket ?? 'logbrook' };
  return openAwsStores({ ...place, inlineBytesMax }, environment);
}

async function docsScript(): Promise<Uint8Array | undefined> {
  const name = 'openapi-explorer.min.js';
  const places = [
    new URL(`./assets/${name}`, import.meta.url),
    new URL(`../node_modules/openapi-explorer/dist/browser/${name}`, import.meta.url),
  ];
  for (const place of places) {
    const script = await readFile(place).catch(() => undefined);
    if (script) return script;
  }
  return undefined;
}
