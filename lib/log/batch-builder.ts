/**
 * Gathers records into a RecordBatch v2, encoded as they come: what was added is bytes already, and no
 * record is kept. A record that cannot be written is refused, and the batch is as it was before.
 */

import { assert } from './assert.js';
import { batchHeaderBytes, noProducer, sealBatch, writeBatchHeader } from './batch-header.js';
import { ByteWriter } from './byte-writer.js';
import type { Codecs, Compression } from './codecs.js';
import { type LogRecord, writeRecord } from './record.js';

/** The identity that makes a retry of this batch recognisable. */
export type BatchProducer = {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
};

export type Finishing = {
  readonly compression?: Compression | undefined;
  readonly producer?: BatchProducer | undefined;
};

export class BatchBuilder {
  readonly #writer: ByteWriter;
  #recordCount = 0;
  #baseTimestampMs = 0;
  #maxTimestampMs = 0;

  /** Writes into `memory` as far as it reaches: bytes that nobody needs, or how many to begin with. */
  constructor(memory: Uint8Array | number = batchHeaderBytes) {
    this.#writer = new ByteWriter(memory);
    this.#writer.skip(batchHeaderBytes);
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  add(record: LogRecord): void {
    const { timestampMs } = record;
    const isFirst = this.#recordCount === 0;
    const baseTimestampMs = isFirst ? timestampMs : this.#baseTimestampMs;
    const { length } = this.#writer;
    try {
      writeRecord(this.#writer, record, this.#recordCount, timestampMs - baseTimestampMs);
    } catch (error) {
      this.#writer.cutTo(length);
      throw error;
    }
    this.#recordCount++;
    this.#baseTimestampMs = baseTimestampMs;
    this.#maxTimestampMs = isFirst ? timestampMs : Math.max(this.#maxTimestampMs, timestampMs);
  }

  /** The batch, with base offset 0: the commit decides the real one, outside the CRC. Add nothing after it. */
  finish({ compression = 'none', producer = noProducer }: Finishing, codecs: Codecs): Uint8Array {
    assert(this.#recordCount > 0, 'a batch holds at least one record');
    const bytes = compressRecords(this.#writer.finish(), compression, codecs);
    writeBatchHeader(bytes, {
      baseOffset: 0,
      sizeBytes: bytes.length,
      partitionLeaderEpoch: 0,
      compression,
      logAppendTime: false,
      transactional: false,
      control: false,
      lastOffsetDelta: this.#recordCount - 1,
      baseTimestampMs: this.#baseTimestampMs,
      maxTimestampMs: this.#maxTimestampMs,
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      baseSequence: producer.baseSequence,
      recordCount: this.#recordCount,
    });
    sealBatch(bytes, codecs);
    return bytes;
  }

  /** All the memory that was written into; free again when nobody needs the batch any more. */
  memory(): Uint8Array {
    return this.#writer.memory();
  }
}

/** `plain` begins with room for the header, which is not compressed; so does what comes out. */
export function compressRecords(
  plain: Uint8Array,
  compression: Compression,
  codecs: Codecs,
): Uint8Array {
  if (compression === 'none') return plain;
  const records = codecs.compress(compression, plain.subarray(batchHeaderBytes));
  const bytes = new Uint8Array(batchHeaderBytes + records.length);
  bytes.set(records, batchHeaderBytes);
  return bytes;
}
