/**
 * Memory that is used again and again, for bytes that have to lie in one piece only while they are looked
 * at: the first use of a fresh megabyte costs ten times as much as copying it.
 */

import { type ByteParts, copyInto, sizeOf } from './byte-parts.js';

export type Scratch = {
  /** The parts in one piece; good until the next call. A single part is that piece itself. */
  gather(parts: ByteParts): Uint8Array;
};

export function createScratch(): Scratch {
  let memory = new Uint8Array(0);
  return {
    gather(parts) {
      if (parts.length === 1) return parts[0] as Uint8Array;
      const sizeBytes = sizeOf(parts);
      if (sizeBytes > memory.length) memory = new Uint8Array(sizeBytes);
      copyInto(memory, parts);
      return memory.subarray(0, sizeBytes);
    },
  };
}
