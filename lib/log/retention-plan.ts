/**
 * Planning retention: how far the log start may move. Only ever a prefix, only ever whole locations,
 * never past the end. The log start moves first; bytes are deleted later.
 */

import type { PlacedLocation } from './partition-head.js';

/** -1 means no limit, as in Kafka. */
export type Retention = { readonly retentionMs: number; readonly retentionBytes: number };

/**
 * The new log start offset after looking at `locations`, the oldest ones in offset order.
 * `totalBytes` is what the partition holds from its log start on.
 */
export function planRetention(
  locations: readonly PlacedLocation[],
  retention: Retention,
  totalBytes: number,
  nowMs: number,
): number | undefined {
  let start: number | undefined;
  let bytesLeft = totalBytes;
  for (const location of locations) {
    const tooOld =
      retention.retentionMs >= 0 && location.maxTimestampMs < nowMs - retention.retentionMs;
    const tooMuch =
      retention.retentionBytes >= 0 && bytesLeft - location.sizeBytes >= retention.retentionBytes;
    if (!tooOld && !tooMuch) break;
    start = location.baseOffset + location.recordCount;
    bytesLeft -= location.sizeBytes;
  }
  return start;
}
