/**
 * Writes the integers of Kafka's and our own formats into one growing buffer. Numbers are `number`:
 * offsets, positions and timestamps stay below 2^53, which is asserted where they are written.
 */

import { assert } from './assert.js';
import { setInt64 } from './bytes64.js';

export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** Writes into `memory`, as far as it reaches, or into as many bytes of its own. */
  constructor(memory: Uint8Array | number = 256) {
    this.#bytes = typeof memory === 'number' ? new Uint8Array(memory) : memory;
    const { buffer, byteOffset, length } = this.#bytes;
    this.#view = new DataView(buffer, byteOffset, length);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, without a copy: do not write on after taking them. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Everything that was written into: what is in it beyond `length` means nothing. */
  memory(): Uint8Array {
    return this.#bytes;
  }

  /** Takes back what was written after the first `length` bytes. */
  cutTo(length: number): void {
    assert(length <= this.#length, 'what is taken back was written');
    this.#length = length;
  }

  int8(value: number): void {
    const at = this.#grow(1);
    this.#view.setInt8(at, value);
  }

  int16(value: number): void {
    const at = this.#grow(2);
    this.#view.setInt16(at, value);
  }

  int32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  uint32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  int64(value: number): void {
    const at = this.#grow(8);
    setInt64(this.#view, at, value);
  }

  bytes(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  /** Leaves room for bytes that are written later: until then they are whatever lies there. */
  skip(countBytes: number): void {
    this.#grow(countBytes);
  }

  /** Unsigned LEB128, the varint of our own formats. */
  unsigned(value: number): void {
    // Asked outside: the sentence would be put together for every number.
    if (!isUnsigned(value)) assert(false, `unsigned integer, not ${value}`);
    let rest = value;
    while (rest >= 0x80) {
      this.int8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.int8(rest);
  }

  /** Zigzag LEB128, the varint and varlong of Kafka's records. */
  varint(value: number): void {
    this.unsigned(zigzag(value));
  }

  #grow(countBytes: number): number {
    const at = this.#length;
    this.#length += countBytes;
    if (this.#length > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      bigger.set(this.#bytes.subarray(0, at));
      this.#bytes = bigger;
      this.#view = new DataView(bigger.buffer);
    }
    return at;
  }
}

function isUnsigned(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** Bytes that `varint` takes for a value. */
export function varintBytes(value: number): number {
  let rest = zigzag(value);
  let count = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    count++;
  }
  return count;
}
