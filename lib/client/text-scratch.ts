/**
 * Strings as UTF-8 in memory that the next one is written into: for bytes that are copied before that, which
 * then cost no memory and no garbage of their own.
 */

import { unitBytesMax } from '../log/utf8-bytes.js';

const scratchBytes = 64 * 1024;

const utf8 = new TextEncoder();

export function createTextScratch(): (text: string) => Uint8Array {
  const scratch = new Uint8Array(scratchBytes);
  return (text) => {
    if (text.length * unitBytesMax > scratchBytes) return utf8.encode(text);
    const { written } = utf8.encodeInto(text, scratch);
    return scratch.subarray(0, written);
  };
}
