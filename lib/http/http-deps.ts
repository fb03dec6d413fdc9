/**
 * What every route of the face works with.
 */

import type { Context } from 'hono';
import type * as z from 'zod';
import type { Access } from '../access/access.js';
import type { AccessKeys } from '../broker/access-keys.js';
import type { Broker } from '../broker/broker.js';
import type { Codecs } from '../log/codecs.js';
import type { World } from '../store/world.js';
import type { Jobs } from './job-routes.js';
import { fieldProblems, invalid } from './problem.js';
import type { ReadBody } from './read-body.js';

export type HttpSettings = {
  /** A follower hears from us at least this often. */
  readonly heartbeatMs: number;
  /** After this a follower is asked to come again; keeps a stream inside Lambda's time limit. */
  readonly streamLifeMs: number;
};

export const httpDefaults: HttpSettings = { heartbeatMs: 10_000, streamLifeMs: 3_600_000 };

export type HttpDeps = {
  readonly broker: Broker;
  readonly codecs: Codecs;
  /** Who is let in; `createOpenAccess` lets in everybody on this machine. */
  readonly access: Access;
  readonly keys: AccessKeys;
  readonly world: World;
  readonly settings: HttpSettings;
  readonly readBody: ReadBody;
  /** Undefined where another process does maintenance. */
  readonly jobs?: Jobs;
  /** Fires when the server wants to stop: streams end as if their time were over. */
  readonly stopping?: AbortSignal;
  /** The script of the documentation page; undefined where it is not shipped. */
  readonly docsScript: () => Promise<Uint8Array | undefined>;
};

/** Path parameters by their schema; every problem is named. */
export function pathOf<S extends z.ZodType>(c: Context, schema: S): z.infer<S> {
  return checked(schema, c.req.param(), 'path');
}

export function queryOf<S extends z.ZodType>(c: Context, schema: S): z.infer<S> {
  if (!c.req.url.includes('?')) return emptyQueryOf(schema);
  const queries = c.req.queries();
  const problems = Object.entries(queries)
    .filter(([, values]) => values.length > 1)
    .map(([field]) => ({ field, message: 'is given more than once' }));
  if (problems.length > 0) throw invalid('query', problems);
  return checked(schema, c.req.query(), 'query');
}

/** What the schemas make of no query at all, which most requests have. */
const emptyQueries = new WeakMap<z.ZodType, unknown>();

function emptyQueryOf<S extends z.ZodType>(schema: S): z.infer<S> {
  const known = emptyQueries.get(schema);
  if (known) return known as z.infer<S>;
  const made = Object.freeze(checked(schema, {}, 'query')) as z.infer<S>;
  emptyQueries.set(schema, made);
  return made;
}

export function checked<S extends z.ZodType>(schema: S, value: unknown, where: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(where, fieldProblems(parsed.error));
}
