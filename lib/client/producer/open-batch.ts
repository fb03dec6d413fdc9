/**
 * The batch that a partition's records gather in, how many bytes they will take at most, and who waits to
 * hear what became of them.
 */

import { BatchBuilder, type Finishing } from '../../log/batch-builder.js';
import { batchHeaderBytes } from '../../log/batch-header.js';
import type { Codecs } from '../../log/codecs.js';
import type { LogRecord } from '../../log/record.js';

/** What became of a batch. Its first record got `baseOffset`; undefined with acks 0. */
export type BatchFate =
  | { readonly kind: 'acknowledged'; readonly baseOffset: number | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

export class OpenBatch {
  readonly #builder: BatchBuilder;
  readonly #sinceMs: number;
  #sizeBytesMax = batchHeaderBytes;
  #fate: BatchFate | undefined;
  #told: Promise<BatchFate> | undefined;
  #tell = (_fate: BatchFate) => {};

  /** `sinceMs`: when its first record came; from then on its time to be delivered runs. */
  constructor(sinceMs: number, memory?: Uint8Array) {
    this.#sinceMs = sinceMs;
    this.#builder = new BatchBuilder(memory);
  }

  get recordCount(): number {
    return this.#builder.recordCount;
  }

  get sizeBytesMax(): number {
    return this.#sizeBytesMax;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  add(record: LogRecord, recordBytesMax: number): void {
    this.#builder.add(record);
    this.#sizeBytesMax += recordBytesMax;
  }

  finish(finishing: Finishing, codecs: Codecs): Uint8Array {
    return this.#builder.finish(finishing, codecs);
  }

  /** For another batch, once this one is settled. */
  memory(): Uint8Array {
    return this.#builder.memory();
  }

  /** A first record always fits: no batch is smaller than one record. */
  fits(recordBytesMax: number, batchBytesMax: number): boolean {
    return this.recordCount === 0 || this.#sizeBytesMax + recordBytesMax <= batchBytesMax;
  }

  settle(fate: BatchFate): void {
    this.#fate = fate;
    this.#tell(fate);
  }

  /** Made only when somebody asks: most senders wait for a flush and not for each record. */
  fate(): Promise<BatchFate> {
    this.#told ??= new Promise((resolve) => {
      if (this.#fate) resolve(this.#fate);
      else this.#tell = resolve;
    });
    return this.#told;
  }
}

/** Lengths and deltas at their longest, names at three bytes for each UTF-16 unit. */
const fixedBytesMax = 36;
const headerBytesMax = 10;

export function recordBytesAtMost({ key, value, headers }: LogRecord): number {
  let bytes = fixedBytesMax + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) {
    bytes += headerBytesMax + name.length * 3 + (content?.length ?? 0);
  }
  return bytes;
}
