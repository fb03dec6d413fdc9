/**
 * The WAL floor of a head: no commit may point below it. Raised, it also remembers where the log ended
 * then: what comes after lies at or above the floor. So once all below that offset is in segments or
 * below the log start, nothing in this partition points below the floor any more. No clock is asked.
 */

import type { PartitionHead } from './partition-head.js';

/** Only ever raises it. */
export function decideWalFloor(head: PartitionHead, walFloor: number): PartitionHead {
  if (walFloor <= head.walFloor) return head;
  return { ...head, walFloor, walFloorOffset: head.nextOffset };
}

/** Whether buckets below the head's floor hold nothing any more that this partition retains. */
export function isFreeBelowFloor(head: PartitionHead): boolean {
  return Math.max(head.logStartOffset, head.compactedTo) >= head.walFloorOffset;
}
