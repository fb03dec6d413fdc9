/**
 * The item that counts producer ids. There is one of it.
 *
 *   pk, sk  1/producer-ids, counter
 *   c  N  ids handed out so far, which is the next id
 */

import { type Item, numberOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const producerIdKey = { pk: { S: `${layoutVersion}/producer-ids` }, sk: { S: 'counter' } };

/** The id that the update which left `item` behind handed out. Throws `CorruptData`. */
export function producerIdFromItem(item: Item): number {
  return numberOf(item, 'c') - 1;
}
