/**
 * 64-bit integers as `number`. BigInt costs an allocation each; offsets, sizes and timestamps stay
 * below 2^53, which is asserted on write and checked on read.
 */

import { assert } from './assert.js';
import { CorruptData } from './corrupt-data.js';

export function setInt64(view: DataView, position: number, value: number): void {
  // Asked outside: the sentence would be put together for every number.
  if (!Number.isSafeInteger(value)) assert(false, `safe integer, not ${value}`);
  view.setInt32(position, Math.floor(value / 2 ** 32));
  view.setUint32(position + 4, value >>> 0);
}

export function getInt64(view: DataView, position: number): number {
  const value = view.getInt32(position) * 2 ** 32 + view.getUint32(position + 4);
  if (!Number.isSafeInteger(value)) throw new CorruptData(`integer at ${position} is over 2^53`);
  return value;
}
