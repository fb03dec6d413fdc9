/**
 * What the log asks of the runtime it lives in: a checksum and (de)compression. Handed in, so that the
 * log itself has no dependency and runs in Node, Lambda and browsers alike.
 */

/** Kafka's codecs, at the place of the number that RecordBatch attributes carry. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

export type Codecs = {
  /** CRC-32C (Castagnoli) as an unsigned 32-bit number. */
  crc32c(bytes: Uint8Array): number;
  /** Codecs this runtime can read and write. Always holds `none`. */
  readonly available: ReadonlySet<Compression>;
  compress(compression: Compression, bytes: Uint8Array): Uint8Array;
  /**
   * Never allocates more than `bytesMax`. Throws `CorruptData` for bytes that are not of that codec,
   * and `TooLarge` where the output would exceed `bytesMax`.
   */
  decompress(compression: Compression, bytes: Uint8Array, bytesMax: number): Uint8Array;
};
