/**
 * Access keys and tokens over HTTP, call by call.
 */

import type {
  CreatedKey,
  CreatedToken,
  CreateKeyBody,
  CreateTokenBody,
  KeyFacts,
  KeyListAnswer,
} from '../contract/keys.js';
import { type Call, type CallOptions, post } from './call.js';

export type KeyCalls = {
  /** The answer has the secret, which nothing shows again. */
  create(body: CreateKeyBody, call?: CallOptions): Promise<CreatedKey>;
  /** In order of ids; `after` of a page asks for the next one. */
  list(after?: string, call?: CallOptions): Promise<KeyListAnswer>;
  /** For ever; within 10 s everywhere. */
  revoke(keyId: string, call?: CallOptions): Promise<KeyFacts>;
  /** Can do a part of what the key can that asks for it, and for a short time. */
  token(body: CreateTokenBody, call?: CallOptions): Promise<CreatedToken>;
};

export function createKeyCalls(call: Call): KeyCalls {
  return {
    // One that was made though the answer was lost would be nobody's: it is not tried again then.
    create: async (body, options) => call('noEffect', post('/v1/keys', body), options),
    list: async (after, options) =>
      call('always', { method: 'GET', path: '/v1/keys', query: { after } }, options),
    revoke: async (keyId, options) =>
      call('always', { method: 'DELETE', path: `/v1/keys/${encodeURIComponent(keyId)}` }, options),
    token: async (body, options) => call('always', post('/v1/tokens', body), options),
  };
}
