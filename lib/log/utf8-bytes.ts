/**
 * Strings as UTF-8; short ones in memory that they share.
 */

import { freeMemory, sharedBytesMax, takeMemory } from './shared-memory.js';

/** UTF-8 of one UTF-16 unit. */
export const unitBytesMax = 3;

const utf8 = new TextEncoder();

/** A view that nobody else has; its `buffer` holds more than it. Lone surrogates become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  const bytesMax = text.length * unitBytesMax;
  if (bytesMax > sharedBytesMax) return utf8.encode(text);
  return takeMemory(utf8.encodeInto(text, freeMemory(bytesMax)).written);
}
