/**
 * The composition root on Lambda: settings, stores, broker and app, made once per cold start.
 */

import { readFile } from 'node:fs/promises';
import { createAccess } from '../lib/access/access.js';
import { type AccessKeys, createAccessKeys } from '../lib/broker/access-keys.js';
import { createAuditLog } from '../lib/broker/audit-log.js';
import { createBroker } from '../lib/broker/broker.js';
import { type BrokerSettings, brokerDefaults } from '../lib/broker/broker-settings.js';
import { createApp } from '../lib/http/app.js';
import { type HttpSettings, httpDefaults } from '../lib/http/http-deps.js';
import { bodyTooLarge, type ReadBody } from '../lib/http/read-body.js';
import { kinesisDefaults } from '../lib/kinesis/action.js';
import { createAdmission } from '../lib/kinesis/admission.js';
import { createKinesisFace, isForKinesis } from '../lib/kinesis/face.js';
import { storedTokenKey } from '../lib/kinesis/token-key.js';
import { aesGcm } from '../lib/runtime/aes-gcm.js';
import { createJsonLogger } from '../lib/runtime/json-logger.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { nodeHashing } from '../lib/runtime/node-hashing.js';
import { createNodeWorld } from '../lib/runtime/node-world.js';
import { inlineBytesMaxOf, prices } from '../lib/settings/prices.js';
import type { Environment } from '../lib/settings/settings.js';
import { createAwsStores } from '../lib/store/aws/aws-stores.js';
import { createKmsSecretBox } from '../lib/store/aws/kms-secret-box.js';
import { createRootSecret } from '../lib/store/aws/root-secret.js';
import type { Stores } from '../lib/store/stores.js';
import type { Clock } from '../lib/store/world.js';
import { createJobsAsker } from './ask-jobs.js';
import type { Api, LambdaEnv } from './function-url.js';
import { lambdaSettings, type LambdaSettings as SettingsWith } from './lambda-settings.js';

const MiB = 1024 * 1024;

/**
 * Where settings say nothing. Topics are remembered, since an instance asks for few and a deleted one is
 * noticed anyway. A stream ends well before the function's timeout, and before Lambda's limit of 200 MB
 * per response: after the first 6 MB it carries 2 MB/s.
 */
const topicCacheMsDefault = 10_000;
const streamLifeMsDefault = 60_000;
/** For a consumer that meets the instance which its producer met. */
const recentBytesMaxDefault = 16 * MiB;

type LambdaSettings = SettingsWith<'table' | 'bucket' | 'kmsKey' | 'rootSecretArn'>;

export type Given = {
  readonly stores?: Stores;
  /** Instead of those that KMS and Secrets Manager keep. */
  readonly keys?: AccessKeys;
};

/** Throws without its settings: a function that cannot tell callers apart does not start. */
export function compose(environment: Environment, given: Given = {}): Api {
  const settings = lambdaSettings(environment, ['table', 'bucket', 'kmsKey', 'rootSecretArn']);
  const { table: tableName, bucket: bucketName } = settings;
  const inlineBytesMax = settings.inlineBytesMax ?? inlineBytesMaxOf(prices);
  const stores = given.stores ?? createAwsStores({ tableName, bucketName, inlineBytesMax });
  const world = createNodeWorld(createJsonLogger(settings.logLevel));
  const { jobsFunction } = settings;
  const requests = jobsFunction && createJobsAsker(jobsFunction, stores.jobs, world.clock);
  const broker = createBroker(
    stores,
    nodeCodecs,
    world,
    brokerSettingsOf(settings),
    requests || undefined,
  );
  const keys = given.keys ?? keysOf(settings, stores, world.clock);
  const access = createAccess({
    find: keys.find,
    hashing: nodeHashing,
    nowMs: world.clock.nowMs,
    authorities: settings.publicHosts,
    edgeSecret: settings.edgeSecret,
  });
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    access,
    keys,
    world,
    settings: httpSettingsOf(settings),
    readBody: readEventBody,
    docsScript: readDocsScript,
  });
  const { streamLifeMs } = httpSettingsOf(settings);
  const kinesis = createKinesisFace({
    broker,
    codecs: nodeCodecs,
    world,
    account: accountOf(environment),
    settings: { ...kinesisDefaults, subscriptionMs: streamLifeMs },
    tokenKey: storedTokenKey(stores.objects),
    readBody: readEventBody,
    admission: createAdmission(access, createAuditLog(broker, nodeCodecs, world)),
  });
  return {
    fetch: (request, env) =>
      isForKinesis(request) ? kinesis(request, env) : app.fetch(request, env),
    idle: () => broker.idle(),
  };
}

function keysOf(settings: LambdaSettings, { keys }: Stores, clock: Clock): AccessKeys {
  return createAccessKeys({
    store: keys,
    box: createKmsSecretBox(settings.kmsKey, aesGcm),
    hashing: nodeHashing,
    clock,
    rootSecret: createRootSecret(settings.rootSecretArn),
  });
}

/** What ARNs say. */
function accountOf({ AWS_REGION = 'us-east-1' }: Environment) {
  return { region: AWS_REGION, accountId: '000000000000' };
}

function brokerSettingsOf(settings: LambdaSettings): BrokerSettings {
  return {
    ...brokerDefaults,
    topicCacheMs: settings.topicCacheMs ?? topicCacheMsDefault,
    tailPollMs: settings.tailPollMs ?? brokerDefaults.tailPollMs,
    recentBytesMax: settings.recentBytesMax ?? recentBytesMaxDefault,
    groups: { ...brokerDefaults.groups, ...settings.groups },
  };
}

function httpSettingsOf(settings: LambdaSettings): HttpSettings {
  return { ...httpDefaults, streamLifeMs: settings.streamLifeMs ?? streamLifeMsDefault };
}

const readEventBody: ReadBody = async (_request, env, bytesMax) => {
  const { body } = env as LambdaEnv;
  if (body.length > bytesMax) throw bodyTooLarge(bytesMax);
  return [body];
};

/** Deployed beside the bundle. */
async function readDocsScript(): Promise<Uint8Array | undefined> {
  try {
    return await readFile(new URL('openapi-explorer.min.js', import.meta.url));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
