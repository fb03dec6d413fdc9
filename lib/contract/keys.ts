/**
 * Access keys and tokens on the wire. A secret is in one answer, that to the request that made the key.
 */

import * as z from 'zod';
import { scopeOperations } from '../access/scopes.js';
import { groupIdLengthMax } from '../coordinator/group-limits.js';
import { topicNameLengthMax } from '../log/limits.js';
import { list, text, timestampMs } from './fields.js';

const scopesMax = 20;
const prefixesMax = 100;
export const tokenSecondsMax = 43_200;
const tokenSecondsDefault = 900;

const prefixes = (lengthMax: number, description: string) =>
  list(text(0, lengthMax), 0, prefixesMax).meta({
    description: `${description} An empty one is all; none at all is none.`,
  });

export const scope = z
  .strictObject({
    operations: list(z.enum(scopeOperations), 1, scopeOperations.length),
    topics: prefixes(topicNameLengthMax, 'Prefixes of topic names.').default([]),
    groups: prefixes(groupIdLengthMax, 'Prefixes of group ids.').default([]),
  })
  .meta({ id: 'Scope', description: 'Operations, on topics and groups by prefix.' });

const limits = z
  .strictObject({
    requestsPerSecond: z.number().positive().max(1_000_000).optional(),
    bytesPerSecond: z.number().positive().max(1e12).optional().meta({
      description: 'Of request bodies, and of records read.',
    }),
  })
  .meta({ id: 'KeyLimits', description: 'Counted by each instance for itself.' });

const facts = {
  keyId: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  limits,
  createdAt: timestampMs,
  expiresAt: timestampMs.nullable(),
};

export const createKeyRequest = z
  .strictObject({
    name: text(1, 200).meta({ description: 'For people.' }),
    scopes: list(scope, 1, scopesMax),
    limits: limits.optional(),
    expiresAt: timestampMs.nullable().optional().meta({
      description: 'Milliseconds since 1970. Default: never.',
    }),
  })
  .meta({ id: 'CreateKeyRequest' });
export type CreateKeyBody = z.input<typeof createKeyRequest>;

export const createdKey = z
  .object({
    ...facts,
    secret: z.string().meta({ description: 'Shown this once.' }),
    bearer: z.string().meta({ description: 'Both as one: for `Authorization: Bearer`.' }),
  })
  .meta({ id: 'CreatedKey' });
export type CreatedKey = z.infer<typeof createdKey>;

export const keyFacts = z
  .object({ ...facts, revokedAt: timestampMs.nullable() })
  .meta({ id: 'Key' });
export type KeyFacts = z.infer<typeof keyFacts>;

export const keyList = z
  .object({ keys: z.array(keyFacts), after: z.string().optional() })
  .meta({ id: 'KeyList' });
export type KeyListAnswer = z.infer<typeof keyList>;

export const keyPath = z.object({ key: z.string().meta({ example: 'LBABCDEFGHIJKLMNOPQR' }) });

export const createTokenRequest = z
  .strictObject({
    ttlSeconds: z.int().min(1).max(tokenSecondsMax).default(tokenSecondsDefault),
    scopes: list(scope, 1, scopesMax).meta({
      description: 'A part of what the key may do.',
    }),
  })
  .meta({ id: 'CreateTokenRequest' });
export type CreateTokenBody = z.input<typeof createTokenRequest>;

export const createdToken = z
  .object({ token: z.string(), expiresAt: timestampMs })
  .meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof createdToken>;
