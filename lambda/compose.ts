/**
 * The composition root on Lambda: settings, stores, broker and app, made once per cold start.
 */

import { readFile } from 'node:fs/promises';
import { createBroker } from '../lib/broker/broker.js';
import { type BrokerSettings, brokerDefaults } from '../lib/broker/broker-settings.js';
import { createApp } from '../lib/http/app.js';
import { type HttpSettings, httpDefaults } from '../lib/http/http-deps.js';
import { bodyTooLarge, type ReadBody } from '../lib/http/read-body.js';
import { createJsonLogger } from '../lib/runtime/json-logger.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../lib/runtime/node-world.js';
import { inlineBytesMaxOf, prices } from '../lib/settings/prices.js';
import type { Environment } from '../lib/settings/settings.js';
import { createAwsStores } from '../lib/store/aws/aws-stores.js';
import type { Stores } from '../lib/store/stores.js';
import type { Api, LambdaEnv } from './function-url.js';
import { type LambdaSettings, lambdaSettings } from './lambda-settings.js';

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

export function compose(environment: Environment, given: { stores?: Stores } = {}): Api {
  const settings = lambdaSettings(environment);
  const { table: tableName, bucket: bucketName } = settings;
  const inlineBytesMax = settings.inlineBytesMax ?? inlineBytesMaxOf(prices);
  const stores = given.stores ?? createAwsStores({ tableName, bucketName, inlineBytesMax });
  const world = createNodeWorld(createJsonLogger(settings.logLevel));
  const broker = createBroker(stores, nodeCodecs, world, brokerSettingsOf(settings));
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    world,
    settings: httpSettingsOf(settings),
    readBody: readEventBody,
    docsScript: readDocsScript,
  });
  return { fetch: (request, env) => app.fetch(request, env), idle: () => broker.idle() };
}

function brokerSettingsOf(settings: LambdaSettings): BrokerSettings {
  return {
    ...brokerDefaults,
    topicCacheMs: settings.topicCacheMs ?? topicCacheMsDefault,
    tailPollMs: settings.tailPollMs ?? brokerDefaults.tailPollMs,
    recentBytesMax: settings.recentBytesMax ?? recentBytesMaxDefault,
  };
}

function httpSettingsOf(settings: LambdaSettings): HttpSettings {
  return { ...httpDefaults, streamLifeMs: settings.streamLifeMs ?? streamLifeMsDefault };
}

const readEventBody: ReadBody = async (_request, env, bytesMax) => {
  const { body } = env as LambdaEnv;
  if (body.length > bytesMax) throw bodyTooLarge(bytesMax);
  return body;
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
