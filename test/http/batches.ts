/** Record batches for the suites: right ones, and ones that are wrong in exactly one way. */

import { gzipSync } from 'node:zlib';
import { batchHeaderBytes, sealBatch } from '../../lib/log/batch-header.js';
import type { LogRecord } from '../../lib/log/record.js';
import { type BatchToEncode, encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';

const utf8 = new TextEncoder();

export function record(
  value: string | Uint8Array | null,
  rest: Partial<LogRecord> = {},
): LogRecord {
  const bytes = typeof value === 'string' ? utf8.encode(value) : value;
  return { key: null, value: bytes, headers: [], timestampMs: 1_700_000_000_000, ...rest };
}

export function batch(
  values: readonly (string | Uint8Array)[],
  rest: Omit<BatchToEncode, 'records'> = {},
): Uint8Array {
  return batchOf({ ...rest, records: values.map((value) => record(value)) });
}

export const batchOf = (toEncode: BatchToEncode): Uint8Array =>
  encodeRecordBatch(toEncode, nodeCodecs);

/** Changes the header, then seals it again, so that nothing but the change is wrong. */
export function resealed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  sealBatch(copy, nodeCodecs);
  return copy;
}

/** A batch of the codec with that number whose records are these bytes. */
export function withRecordBytes(records: Uint8Array, codec: number, recordCount = 1): Uint8Array {
  const bytes = new Uint8Array(batchHeaderBytes + records.length);
  bytes.set(batch(['x']).subarray(0, batchHeaderBytes));
  bytes.set(records, batchHeaderBytes);
  return resealed(bytes, (view) => {
    view.setInt32(8, bytes.length - 12);
    view.setInt16(21, codec);
    view.setInt32(23, recordCount - 1);
    view.setInt32(57, recordCount);
  });
}

/** That many MiB of zeros, as gzip: one member for each. */
export function zeros(mebibytes: number): Uint8Array {
  const member = gzipSync(new Uint8Array(1024 * 1024));
  const all = new Uint8Array(member.length * mebibytes);
  for (let i = 0; i < mebibytes; i++) all.set(member, i * member.length);
  return all;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
