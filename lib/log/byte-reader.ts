/**
 * Reads what ByteWriter wrote, from bytes that nobody vouches for: every read is bounds-checked and
 * throws `CorruptData`; a length is checked against what is left before anything is made of it.
 */

import { getInt64 } from './bytes64.js';
import { CorruptData } from './corrupt-data.js';

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position: number;
  #end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
    this.#end = end;
  }

  get position(): number {
    return this.#position;
  }

  get remainingBytes(): number {
    return this.#end - this.#position;
  }

  /** Nothing after the next `countBytes` can be read until `widen` is given what this returns. */
  narrow(countBytes: number): number {
    const end = this.#end;
    this.#end = this.#advance(countBytes) + countBytes;
    this.#position = this.#end - countBytes;
    return end;
  }

  widen(end: number): void {
    this.#end = end;
  }

  /** Passes over bytes; tells where they begin. */
  skip(countBytes: number): number {
    return this.#advance(countBytes);
  }

  int8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#advance(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  int64(): number {
    return getInt64(this.#view, this.#advance(8));
  }

  /** A view, not a copy. */
  bytes(countBytes: number): Uint8Array {
    return this.bytesAt(this.#advance(countBytes), countBytes);
  }

  /** A view of bytes that were passed over. */
  bytesAt(position: number, countBytes: number): Uint8Array {
    return this.#bytes.subarray(position, position + countBytes);
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.#bytes[this.#advance(1)] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new CorruptData(`varint before byte ${this.#position} is over 2^53`);
  }

  varint(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A varint that Kafka reads as int32: its readers take five bytes and no more. */
  varint32(): number {
    const start = this.#position;
    const value = this.varint();
    if (this.#position - start > 5) throw new CorruptData(`varint at ${start} is over 32 bits`);
    return value;
  }

  #advance(countBytes: number): number {
    const at = this.#position;
    if (!(countBytes >= 0 && countBytes <= this.#end - at)) {
      throw new CorruptData(`needs ${countBytes} bytes at ${at}, but ends at ${this.#end}`);
    }
    this.#position = at + countBytes;
    return at;
  }
}
