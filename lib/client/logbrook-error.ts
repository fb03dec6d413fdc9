/**
 * The one error of the client. It says what happened, whether the same call may succeed later, and
 * whether the failed call may have had an effect after all.
 */

import type { Problem } from '../contract/errors.js';

export type SideEffects = 'none' | 'unknown';

export type LogbrookErrorFacts = {
  /** One of the server's codes (Kafka's names); `NETWORK_EXCEPTION` when there was no answer. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly retriable: boolean;
  readonly sideEffects: SideEffects;
  /** What depends on the code: earliest and latest, a limit, the expected sequence. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** How long the server asks to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
};

export class LogbrookError extends Error {
  override readonly name = 'LogbrookError';
  readonly code: string;
  readonly status: number;
  readonly retriable: boolean;
  readonly sideEffects: SideEffects;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number;

  constructor(message: string, facts: LogbrookErrorFacts) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.retriable = facts.retriable;
    this.sideEffects = facts.sideEffects;
    this.details = facts.details ?? {};
    this.retryAfterMs = facts.retryAfterMs ?? 0;
  }
}

/** The same failure of a call that only reads: nothing can have changed. */
export function withoutEffect(error: unknown): unknown {
  if (!(error instanceof LogbrookError) || error.sideEffects === 'none') return error;
  const { message, code, status, retriable, details, retryAfterMs, cause } = error;
  const facts = { code, status, retriable, details, retryAfterMs, cause };
  return new LogbrookError(message, { ...facts, sideEffects: 'none' });
}

/** The call is wrong: it was not sent. */
export function refused(code: string, message: string, details = {}): LogbrookError {
  const facts = { code, status: 0, retriable: false, sideEffects: 'none', details } as const;
  return new LogbrookError(message, facts);
}

export function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, detail, retriable, sideEffects } = value as Partial<Problem>;
  return (
    typeof code === 'string' &&
    typeof detail === 'string' &&
    typeof retriable === 'boolean' &&
    (sideEffects === 'none' || sideEffects === 'unknown')
  );
}

export function problemError(problem: Problem, retryAfterMs?: number): LogbrookError {
  const { type: _type, title: _title, status, detail, code, ...rest } = problem;
  const { retriable, sideEffects, ...details } = rest;
  const facts = { code, status, retriable, sideEffects, details, retryAfterMs };
  return new LogbrookError(detail, facts);
}

const neverConnected = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** `fetch` rejected: what that means depends on how far it got, which runtimes tell in the cause. */
export function connectionError(cause: unknown, url: string): LogbrookError {
  if (innermostMessage(cause) === redirected) return redirectedElsewhere(cause, url);
  const reason = errorCodeOf(cause);
  const untrusted = isUntrusted(reason);
  return new LogbrookError(connectionMessage(reason, url, cause), {
    code: 'NETWORK_EXCEPTION',
    status: 0,
    retriable: !untrusted,
    sideEffects: untrusted || neverConnected.includes(reason) ? 'none' : 'unknown',
    details: { url, reason },
    cause,
  });
}

/** The server's certificate, as Node names what is wrong with it: nothing was sent, nor will it get better. */
export function isUntrusted(reason: string): boolean {
  return /CERT|LEAF_SIGNATURE/.test(reason);
}

/** Node's word for it. Browsers do not tell. */
const redirected = 'unexpected redirect';

function redirectedElsewhere(cause: unknown, url: string): LogbrookError {
  const message = `${url} redirects elsewhere, which Logbrook does not: use the URL it leads to, perhaps https.`;
  const facts = {
    status: 0,
    retriable: false,
    sideEffects: 'none',
    details: { url },
    cause,
  } as const;
  return new LogbrookError(message, { code: 'NETWORK_EXCEPTION', ...facts });
}

function connectionMessage(reason: string, url: string, cause: unknown): string {
  if (reason === 'ECONNREFUSED') {
    return `No server answers at ${url} (connection refused). Start one with "logbrook serve".`;
  }
  if (reason === 'ENOTFOUND' || reason === 'EAI_AGAIN') {
    return `The host name in ${url} cannot be resolved (${reason}).`;
  }
  if (reason === 'EPROTO') return `${url} does not answer as HTTPS does (EPROTO). Is it http?`;
  // The system's codes are words that people look up; a library's own are not.
  if (/^E[A-Z]+$/.test(reason)) return `The connection to ${url} failed (${reason}).`;
  return `The connection to ${url} failed: ${innermostMessage(cause)}.`;
}

function innermostMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? innermostMessage(error.cause) : error.message;
}

/** Node wraps the system's error, sometimes twice. */
function errorCodeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return '';
}
