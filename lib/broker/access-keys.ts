/**
 * Access keys: made, found, listed, revoked. A secret leaves here once, to whoever has the key made; it
 * is stored sealed, and opened only to check a caller.
 */

import {
  type AccessKey,
  type KeyLimits,
  newKeyId,
  newSecret,
  rootKeyId,
  validityOf,
} from '../access/access-key.js';
import { type Hashing, utf8 } from '../access/hashing.js';
import type { FindKey, KnownKey } from '../access/key-memory.js';
import { cluster, everything, permits, type Scope } from '../access/scopes.js';
import { signToken, type TokenClaims } from '../access/token.js';
import type { KeyStore } from '../store/key-store.js';
import type { SecretBox } from '../store/secret-box.js';
import type { Clock } from '../store/world.js';
import { BrokerError } from './broker-error.js';

export type NewKey = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly limits: KeyLimits;
  readonly expiresAtMs: number | null;
};

export type KeyPage = { readonly keys: readonly AccessKey[]; readonly after?: string };

export type AccessKeys = {
  create(key: NewKey): Promise<{ readonly key: AccessKey; readonly secret: string }>;
  /** In order of ids, revoked and expired ones too. Without the root key. */
  list(countMax: number, after?: string): Promise<KeyPage>;
  /** For ever. */
  revoke(keyId: string): Promise<AccessKey>;
  /** Signed by the key's secret. What it claims is the caller's to check. */
  token(claims: TokenClaims): Promise<string>;
  /** With its secret: to check a caller, and for nothing else. */
  readonly find: FindKey;
  /** Whether some valid key could make others: without one nobody could ever be let in. */
  hasAdmin(): Promise<boolean>;
};

export type AccessKeysDeps = {
  readonly store: KeyStore;
  readonly box: SecretBox;
  readonly hashing: Hashing;
  readonly clock: Clock;
  /** The root key's secret, asked for anew each time; undefined: there is no root key. */
  readonly rootSecret?: (() => Promise<string>) | undefined;
};

const adminPage = 100;

export function createAccessKeys(deps: AccessKeysDeps): AccessKeys {
  const { store, box, hashing, clock, rootSecret } = deps;
  const known = (key: AccessKey, secret: string): KnownKey => ({
    ...key,
    secret,
    secretHash: hashing.sha256(utf8(secret)),
  });

  async function find(keyId: string): Promise<KnownKey | undefined> {
    if (keyId === rootKeyId) return rootSecret && known(rootKey, await rootSecret());
    const stored = await store.find(keyId);
    if (!stored) return undefined;
    return known(withoutSecret(stored), await box.open(stored.sealedSecret, keyId));
  }

  return {
    find,
    async create(wanted) {
      const secret = newSecret(hashing);
      const keyId = newKeyId(hashing);
      const key = { ...wanted, keyId, createdAtMs: clock.nowMs(), revokedAtMs: null };
      const sealedSecret = await box.seal(secret, keyId);
      const outcome = await store.create({ ...key, sealedSecret });
      if (outcome === 'created') return { key, secret };
      throw new BrokerError('UNKNOWN_SERVER_ERROR', 'The id of the new key is taken; try again.');
    },
    async list(countMax, after) {
      const page = await store.list(countMax, after);
      return { ...page, keys: page.keys.map(withoutSecret) };
    },
    async revoke(keyId) {
      if (keyId === rootKeyId) throw rootStays();
      const outcome = await store.revoke(keyId, clock.nowMs());
      const key = outcome === 'revoked' ? await store.find(keyId) : undefined;
      if (key) return withoutSecret(key);
      throw new BrokerError('RESOURCE_NOT_FOUND', `There is no key ${JSON.stringify(keyId)}.`);
    },
    async token(claims) {
      const key = await find(claims.keyId);
      if (key) return signToken(claims, key.secret, hashing);
      throw new BrokerError('RESOURCE_NOT_FOUND', 'The key is not there any more.');
    },
    async hasAdmin() {
      if (rootSecret) return true;
      let after: string | undefined;
      do {
        const page = await store.list(adminPage, after);
        if (page.keys.some((key) => isAdmin(key, clock.nowMs()))) return true;
        after = page.after;
      } while (after !== undefined);
      return false;
    },
  };
}

function isAdmin(key: AccessKey, nowMs: number): boolean {
  return validityOf(key, nowMs) === 'valid' && permits(key.scopes, 'admin', cluster);
}

const rootKey: AccessKey = {
  keyId: rootKeyId,
  name: 'root',
  scopes: everything,
  limits: {},
  createdAtMs: 0,
  expiresAtMs: null,
  revokedAtMs: null,
};

function withoutSecret({ sealedSecret: _, ...key }: AccessKey & { sealedSecret: string }) {
  return key;
}

function rootStays(): BrokerError {
  return new BrokerError(
    'INVALID_REQUEST',
    'The root key is not revoked here: change its secret where it was set.',
  );
}
