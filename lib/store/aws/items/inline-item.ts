/**
 * The items of small flushes: whole WAL objects in the index's own table.
 *
 *   pk  1/i/<bucket>/<first digit of the uuid>     sixteen item collections per hour, so that none gets hot
 *   sk  <uuid>                                     in each of them, and all sixteen together, in order of keys
 *   d   B  the object
 *
 * And one marker for each hour that has any, since partition keys cannot be listed:
 *
 *   pk, sk  1/i, <bucket>
 */

import type { ByteParts } from '../../../log/byte-parts.js';
import { copyRange } from '../../../log/byte-parts.js';
import { formatWalKey, type WalKey } from '../../../log/wal-key.js';
import { bytesOf, type Item, textOf } from './attributes.js';
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

export function inlineToItem(key: WalKey, parts: ByteParts): Item {
  return { ...inlineItemKey(key), d: { B: copyRange(parts) } };
}

/** Throws `CorruptData`. */
export function inlineFromItem(item: Item): Uint8Array {
  return bytesOf(item, 'd');
}

/** The key of the object. Throws `CorruptData`. */
export function inlineKeyFromItem(bucket: number, item: Item): string {
  return formatWalKey({ bucket, uuid: textOf(item, 'sk'), inline: true });
}
