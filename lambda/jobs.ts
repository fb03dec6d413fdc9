/**
 * The deployed jobs function: one run of maintenance for each event of the schedule, whatever it says.
 */

import { composeJobs } from './compose-jobs.js';

const runJobs = composeJobs(process.env);

export const handler = () => runJobs();
