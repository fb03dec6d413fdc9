/**
 * Seals secrets under a key in a file that only its owner may read. The file is made by the first who
 * needs it; a file that others may read is refused.
 */

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SecretBox } from '../store/secret-box.js';
import { aesGcm } from './aes-gcm.js';

const ownerOnly = 0o600;

export function createKeyFileBox(path: string): SecretBox {
  let known: Promise<Uint8Array> | undefined;
  const key = () => {
    known ??= keyFrom(path).catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    seal: async (text, context) => aesGcm.seal(await key(), text, context),
    open: async (sealed, context) => aesGcm.open(await key(), sealed, context),
  };
}

async function keyFrom(path: string): Promise<Uint8Array> {
  const there = await readKey(path);
  if (there) return there;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(draft, 'wx', ownerOnly);
  try {
    await file.writeFile(randomBytes(aesGcm.keyBytes));
    await file.sync();
  } finally {
    await file.close();
  }
  // Whole or not at all, and of many who make one, one is first.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  const made = await readKey(path);
  if (made) return made;
  throw new Error(`the key file ${path} is not there after it was made`);
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const found = (mode & 0o777).toString(8);
      throw new Error(
        `the key file ${path} has mode ${found}; only its owner may read it: chmod 600`,
      );
    }
    const bytes = await file.readFile();
    if (bytes.length === aesGcm.keyBytes) return new Uint8Array(bytes);
    throw new Error(`the key file ${path} has ${bytes.length} bytes, not ${aesGcm.keyBytes}`);
  } finally {
    await file.close();
  }
}
