/**
 * The item that runs of maintenance leave for each other. There is one of it, or none.
 *
 *   pk, sk  1/jobs, state
 *   t, p  S, N  topic and partition that the last run came to; absent: it came to the end
 *   a  N  when somebody asked for a run, ms since 1970; absent: never
 */

import type { RunCursor } from '../../job-store.js';
import { type Item, numberOf, textOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const jobsKey = { pk: { S: `${layoutVersion}/jobs` }, sk: { S: 'state' } };

/** Throws `CorruptData`. */
export function cursorFromItem(item: Item): RunCursor | undefined {
  return item.t ? { topic: textOf(item, 't'), partition: numberOf(item, 'p') } : undefined;
}
