/**
 * Access keys and tokens: made, listed, revoked. Only admins of the whole installation manage keys; who
 * has a key makes tokens that can do a part of what it can.
 */

import type { Hono } from 'hono';
import type { AccessKey } from '../access/access-key.js';
import { cluster, isWithin } from '../access/scopes.js';
import { BrokerError } from '../broker/broker-error.js';
import { listQuery } from '../contract/fields.js';
import {
  type CreatedKey,
  type CreatedToken,
  createKeyRequest,
  createTokenRequest,
  type KeyFacts,
  type KeyListAnswer,
  keyPath,
} from '../contract/keys.js';
import { authorize, callerOf } from './caller.js';
import { checked, type HttpDeps, pathOf, queryOf } from './http-deps.js';
import { jsonBody } from './json-body.js';
import { invalid } from './problem.js';

const listLimitDefault = 100;

export function keyRoutes(app: Hono, deps: HttpDeps): void {
  const { keys, world } = deps;
  app.post('/v1/keys', async (c) => {
    authorize(c, 'admin', cluster);
    const request = checked(createKeyRequest, await jsonBody(c, deps), 'body');
    const { name, scopes, limits = {}, expiresAt = null } = request;
    if (expiresAt !== null && expiresAt <= world.clock.nowMs()) {
      throw invalid('body', [{ field: 'expiresAt', message: 'lies in the past' }]);
    }
    const made = await keys.create({ name, scopes, limits, expiresAtMs: expiresAt });
    const { key, secret } = made;
    callerOf(c).made = `key ${key.keyId}`;
    const { revokedAt: _, ...facts } = factsOf(key);
    const bearer = `${key.keyId}.${secret}`;
    c.header('cache-control', 'no-store');
    return c.json({ ...facts, secret, bearer } satisfies CreatedKey, 201);
  });
  app.get('/v1/keys', async (c) => {
    authorize(c, 'admin', cluster);
    const { limit = listLimitDefault, after } = queryOf(c, listQuery);
    const page = await keys.list(limit, after);
    const next = page.after === undefined ? {} : { after: page.after };
    return c.json({ keys: page.keys.map(factsOf), ...next } satisfies KeyListAnswer);
  });
  app.delete('/v1/keys/:key', async (c) => {
    authorize(c, 'admin', cluster);
    return c.json(factsOf(await keys.revoke(pathOf(c, keyPath).key)));
  });
  app.post('/v1/tokens', async (c) => {
    const { principal } = callerOf(c);
    if (principal.by === 'token' || principal.by === 'nothing') {
      const message = 'A token is made with an access key, not with a token or without either.';
      throw new BrokerError('CLUSTER_AUTHORIZATION_FAILED', message);
    }
    const request = checked(createTokenRequest, await jsonBody(c, deps), 'body');
    const { ttlSeconds, scopes } = request;
    if (!principal.bounds.every((bound) => isWithin(scopes, bound))) {
      const message = 'A token can do only a part of what its key can; see scopes.';
      throw new BrokerError('CLUSTER_AUTHORIZATION_FAILED', message);
    }
    const expiresAt = world.clock.nowMs() + ttlSeconds * 1_000;
    const token = await keys.token({ keyId: principal.keyId, scopes, expiresAtMs: expiresAt });
    c.header('cache-control', 'no-store');
    return c.json({ token, expiresAt } satisfies CreatedToken, 201);
  });
}

function factsOf(key: AccessKey): KeyFacts {
  const { keyId, name, scopes, limits, createdAtMs, expiresAtMs, revokedAtMs } = key;
  return {
    keyId,
    name,
    scopes: scopes.map(({ operations, topics, groups }) => ({
      operations: [...operations],
      topics: [...topics],
      groups: [...groups],
    })),
    limits,
    createdAt: createdAtMs,
    expiresAt: expiresAtMs,
    revokedAt: revokedAtMs,
  };
}
