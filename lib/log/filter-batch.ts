/**
 * A batch with fewer records, for logs whose keys are compacted: it stays where it was, and of whom.
 */

import { compressRecords } from './batch-builder.js';
import { type BatchHeader, batchHeaderBytes, sealBatch, writeBatchHeader } from './batch-header.js';
import { ByteWriter } from './byte-writer.js';
import type { Codecs } from './codecs.js';
import { type PlacedRecord, writeRecord } from './record.js';
import { recordsAsWritten } from './record-batch.js';

/**
 * The batch without the records that do not stay, as Kafka's cleaner makes it: offsets, order, base offset,
 * last offset, producer and compression are what they were. `horizonOf` says of the records that stay when
 * the tombstones among them may go. Undefined when nothing stays; the same bytes when nothing changes.
 */
export function filterBatch(
  bytes: Uint8Array,
  header: BatchHeader,
  codecs: Codecs,
  stays: (record: PlacedRecord) => boolean,
  horizonOf: (records: readonly PlacedRecord[]) => number | undefined = () => undefined,
): Uint8Array | undefined {
  const before = recordsAsWritten(bytes, header, codecs);
  const records = before.filter(stays);
  if (records.length === 0) return undefined;
  const deleteHorizonMs = horizonOf(records) ?? header.deleteHorizonMs;
  if (records.length === before.length && deleteHorizonMs === header.deleteHorizonMs) return bytes;
  const baseTimestampMs = deleteHorizonMs ?? header.baseTimestampMs;
  const writer = new ByteWriter(header.sizeBytes + records.length * 10);
  writer.bytes(new Uint8Array(batchHeaderBytes));
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    const { offset, timestampMs } = record;
    newestMs = Math.max(newestMs, timestampMs);
    writeRecord(writer, record, offset - header.baseOffset, timestampMs - baseTimestampMs);
  }
  const filtered = compressRecords(writer.finish(), header.compression, codecs);
  writeBatchHeader(filtered, {
    ...header,
    sizeBytes: filtered.length,
    baseTimestampMs,
    maxTimestampMs: header.logAppendTime ? header.maxTimestampMs : newestMs,
    recordCount: records.length,
    ...(deleteHorizonMs !== undefined && { deleteHorizonMs }),
  });
  sealBatch(filtered, codecs);
  return filtered;
}
