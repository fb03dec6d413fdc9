/**
 * The items of small flushes: whole WAL objects in the index's own table.
 *
 *   pk  1/i/<bucket>/<first digit of the uuid>     sixteen item collections per hour, so that none gets hot
 *   sk  <uuid>                                     in each of them, and all sixteen together, in order of keys
 *   d   B  the object; or, where that is paid for with fewer units:
 *   z   B  the object, deflated        n  N  its size in bytes
 *
 * And one marker for each hour that has any, since partition keys cannot be listed:
 *
 *   pk, sk  1/i, <bucket>
 */

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ByteParts } from '../../../log/byte-parts.js';
import { copyRange } from '../../../log/byte-parts.js';
import { CorruptData } from '../../../log/corrupt-data.js';
import { formatWalKey, type WalKey } from '../../../log/wal-key.js';
import { bytesOf, type Item, numberOf, numberValue, textOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const inlineShards: readonly string[] = [...'0123456789abcdef'];

export const inlineHoursKey = `${layoutVersion}/i`;

export function inlineHourKey(bucket: number) {
  return { pk: { S: inlineHoursKey }, sk: { S: String(bucket) } };
}

/** The bucket, as keys of objects spell it. Throws `CorruptData`. */
export function inlineHourFromItem(item: Item): string {
  return textOf(item, 'sk');
}

export function inlineShardKey(bucket: number, shard: string): string {
  return `${inlineHoursKey}/${bucket}/${shard}`;
}

export function inlineItemKey({ bucket, uuid }: WalKey) {
  return { pk: { S: inlineShardKey(bucket, uuid.charAt(0)) }, sk: { S: uuid } };
}

/** Beyond it deflating would hold up the process for longer than it is worth. */
const deflatedBytesMax = 32 * 1024;
/** Of a write, in bytes. An item pays for its keys and names too. */
const unitBytes = 1024;
const overheadBytes = 80;

export function inlineToItem(key: WalKey, parts: ByteParts): Item {
  const plain = copyRange(parts);
  const deflated = deflatedIfCheaper(plain);
  const bytes = deflated
    ? { z: { B: deflated }, n: numberValue(plain.length) }
    : { d: { B: plain } };
  return { ...inlineItemKey(key), ...bytes };
}

function deflatedIfCheaper(plain: Uint8Array): Uint8Array | undefined {
  if (unitsOf(plain) === 1 || plain.length > deflatedBytesMax) return undefined;
  const deflated = deflateRawSync(plain);
  return unitsOf(deflated) < unitsOf(plain) ? new Uint8Array(deflated) : undefined;
}

function unitsOf({ length }: Uint8Array): number {
  return Math.ceil((length + overheadBytes) / unitBytes);
}

/** Throws `CorruptData`. */
export function inlineFromItem(item: Item): Uint8Array {
  return item.z ? inflated(bytesOf(item, 'z'), numberOf(item, 'n')) : bytesOf(item, 'd');
}

function inflated(deflated: Uint8Array, sizeBytes: number): Uint8Array {
  if (sizeBytes > deflatedBytesMax) throw new CorruptData('an inline object is too large');
  try {
    const bytes = inflateRawSync(deflated, { maxOutputLength: sizeBytes + 1 });
    if (bytes.length === sizeBytes) return new Uint8Array(bytes);
  } catch {
    // Told below.
  }
  throw new CorruptData('an inline object does not inflate to what was written');
}

/** The key of the object. Throws `CorruptData`. */
export function inlineKeyFromItem(bucket: number, item: Item): string {
  return formatWalKey({ bucket, uuid: textOf(item, 'sk'), inline: true });
}
