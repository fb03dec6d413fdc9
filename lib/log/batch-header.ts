/**
 * The header of Kafka's RecordBatch v2 (https://kafka.apache.org/documentation/#recordbatch).
 *
 *   0  baseOffset            int64   patched when the batch is read; outside the CRC
 *   8  batchLength           int32   bytes after this field
 *  12  partitionLeaderEpoch  int32   patched when the batch is read; outside the CRC
 *  16  magic                 int8    2
 *  17  crc                   uint32  CRC-32C of everything from `attributes` on
 *  21  attributes            int16   bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control,
 *                                    6 delete horizon
 *  23  lastOffsetDelta       int32
 *  27  baseTimestamp         int64   with bit 6 the time from which tombstones may go (KIP-534)
 *  35  maxTimestamp          int64
 *  43  producerId            int64   -1 without an idempotent producer
 *  51  producerEpoch         int16
 *  53  baseSequence          int32
 *  57  recordCount           int32
 *  61  records, compressed as a whole
 */

import { getInt64, setInt64 } from './bytes64.js';
import { type Codecs, type Compression, compressions } from './codecs.js';
import { CorruptData } from './corrupt-data.js';

export const batchHeaderBytes = 61;
/** Bytes before those that `batchLength` counts. */
export const batchLengthPrefixBytes = 12;
export const batchMagic = 2;
const crcPosition = 17;
export const crcStart = 21;

export const noProducer = { producerId: -1, producerEpoch: -1, baseSequence: -1 } as const;

export type BatchHeader = {
  readonly baseOffset: number;
  /** Of the whole batch, header included. */
  readonly sizeBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly crc: number;
  readonly compression: Compression;
  readonly logAppendTime: boolean;
  readonly transactional: boolean;
  readonly control: boolean;
  /** From then on compaction may remove the tombstones of this batch. Only compaction sets it. */
  readonly deleteHorizonMs?: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
};

/** Reads the header at `position`; throws `CorruptData` if the batch is not wholly inside `bytes`. */
export function readBatchHeader(bytes: Uint8Array, position = 0): BatchHeader {
  const left = bytes.length - position;
  if (left < batchHeaderBytes) {
    throw new CorruptData(`batch header needs ${batchHeaderBytes} bytes, ${left} are left`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, left);
  const magic = view.getInt8(16);
  if (magic !== batchMagic) throw new CorruptData(`batch magic is ${magic}, only 2 is supported`);
  const sizeBytes = view.getInt32(8) + batchLengthPrefixBytes;
  if (sizeBytes < batchHeaderBytes || sizeBytes > left) {
    throw new CorruptData(`batchLength says ${sizeBytes} bytes in all, ${left} are there`);
  }
  const attributes = view.getInt16(crcStart);
  const compression = compressions[attributes & 0x07];
  if (compression === undefined) throw new CorruptData(`codec ${attributes & 0x07} is unknown`);
  const baseTimestampMs = getInt64(view, 27);
  return {
    baseOffset: getInt64(view, 0),
    sizeBytes,
    partitionLeaderEpoch: view.getInt32(12),
    crc: view.getUint32(crcPosition),
    compression,
    logAppendTime: (attributes & 0x08) !== 0,
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    ...((attributes & 0x40) !== 0 && { deleteHorizonMs: baseTimestampMs }),
    lastOffsetDelta: view.getInt32(23),
    baseTimestampMs,
    maxTimestampMs: getInt64(view, 35),
    producerId: getInt64(view, 43),
    producerEpoch: view.getInt16(51),
    baseSequence: view.getInt32(53),
    recordCount: view.getInt32(57),
  };
}

/** Writes everything but the CRC. `bytes` is the whole batch. A delete horizon is the base timestamp too. */
export function writeBatchHeader(bytes: Uint8Array, header: Omit<BatchHeader, 'crc'>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  setInt64(view, 0, header.baseOffset);
  view.setInt32(8, header.sizeBytes - batchLengthPrefixBytes);
  view.setInt32(12, header.partitionLeaderEpoch);
  view.setInt8(16, batchMagic);
  const codec = compressions.indexOf(header.compression);
  const flags =
    (header.logAppendTime ? 0x08 : 0) |
    (header.transactional ? 0x10 : 0) |
    (header.control ? 0x20 : 0) |
    (header.deleteHorizonMs === undefined ? 0 : 0x40);
  view.setInt16(crcStart, codec | flags);
  view.setInt32(23, header.lastOffsetDelta);
  setInt64(view, 27, header.baseTimestampMs);
  setInt64(view, 35, header.maxTimestampMs);
  setInt64(view, 43, header.producerId);
  view.setInt16(51, header.producerEpoch);
  view.setInt32(53, header.baseSequence);
  view.setInt32(57, header.recordCount);
}

/** Computes and writes the CRC: the last step of making a batch. */
export function sealBatch(bytes: Uint8Array, codecs: Codecs): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(crcPosition, codecs.crc32c(bytes.subarray(crcStart)));
}

/** Throws `CorruptData` unless the batch is what was sealed. `bytes` is the whole batch. */
export function verifyCrc(bytes: Uint8Array, header: BatchHeader, codecs: Codecs): void {
  const crc = codecs.crc32c(bytes.subarray(crcStart));
  if (crc !== header.crc) {
    throw new CorruptData(`CRC-32C is ${hex(crc)}, the header says ${hex(header.crc)}`);
  }
}

/** Writes what only the index knows, in place. The CRC does not cover it. */
export function placeBatch(bytes: Uint8Array, baseOffset: number, leaderEpoch: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  setInt64(view, 0, baseOffset);
  view.setInt32(12, leaderEpoch);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
