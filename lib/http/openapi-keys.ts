/**
 * The part of the OpenAPI description that is about access keys, and how they are sent.
 */

import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { listQuery } from '../contract/fields.js';
import {
  createdKey,
  createdToken,
  createKeyRequest,
  createTokenRequest,
  keyFacts,
  keyList,
  keyPath,
} from '../contract/keys.js';
import { json, operation, requestBody } from './openapi-operation.js';

export const keyPaths: ZodOpenApiPathsObject = {
  '/v1/keys': {
    post: operation('createKey', 'Make an access key; its secret is shown this once', {
      requestBody: requestBody(createKeyRequest),
      responses: { '201': json('Made.', createdKey) },
    }),
    get: operation('listKeys', 'List access keys, without their secrets', {
      requestParams: { query: listQuery },
      responses: { '200': json('A page of keys, in order of ids.', keyList) },
    }),
  },
  '/v1/keys/{key}': {
    delete: operation('revokeKey', 'Revoke an access key, for ever', {
      requestParams: { path: keyPath },
      responses: { '200': json('Opens nothing any more, within 10 s everywhere.', keyFacts) },
    }),
  },
  '/v1/tokens': {
    post: operation(
      'createToken',
      'Make a short-lived token that can do a part of what a key can',
      {
        requestBody: requestBody(createTokenRequest),
        responses: { '201': json('Send it as `Authorization: Bearer`.', createdToken) },
      },
    ),
  },
};

export const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: '`<key id>.<secret>`, or a token of `/v1/tokens`.',
  },
  basic: { type: 'http', scheme: 'basic', description: 'Key id and secret.' },
} as const;
