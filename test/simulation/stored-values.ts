/**
 * What a reader finds in the batches it is given: offsets and values. Bytes that make no sense are a
 * value that nobody wrote, for the checker to judge.
 */

import type { Value } from '../../lib/checker/history.js';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import { decodeRecords } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';

const text = new TextDecoder();

export function recordsIn(batches: readonly Uint8Array[]): [number, Value][] {
  return batches.flatMap(recordsOf);
}

function recordsOf(batch: Uint8Array): [number, Value][] {
  const { baseOffset } = readBatchHeader(batch);
  try {
    return decodeRecords(batch, nodeCodecs).map(({ value }, i): [number, Value] => [
      baseOffset + i,
      text.decode(value ?? undefined),
    ]);
  } catch (error) {
    return [[baseOffset, `unreadable: ${(error as Error).message}`]];
  }
}
