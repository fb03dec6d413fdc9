/** Bad record batches: wrong in one way each, refused with what is wrong, and never stored. */

import { gzipSync } from 'node:zlib';
import { describe } from 'vitest';
import { type ApiOf, bytesInit, recordsPath } from './api-client.js';
import { type BadInput, badInputTable } from './bad-input.js';
import { batch, batchOf, concat, record, resealed, withRecordBytes, zeros } from './batches.js';

const corrupt = 'CORRUPT_MESSAGE';
const three = batch(['a', 'b', 'c']);

export function badBatchCases(api: ApiOf): void {
  // Faults 18, 27, 28 of docs/faults.md.
  describe('bad record batches', () =>
    badInputTable(api, [...badBytes, ...badHeaders, ...badRecords, ...badSizes]));
}

function sending(
  name: string,
  bytes: Uint8Array | (() => Uint8Array),
  code: string,
  detail: RegExp,
  status = 400,
): BadInput {
  const made = () => (typeof bytes === 'function' ? bytes() : bytes);
  return [name, (topic) => [recordsPath(topic), bytesInit(made())], status, code, detail];
}

function flipped(bytes: Uint8Array, position: number): Uint8Array {
  const copy = bytes.slice();
  copy[position] = (copy[position] ?? 0) ^ 0x40;
  return copy;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);

function patched(change: (view: DataView) => void): Uint8Array {
  const copy = three.slice();
  change(view(copy));
  return copy;
}

const badBytes: readonly BadInput[] = [
  sending('nothing', new Uint8Array(0), 'INVALID_RECORD', /no record batch/),
  sending('60 bytes', three.subarray(0, 60), corrupt, /61 bytes, 60/),
  sending('noise', new Uint8Array(200).fill(0x5a), corrupt, /corrupt/),
  sending('zeros', new Uint8Array(200), corrupt, /magic is 0/),
  sending('a truncated batch', three.subarray(0, -1), corrupt, /batchLength says/),
  sending('a wrong CRC', flipped(three, 18), corrupt, /CRC-32C is 0x/),
  sending('a flipped bit in a value', flipped(three, three.length - 2), corrupt, /CRC-32C/),
  sending('a flipped bit in the attributes', flipped(three, 22), corrupt, /CRC-32C/),
  sending('two batches', concat(three, three), 'INVALID_REQUEST', /exactly one/),
  sending('trailing garbage', concat(three, new Uint8Array(7)), 'INVALID_REQUEST', /exactly one/),
  [
    'a producer in the query, beside the one in the batch',
    (t) => [`${recordsPath(t)}?producerId=1&producerEpoch=0&baseSequence=0`, bytesInit(three)],
    400,
    'INVALID_REQUEST',
    /producerId: stands in the record batch itself/,
  ],
];

const badHeaders: readonly BadInput[] = [
  sending(
    'a batch of log append time',
    resealed(three, (v) => v.setInt16(21, 0x08)),
    'INVALID_TIMESTAMP',
    /timestamps are those of the append/,
  ),
  sending(
    'magic 1',
    patched((v) => v.setInt8(16, 1)),
    corrupt,
    /magic is 1/,
  ),
  sending(
    'magic 3',
    patched((v) => v.setInt8(16, 3)),
    corrupt,
    /magic is 3/,
  ),
  sending(
    'a batchLength of -1',
    patched((v) => v.setInt32(8, -1)),
    corrupt,
    /batchLength/,
  ),
  sending(
    'a batchLength of 2 GiB',
    patched((v) => v.setInt32(8, 2 ** 31 - 1)),
    corrupt,
    /batchLength/,
  ),
  sending(
    'a batchLength of 0',
    patched((v) => v.setInt32(8, 0)),
    corrupt,
    /batchLength/,
  ),
  sending(
    'a batchLength too small',
    patched((v) => v.setInt32(8, 50)),
    'INVALID_REQUEST',
    /exactly one/,
  ),
  sending(
    'a recordCount too large',
    resealed(three, (v) => v.setInt32(57, 4)),
    corrupt,
    /lastOffsetDelta/,
  ),
  sending(
    'a recordCount of 0',
    resealed(three, (v) => v.setInt32(57, 0)),
    corrupt,
    /at least one/,
  ),
  sending(
    'a recordCount of -1',
    resealed(three, (v) => v.setInt32(57, -1)),
    corrupt,
    /at least one/,
  ),
  sending(
    'a lastOffsetDelta of 0',
    resealed(three, (v) => v.setInt32(23, 0)),
    corrupt,
    /lastOffsetDelta 0/,
  ),
  sending(
    'more records than there are',
    resealed(three, (v) => {
      v.setInt32(57, 4);
      v.setInt32(23, 3);
    }),
    corrupt,
    /corrupt/,
  ),
  sending(
    'fewer records than there are',
    resealed(three, (v) => {
      v.setInt32(57, 2);
      v.setInt32(23, 1);
    }),
    corrupt,
    /bytes after the last record/,
  ),
  sending(
    'two billion records',
    resealed(three, (v) => {
      v.setInt32(57, 2 ** 31 - 1);
      v.setInt32(23, 2 ** 31 - 2);
    }),
    'RECORD_LIST_TOO_LARGE',
    /1000000/,
    413,
  ),
  sending(
    'codec 5',
    resealed(three, (v) => v.setInt16(21, 5)),
    corrupt,
    /codec 5/,
  ),
  sending(
    'codec 7',
    resealed(three, (v) => v.setInt16(21, 7)),
    corrupt,
    /codec 7/,
  ),
  sending(
    'a transactional batch',
    resealed(three, (v) => v.setInt16(21, 0x10)),
    'INVALID_RECORD',
    /Transactional/,
  ),
  sending(
    'a control batch',
    resealed(three, (v) => v.setInt16(21, 0x20)),
    'INVALID_RECORD',
    /control/,
  ),
  ...['snappy', 'lz4'].map((codec, i) =>
    sending(
      `a batch of ${codec}`,
      withRecordBytes(new Uint8Array([1, 2, 3]), 2 + i),
      'UNSUPPORTED_COMPRESSION_TYPE',
      new RegExp(codec),
      415,
    ),
  ),
  sending(
    'a producer without an epoch',
    resealed(three, (v) => v.setBigInt64(43, 7n)),
    'INVALID_RECORD',
    /epoch and a sequence/,
  ),
  sending(
    'a producer beyond 2^53',
    resealed(three, (v) => v.setBigInt64(43, 2n ** 60n)),
    corrupt,
    /2\^53/,
  ),
];

