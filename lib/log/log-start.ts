/**
 * Where a partition begins. Retention, trim and deletion of a prefix are all this one change: the log
 * start rises, never falls, and never passes the end. Bytes below it are deleted later, by others.
 */

import { type Leadership, leads } from './lease.js';
import type { PartitionHead } from './partition-head.js';

/**
 * Undefined when the log ends before `offset`, and for a leader who does not lead (any more): a deposed one
 * may go by settings of yesterday. A start that is that high already stays.
 */
export function decideLogStart(
  head: PartitionHead,
  offset: number,
  leadership?: Leadership,
): PartitionHead | undefined {
  if (leadership && !leads(head, leadership)) return undefined;
  if (offset > head.nextOffset) return undefined;
  return offset > head.logStartOffset ? { ...head, logStartOffset: offset } : head;
}
