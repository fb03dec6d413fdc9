/**
 * Maintenance: what it does and did in this process, and a run of it now.
 */

import type { Hono } from 'hono';
import { topicNamed } from '../access/scopes.js';
import type { JobReport, JobStatusAnswer } from '../contract/jobs.js';
import type { Maintenance, MaintenanceReport } from '../jobs/maintenance.js';
import { authorize } from './caller.js';
import type { HttpDeps } from './http-deps.js';
import { RequestError } from './problem.js';

/** Maintenance is about all of them. */
const everyTopic = topicNamed('');

/** What the face asks of it. */
export type Jobs = Pick<Maintenance, 'run' | 'status'>;

export function jobRoutes(app: Hono, { jobs }: HttpDeps): void {
  app.get('/v1/jobs', (c) => {
    authorize(c, 'admin', everyTopic);
    const { running, intervalMs, last } = present(jobs).status();
    const report = last ? reportOf(last) : null;
    return c.json({ running, intervalMs, last: report } satisfies JobStatusAnswer);
  });
  app.post('/v1/jobs/run', async (c) => {
    authorize(c, 'admin', everyTopic);
    return c.json(reportOf(await present(jobs).run()));
  });
}

function present(jobs: Jobs | undefined): Jobs {
  if (jobs) return jobs;
  const message = 'This server runs no jobs: a process of its own does, on a schedule.';
  throw new RequestError(404, message);
}

function reportOf({ startedAtMs: startedAt, failures, ...rest }: MaintenanceReport): JobReport {
  return { startedAt, ...rest, failures: [...failures] };
}
