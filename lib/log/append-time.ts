/**
 * `message.timestamp.type=LogAppendTime`, as Kafka's brokers do it: the batch says that its records were
 * all written at its greatest timestamp, which is the server's. The records themselves stay as they came.
 */

import { type BatchHeader, sealBatch, writeBatchHeader } from './batch-header.js';
import type { Codecs } from './codecs.js';

/** A copy: both fields lie inside the CRC, which is made anew. `bytes` is the whole batch. */
export function withAppendTime(
  bytes: Uint8Array,
  header: BatchHeader,
  appendedAtMs: number,
  codecs: Codecs,
): Uint8Array {
  const stamped = bytes.slice();
  writeBatchHeader(stamped, { ...header, logAppendTime: true, maxTimestampMs: appendedAtMs });
  sealBatch(stamped, codecs);
  return stamped;
}
