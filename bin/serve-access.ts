/**
 * Who may use the server. On loopback everybody on this machine, unless keys are asked for; beyond it
 * only keys, and it does not start before there is one that could make others.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Access, createAccess, createOpenAccess } from '../lib/access/access.js';
import { parseKeyPair, rootKeyId } from '../lib/access/access-key.js';
import { isLoopbackName } from '../lib/access/local-origin.js';
import { type AccessKeys, createAccessKeys } from '../lib/broker/access-keys.js';
import { aesGcm } from '../lib/runtime/aes-gcm.js';
import { createKeyFileBox } from '../lib/runtime/key-file-box.js';
import { nodeHashing } from '../lib/runtime/node-hashing.js';
import { type Settings, variables } from '../lib/settings/settings.js';
import type { SecretBox } from '../lib/store/secret-box.js';
import type { Stores } from '../lib/store/stores.js';
import type { Clock } from '../lib/store/world.js';

export type AccessOptions = {
  readonly host: string;
  readonly store: 'local' | 'memory' | 'aws';
  readonly dataDir: string;
  /** Also where only this machine can reach it, as behind a proxy. */
  readonly requireKeys?: boolean;
};

export type ServerAccess = { readonly access: Access; readonly keys: AccessKeys };

export async function openAccess(
  options: AccessOptions,
  settings: Settings,
  stores: Stores,
  clock: Clock,
): Promise<ServerAccess> {
  const rootSecret = rootSecretOf(settings);
  const box = await openBox(options, settings);
  const store = stores.keys;
  const keys = createAccessKeys({ store, box, hashing: nodeHashing, clock, rootSecret });
  const local = isLoopbackName(options.host);
  if (local && !options.requireKeys) return { access: createOpenAccess(), keys };
  if (!(await keys.hasAdmin())) throw new Error(noKeys(options, local));
  const access = createAccess({
    find: keys.find,
    hashing: nodeHashing,
    nowMs: clock.nowMs,
    authorities: settings.publicHosts,
    edgeSecret: settings.edgeSecret,
  });
  return { access, keys };
}

function noKeys({ host }: AccessOptions, local: boolean): string {
  const why = local
    ? 'Keys are required, and there is none that may make others.'
    : `Not listening on ${host} without access keys: everybody there could read and write.`;
  return [
    why,
    'Make one: start without --host and --require-keys, on loopback, run',
    '  logbrook keys create admin --operations produce,consume,group,admin',
    `and start again. Or set ${variables.rootKey} to ${rootKeyId}.<32 to 128 letters and digits>.`,
  ].join('\n');
}

function rootSecretOf({ rootKey }: Settings): (() => Promise<string>) | undefined {
  if (rootKey === undefined) return undefined;
  const pair = parseKeyPair(rootKey);
  if (pair?.keyId !== rootKeyId || pair.secret.length < 32) {
    throw new Error(
      `Wrong settings:\n  ${variables.rootKey} must be ${rootKeyId}.<32 to 128 letters and digits>`,
    );
  }
  return async () => pair.secret;
}

async function openBox({ store, dataDir }: AccessOptions, settings: Settings): Promise<SecretBox> {
  if (settings.kmsKey !== undefined) {
    const { createKmsSecretBox } = await import('../lib/store/aws/kms-secret-box.js');
    return createKmsSecretBox(settings.kmsKey, aesGcm);
  }
  if (store !== 'memory') return createKeyFileBox(join(dataDir, 'keys', 'secrets.key'));
  const key = randomBytes(aesGcm.keyBytes);
  return {
    seal: async (text, context) => aesGcm.seal(key, text, context),
    open: async (sealed, context) => aesGcm.open(key, sealed, context),
  };
}
