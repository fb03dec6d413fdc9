/**
 * The typed errors that decoders throw. No input makes a decoder throw anything else.
 */

/** The bytes are not what their format says: bad magic, lying length, wrong checksum. */
export class CorruptData extends Error {
  override readonly name = 'CorruptData';
}

/** The bytes may be well formed, but hold more than `limitBytes`. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
  readonly limitBytes: number;

  constructor(message: string, limitBytes: number) {
    super(message);
    this.limitBytes = limitBytes;
  }
}

/** The batch is of a codec that this runtime lacks. */
export class UnsupportedCompression extends Error {
  override readonly name = 'UnsupportedCompression';
}
