/**
 * Port: access keys by their ids, with their secrets sealed. Durable when a call returns; reads are
 * strongly consistent, so a revocation is seen by whoever looks after it.
 */

import type { AccessKey } from '../access/access-key.js';

export type StoredKey = AccessKey & {
  /** By a SecretBox, for the key's id. */
  readonly sealedSecret: string;
};

export type KeyList = { readonly keys: readonly StoredKey[]; readonly after?: string };

export type KeyStore = {
  /** `exists`: another key has the id. The same one may be created twice, after a lost reply. */
  create(key: StoredKey): Promise<'created' | 'exists'>;
  find(keyId: string): Promise<StoredKey | undefined>;
  /** In order of ids, revoked ones too; `after` of one page begins the next. */
  list(countMax: number, after?: string): Promise<KeyList>;
  /** For ever. One that was revoked before keeps its time. */
  revoke(keyId: string, atMs: number): Promise<'revoked' | 'missing'>;
};
