/**
 * Maintenance on the wire: what is going on, and what a run has done.
 */

import * as z from 'zod';
import { timestampMs } from './fields.js';

const count = z.int().min(0);

export const jobReport = z
  .object({
    startedAt: timestampMs,
    tookMs: count,
    complete: z.boolean().meta({
      description: 'false: time or bytes ran out; the next run goes on where this one stopped.',
    }),
    partitions: count.meta({ description: 'Looked at.' }),
    ledByOthers: count.meta({ description: 'Partitions that another process is at.' }),
    segments: count.meta({ description: 'Written by compaction.' }),
    bytesCompacted: count,
    recordsExpired: count.meta({ description: 'By retention: below the log start since.' }),
    recordsCompacted: count.meta({
      description: 'By key compaction: a newer one of their key stays, or a tombstone has served.',
    }),
    pagesDeleted: count.meta({ description: 'Of the index, with their segments.' }),
    bucketsDeleted: count.meta({ description: 'Hours of WAL and inline objects.' }),
    objectsDeleted: count,
    bucketsWaiting: count.meta({ description: 'Hours that some partition may still point to.' }),
    topicsSwept: count.meta({ description: 'Deleted topics of which nothing is left now.' }),
    groupsExpired: count,
    failures: z.array(z.string()).meta({ description: 'What failed; the rest went on.' }),
  })
  .meta({ id: 'JobReport' });
export type JobReport = z.infer<typeof jobReport>;

export const jobStatus = z
  .object({
    running: z.boolean(),
    intervalMs: count.meta({ description: 'Between two runs; 0: only when asked for.' }),
    last: jobReport.nullable().meta({ description: 'null: this process has not run it yet.' }),
  })
  .meta({ id: 'JobStatus' });
export type JobStatusAnswer = z.infer<typeof jobStatus>;
