/**
 * The batch that a partition's records gather in, and how many bytes they will take at most.
 */

import { batchHeaderBytes } from '../log/batch-header.js';
import type { LogRecord } from '../log/record.js';

export class OpenBatch {
  readonly records: LogRecord[] = [];
  sizeBytesMax = batchHeaderBytes;

  add(record: LogRecord, recordBytesMax: number): void {
    this.records.push(record);
    this.sizeBytesMax += recordBytesMax;
  }

  /** A first record always fits: no batch is smaller than one record. */
  fits(recordBytesMax: number, batchBytesMax: number): boolean {
    return this.records.length === 0 || this.sizeBytesMax + recordBytesMax <= batchBytesMax;
  }
}

/** Lengths and deltas at their longest, names at three bytes for each UTF-16 unit. */
const fixedBytesMax = 36;
const headerBytesMax = 10;

export function recordBytesAtMost({ key, value, headers }: LogRecord): number {
  const content = (key?.length ?? 0) + (value?.length ?? 0);
  return headers.reduce(
    (sum, [name, bytes]) => sum + headerBytesMax + name.length * 3 + (bytes?.length ?? 0),
    fixedBytesMax + content,
  );
}
