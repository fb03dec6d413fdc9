/**
 * The item of a small flush: a whole WAL object in the index's own table.
 *
 *   pk  1/i/<bucket>/<first digit of the uuid>     sixteen item collections per hour, so that none gets hot
 *   sk  <uuid>
 *   d   B  the object
 */

import type { ByteParts } from '../../../log/byte-parts.js';
import { copyRange } from '../../../log/byte-parts.js';
import type { WalKey } from '../../../log/wal-key.js';
import { bytesOf, type Item } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const inlineShards: readonly string[] = [...'0123456789abcdef'];

export function inlineShardKey(bucket: number, shard: string): string {
  return `${layoutVersion}/i/${bucket}/${shard}`;
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
