/**
 * In front of every route but /healthz: proves who calls, holds them to their limits, and afterwards
 * writes down what admins did. Whatever fails here, the route is not reached.
 */

import type { Access, Refusal } from '../access/access.js';
import { resourceText } from '../access/scopes.js';
import type { AuditLog } from '../broker/audit-log.js';
import { BrokerError } from '../broker/broker-error.js';
import { problemContentType } from '../contract/errors.js';
import { type ByteParts, onePiece, sizeOf } from '../log/byte-parts.js';
import { requestBytesMax } from '../log/limits.js';
import type { Logger } from '../store/world.js';
import type { Caller, GuardedEnv } from './caller.js';
import { problemOf, problemResponse } from './problem.js';
import { bodyTooLarge, type ReadBody } from './read-body.js';

export type GuardDeps = {
  readonly access: Access;
  readonly audit: AuditLog;
  readonly readBody: ReadBody;
  readonly log: Logger;
};

export type Handler = (request: Request, env: unknown) => Response | Promise<Response>;

export function createGuard(deps: GuardDeps, inner: Handler): Handler {
  const { access } = deps;
  return async (request, env) => {
    if (isHealthCheck(request)) return inner(request, env);
    let caller: Caller;
    try {
      const admitted = await admit(deps, request, env);
      if (admitted instanceof Response) return admitted;
      caller = admitted;
    } catch (error) {
      return failed(deps, request, error);
    }
    const guarded: GuardedEnv = { caller, host: env };
    const response = await inner(request, guarded);
    const { asked, principal } = caller;
    // A server for its own machine alone cannot tell who it was: there only keys are worth a record.
    if (asked === undefined || (access.open && asked.kind !== 'cluster')) return response;
    await deps.audit.write({
      keyId: principal.keyId,
      keyName: principal.name,
      action: `${request.method} ${pathOf(request)}`,
      resource: resourceText(asked),
      result: await resultOf(response),
      made: caller.made,
    });
    return response;
  };
}

async function admit(
  { access, readBody }: GuardDeps,
  request: Request,
  env: unknown,
): Promise<Caller | Response> {
  let body: ByteParts | undefined;
  const read = async () => {
    const whole = onePiece(await readBody(request, env, requestBytesMax));
    body = [whole];
    return whole;
  };
  const authentication = await access.authenticate(request, read);
  if (authentication.kind === 'refused') return refusal(authentication);
  const { principal } = authentication;
  const waitMs = access.admit(principal, 0);
  if (waitMs === undefined) return { principal, body, asked: undefined, made: undefined };
  const message = `The limit of access key ${principal.keyId} is reached; wait ${waitMs} ms.`;
  const problem = problemOf(new BrokerError('THROTTLING_QUOTA_EXCEEDED', message));
  return problemResponse(problem, { 'retry-after': String(Math.ceil(waitMs / 1_000)) });
}

function refusal({ reason, message }: Refusal): Response {
  if (reason === 'forbidden') {
    return problemResponse(problemOf(new BrokerError('CLUSTER_AUTHORIZATION_FAILED', message)));
  }
  const problem = problemOf(new BrokerError('SASL_AUTHENTICATION_FAILED', message));
  return problemResponse(problem, { 'www-authenticate': 'Bearer, Basic realm="logbrook"' });
}

function failed({ log }: GuardDeps, request: Request, error: unknown): Response {
  const problem = problemOf(error, 'none');
  if (problem.status >= 500) {
    log.error('a caller could not be checked', { path: pathOf(request), error });
  }
  return problemResponse(problem);
}

/** A body that was read to check its signature is not read again; what is read counts. */
export function readGuardedBody({
  access,
  readBody,
}: Pick<GuardDeps, 'access' | 'readBody'>): ReadBody {
  return async (request, env, bytesMax) => {
    const { caller, host } = (env ?? {}) as GuardedEnv;
    const body = caller?.body ?? (await readBody(request, host, bytesMax));
    const sizeBytes = sizeOf(body);
    if (sizeBytes > bytesMax) throw bodyTooLarge(bytesMax);
    if (caller) access.charge(caller.principal, sizeBytes);
    return body;
  };
}

function isHealthCheck(request: Request): boolean {
  return ['GET', 'HEAD'].includes(request.method) && pathOf(request) === '/healthz';
}

function pathOf({ url }: Request): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? '';
}

async function resultOf(response: Response): Promise<string> {
  if (response.status < 400) return 'ok';
  const isProblem = response.headers.get('content-type') === problemContentType;
  const body: unknown = isProblem ? await response.clone().json() : undefined;
  return (body as { code?: string } | undefined)?.code ?? String(response.status);
}
