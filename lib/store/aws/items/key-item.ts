/**
 * The item of an access key. All keys share one partition key, so that they list in order of ids.
 *
 *   pk, sk  1/keys, <key id>
 *   f  S  JSON: name, scopes, limits, createdAtMs, expiresAtMs
 *   z  S  the secret, sealed
 *   r  N  revoked at, ms since 1970; absent: it is not
 */

import type { AccessKey } from '../../../access/access-key.js';
import { CorruptData } from '../../../log/corrupt-data.js';
import type { StoredKey } from '../../key-store.js';
import { type Item, numberOf, numberValue, textOf } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const keysPartitionKey = `${layoutVersion}/keys`;

export function keyItemKey(keyId: string) {
  return { pk: { S: keysPartitionKey }, sk: { S: keyId } };
}

export function keyToItem({ keyId, sealedSecret, revokedAtMs, ...facts }: StoredKey): Item {
  return {
    ...keyItemKey(keyId),
    f: { S: JSON.stringify(facts) },
    z: { S: sealedSecret },
    ...(revokedAtMs === null ? {} : { r: numberValue(revokedAtMs) }),
  };
}

/** Throws `CorruptData`. */
export function keyFromItem(item: Item): StoredKey {
  return {
    ...factsOf(textOf(item, 'f')),
    keyId: textOf(item, 'sk'),
    sealedSecret: textOf(item, 'z'),
    revokedAtMs: item.r ? numberOf(item, 'r') : null,
  };
}

type Facts = Omit<AccessKey, 'keyId' | 'revokedAtMs'>;

function factsOf(text: string): Facts {
  try {
    const facts = JSON.parse(text) as Facts;
    // What is missing here must not open more than was meant.
    if (Array.isArray(facts.scopes) && facts.expiresAtMs !== undefined) return facts;
  } catch {
    // Said below.
  }
  throw new CorruptData('the facts of an access key are malformed');
}
