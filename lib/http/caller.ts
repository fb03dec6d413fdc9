/**
 * Who calls a route, and whether they may. The guard proves who; each route asks here before it does
 * anything. A route that is reached without the guard lets nobody in.
 */

import type { Context } from 'hono';
import { allows, allowsPattern, type Principal } from '../access/principal.js';
import { type Operation, type Resource, resourceText } from '../access/scopes.js';
import { BrokerError, type ErrorCode } from '../broker/broker-error.js';
import type { ByteParts } from '../log/byte-parts.js';

export type Caller = {
  readonly principal: Principal;
  /** Its exact bytes, where the guard had to read them. */
  body: ByteParts | undefined;
  /** The admin action that was asked for, allowed or not, for the audit log. */
  asked: Resource | undefined;
  /** What an admin action made. */
  made: string | undefined;
};

/** What the guard hands on: the caller, and what the host gave. */
export type GuardedEnv = { readonly caller?: Caller; readonly host?: unknown };

export function callerOf(c: Context): Caller {
  const { caller } = (c.env ?? {}) as GuardedEnv;
  if (caller) return caller;
  throw new BrokerError('SASL_AUTHENTICATION_FAILED', 'This route was reached without a check.');
}

export function mayDo(c: Context, operation: Operation, resource: Resource): boolean {
  return allows(callerOf(c).principal, operation, resource);
}

/** Throws the same whether the resource exists or not. */
export function authorize(c: Context, operation: Operation, resource: Resource): void {
  const caller = callerOf(c);
  if (operation === 'admin') caller.asked = resource;
  if (!allows(caller.principal, operation, resource)) throw forbidden(operation, resource);
}

export function authorizePattern(c: Context, pattern: string): void {
  if (allowsPattern(callerOf(c).principal, pattern)) return;
  const message = 'The access key may not consume every topic that the pattern can match.';
  throw new BrokerError('TOPIC_AUTHORIZATION_FAILED', message);
}

const codes = {
  topic: 'TOPIC_AUTHORIZATION_FAILED',
  group: 'GROUP_AUTHORIZATION_FAILED',
  cluster: 'CLUSTER_AUTHORIZATION_FAILED',
} as const satisfies Record<Resource['kind'], ErrorCode>;

function forbidden(operation: Operation, resource: Resource): BrokerError {
  const what = resourceText(resource);
  return new BrokerError(codes[resource.kind], `The access key lacks ${operation} on ${what}.`);
}
