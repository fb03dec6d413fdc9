/**
 * The deployed jobs function: one run of maintenance for each event, of the schedule or of who found work.
 */

import { composeJobs } from './compose-jobs.js';

const runJobs = composeJobs(process.env);

export const handler = (event: unknown) => runJobs(event);
