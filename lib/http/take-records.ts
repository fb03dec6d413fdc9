/**
 * From batches to the records that were asked for: decoded one batch at a time, within a budget.
 */

import type { Codecs } from '../log/codecs.js';
import type { PlacedRecord } from '../log/record.js';
import { decodeRecords } from '../log/record-batch.js';

/** The records of whole batches that were asked for. */
export function recordsFrom(
  batches: readonly Uint8Array[],
  offset: number,
  codecs: Codecs,
): PlacedRecord[] {
  return batches
    .flatMap((batch) => decodeRecords(batch, codecs))
    .filter((record) => record.offset >= offset);
}

/** What an answer holds at most, about, however well its batches were compressed. */
const answerBytesMax = 64 * 1024 * 1024;
/** Names of fields, topic and place, beside a record's own bytes. */
const recordFrameBytes = 300;

export type Taken = { readonly records: readonly PlacedRecord[]; readonly complete: boolean };

/** Decodes batch by batch and stops in time: 1 MiB of batches can hold a gigabyte of records. */
export function takeRecords(
  batches: readonly Uint8Array[],
  offset: number,
  codecs: Codecs,
  recordsMax: number,
): Taken {
  const records: PlacedRecord[] = [];
  let bytes = 0;
  for (const batch of batches) {
    if (bytes > answerBytesMax) return { records, complete: false };
    for (const record of recordsFrom([batch], offset, codecs)) {
      if (records.length >= recordsMax || bytes > answerBytesMax) {
        return { records, complete: false };
      }
      records.push(record);
      bytes += recordFrameBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
      for (const [name, value] of record.headers) bytes += name.length + (value?.length ?? 0);
    }
  }
  return { records, complete: true };
}
