/**
 * The item of a committed offset: of one partition, in one group by its uid.
 *
 *   pk, sk  1/o/<group uid>, <topic id>/<partition, 10 digits>
 *   f  N  fence
 *   o  N  offset, absent until something is committed, as are the others
 *   n  S  the topic's name
 *   m  S  metadata
 *   t  N  committed at, ms since 1970
 */

import { CorruptData } from '../../../log/corrupt-data.js';
import type { PartitionRef } from '../../../log/partition-head.js';
import type { CommittedOffset } from '../../group-store.js';
import { type Item, numberOf, textOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export function offsetsPartitionKey(uid: string): string {
  return `${layoutVersion}/o/${uid}`;
}

export function offsetKey(uid: string, { topicId, partition }: PartitionRef) {
  const sortKey = `${topicId}/${String(partition).padStart(10, '0')}`;
  return { pk: { S: offsetsPartitionKey(uid) }, sk: { S: sortKey } };
}

/** Undefined when nothing is committed. Throws `CorruptData`. */
export function offsetFromItem(item: Item): CommittedOffset | undefined {
  if (!item.o) return undefined;
  const [topicId, digits] = textOf(item, 'sk').split('/');
  if (!topicId || !digits) throw new CorruptData('the key of an offset is malformed');
  return {
    ref: { topicId, partition: Number(digits) },
    topic: textOf(item, 'n'),
    offset: numberOf(item, 'o'),
    metadata: textOf(item, 'm'),
    committedAtMs: numberOf(item, 't'),
  };
}
