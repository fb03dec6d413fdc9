/**
 * How one call of the HTTP API is made: tried again as far as that is harmless, each try in its own time,
 * and told to whoever observes the client.
 */

import type { LogbrookError } from './logbrook-error.js';
import type { Observe } from './observer.js';
import { briefRetry, type RetryPolicy, type Timing, withRetry } from './retry.js';
import type { HttpRequest, Transport } from './transport.js';

/** How one call is to be made. */
export type CallOptions = {
  /** Default: a few tries within seconds. */
  readonly retry?: RetryPolicy | undefined;
  readonly onRetry?: ((error: LogbrookError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

const callTimeoutMs = 15_000;

/** `noEffect`: repeated only when the failed call certainly did nothing. */
export type Call = <T>(
  when: 'always' | 'noEffect',
  request: CallRequest,
  options?: CallOptions,
) => Promise<T>;

/** The time for one try, or how to know it when the try begins. */
type CallRequest = Omit<HttpRequest, 'timeoutMs'> & {
  readonly timeoutMs?: number | (() => number);
};

export function createCall(transport: Transport, timing: Timing, observe: Observe): Call {
  return <T>(
    when: 'always' | 'noEffect',
    { timeoutMs = callTimeoutMs, ...request }: CallRequest,
    { retry: policy = briefRetry, onRetry, signal }: CallOptions = {},
  ) => {
    const forOneTry = () => (typeof timeoutMs === 'number' ? timeoutMs : timeoutMs());
    const attempt = () => transport.exchange<T>({ ...request, timeoutMs: forOneTry(), signal });
    const told = (error: LogbrookError) => {
      observe({ type: 'retried', code: error.code, path: request.path });
      onRetry?.(error);
    };
    return withRetry(timing, { policy, when, signal, onRetry: told }, attempt);
  };
}

export function post(path: string, body: unknown) {
  return { method: 'POST', path, ...jsonBody(body) } as const;
}

export function jsonBody(value: unknown) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
