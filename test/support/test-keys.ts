/**
 * Access keys for tests: a root key that everybody here knows, and a box that seals without a file.
 */

import { rootKeyId } from '../../lib/access/access-key.js';
import { type AccessKeys, createAccessKeys } from '../../lib/broker/access-keys.js';
import { aesGcm } from '../../lib/runtime/aes-gcm.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';
import type { SecretBox } from '../../lib/store/secret-box.js';
import type { Stores } from '../../lib/store/stores.js';
import type { Clock } from '../../lib/store/world.js';

export const rootSecret = 'RootSecretOfTheTests0123456789abcdefABCD';
export const rootBearer = `Bearer ${rootKeyId}.${rootSecret}`;

export function openBox(): SecretBox {
  const key = new Uint8Array(aesGcm.keyBytes);
  return {
    seal: async (text, context) => aesGcm.seal(key, text, context),
    open: async (sealed, context) => aesGcm.open(key, sealed, context),
  };
}

export function testKeys(stores: Pick<Stores, 'keys'>, clock: Clock): AccessKeys {
  return createAccessKeys({
    store: stores.keys,
    box: openBox(),
    hashing: nodeHashing,
    clock,
    rootSecret: async () => rootSecret,
  });
}
