/**
 * A request that threw: what is answered, and what is written down of it.
 */

import type { Problem } from '../contract/errors.js';
import type { Logger } from '../store/world.js';
import { problemOf } from './problem.js';

type FailedRequest = { readonly method: string; readonly path: string };

export function failedRequest(log: Logger, request: FailedRequest, error: Error): Problem {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const problem = problemOf(error, isRead ? 'none' : 'unknown');
  if (problem.status >= 500) {
    const cause = error.cause instanceof Error ? error.cause.stack : undefined;
    const { method, path } = request;
    log.error('a request failed', { method, path, error: error.stack, cause });
  }
  return problem;
}