const future = 253_402_300_799_000;

const badRecords: readonly BadInput[] = [
  sending(
    'a base timestamp of -1',
    resealed(three, (v) => v.setBigInt64(27, -1n)),
    'INVALID_TIMESTAMP',
    /-1/,
  ),
  sending(
    'a greatest timestamp of -1',
    resealed(three, (v) => v.setBigInt64(35, -1n)),
    'INVALID_TIMESTAMP',
    /-1/,
  ),
  sending(
    'the year 9999',
    batchOf({ records: [record('a'), record('b', { timestampMs: future })] }),
    'INVALID_TIMESTAMP',
    /253402300799000/,
  ),
  sending(
    'a record length too large',
    withRecordBytes(new Uint8Array([100, 0, 0, 0]), 0),
    corrupt,
    /record 0 says 50/,
  ),
  sending(
    'a negative record length',
    withRecordBytes(new Uint8Array([1, 0, 0, 0]), 0),
    corrupt,
    /corrupt/,
  ),
  sending('a record of no bytes', withRecordBytes(new Uint8Array([0]), 0), corrupt, /corrupt/),
  sending(
    'an offset delta of 1',
    withRecordBytes(new Uint8Array([12, 0, 0, 2, 1, 1, 0]), 0),
    corrupt,
    /delta 1/,
  ),
  sending(
    'a key beyond the record',
    withRecordBytes(new Uint8Array([12, 0, 0, 0, 80, 1, 0]), 0),
    corrupt,
    /corrupt/,
  ),
  sending(
    'a header count of 50',
    withRecordBytes(new Uint8Array([12, 0, 0, 0, 1, 1, 100]), 0),
    corrupt,
    /50 headers/,
  ),
  sending('an endless varint', withRecordBytes(new Uint8Array(20).fill(255), 0), corrupt, /varint/),
];

const badSizes: readonly BadInput[] = [
  sending('gzip that is none', withRecordBytes(new Uint8Array([1, 2, 3]), 1), corrupt, /not gzip/),
  sending(
    'gzip cut off',
    () => withRecordBytes(gzipSync(three).subarray(0, -9), 1),
    corrupt,
    /not gzip/,
  ),
  sending(
    'gzip of something else',
    () => withRecordBytes(gzipSync('hello'), 1),
    corrupt,
    /corrupt/,
  ),
  sending(
    '512 MiB of zeros as gzip',
    () => withRecordBytes(zeros(512), 1),
    'MESSAGE_TOO_LARGE',
    /33554432/,
    413,
  ),
  sending(
    'many bombs in one body',
    () => concat(...Array.from({ length: 90 }, () => withRecordBytes(zeros(30), 1))),
    'INVALID_REQUEST',
    /exactly one/,
  ),
  sending(
    'a batch over 4 MiB',
    () => batch([new Uint8Array(4 * 1024 * 1024)]),
    'MESSAGE_TOO_LARGE',
    /4194304/,
    413,
  ),
];
