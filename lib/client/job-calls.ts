/**
 * Maintenance over HTTP: docs/maintenance.md says what it does.
 */

import type { JobReport, JobStatusAnswer } from '../contract/jobs.js';
import type { Call, CallOptions } from './call.js';

export type JobCalls = {
  /** Of the process that answers. */
  status(call?: CallOptions): Promise<JobStatusAnswer>;
  /** Runs now, or joins the run under way, and waits for its end. */
  run(call?: CallOptions): Promise<JobReport>;
};

/** Longer than a run takes by default, with the part that it has begun when its time is over. */
const runTimeoutMs = 600_000;

export function createJobCalls(call: Call): JobCalls {
  return {
    status: async (options) => call('always', { method: 'GET', path: '/v1/jobs' }, options),
    run: async (options) =>
      call('noEffect', { method: 'POST', path: '/v1/jobs/run', timeoutMs: runTimeoutMs }, options),
  };
}
