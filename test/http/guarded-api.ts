/**
 * The app behind its check of callers, in process on memory stores, with a clock that can be put forward
 * and everything that it logs.
 */

import { createAccess } from '../../lib/access/access.js';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import type { CreatedKey, CreateKeyBody } from '../../lib/contract/keys.js';
import { createApp } from '../../lib/http/app.js';
import { httpDefaults } from '../../lib/http/http-deps.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { createJsonLogger } from '../../lib/runtime/json-logger.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { rootBearer, testKeys } from '../support/test-keys.js';
import { type Api, answerOf, jsonInit } from './api-client.js';
import { quietWorld } from './apis.js';

export type Scopes = CreateKeyBody['scopes'];

export type GuardedApi = Api & {
  /** The same with credentials. */
  as(authorization: string): Api;
  readonly root: Api;
  newKey(scopes: Scopes, rest?: Partial<CreateKeyBody>): Promise<CreatedKey>;
  /** With a new key of these scopes. */
  keyed(...scopes: Scopes): Promise<Api>;
  /** Puts the clock forward. */
  pass(ms: number): void;
  nowMs(): number;
  /** Everything that was logged. */
  logged(): string;
  readonly stores: Stores;
};

export function guardedApi(given: { stores?: Stores } = {}): GuardedApi {
  const { stores = createMemoryStores() } = given;
  let aheadMs = 0;
  let logged = '';
  const write = (line: string) => {
    logged += line;
  };
  const plain = quietWorld();
  const nowMs = () => Date.now() + aheadMs;
  const clock = { ...plain.clock, nowMs };
  const world = { ...plain, clock, log: createJsonLogger('info', { write }) };
  const keys = testKeys(stores, clock);
  const broker = createBroker(stores, nodeCodecs, world, brokerDefaults);
  const app = createApp({
    broker,
    codecs: nodeCodecs,
    world,
    access: createAccess({ find: keys.find, hashing: nodeHashing, nowMs }),
    keys,
    settings: httpDefaults,
    readBody: readWebBody,
    docsScript: async () => undefined,
  });
  const stop = async () => {
    await broker.close();
    await stores.close();
  };
  const as = (authorization: string): Api => ({
    fetch: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      if (!headers.has('authorization')) headers.set('authorization', authorization);
      return app.request(path, { ...init, headers });
    },
    stop,
  });
  const root = as(rootBearer);
  const newKey = async (scopes: Scopes, rest: Partial<CreateKeyBody> = {}) => {
    const init = jsonInit({ name: 'test', scopes, ...rest });
    return answerOf<CreatedKey>(await root.fetch('/v1/keys', init), 201);
  };
  return {
    fetch: async (path, init) => app.request(path, init),
    stop,
    as,
    root,
    newKey,
    keyed: async (...scopes) => as(`Bearer ${(await newKey(scopes)).bearer}`),
    pass: (ms) => {
      aheadMs += ms;
    },
    nowMs,
    logged: () => logged,
    stores,
  };
}

export const scopeOf = (
  operations: Scopes[number]['operations'],
  topics: string[] = [''],
  groups: string[] = [''],
) => ({ operations, topics, groups });

export const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
