/** lib/runtime/key-file-box.js and aes-gcm.js: what is sealed opens here alone, and the file is its owner's alone. */

import { chmod, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aesGcm } from '../../lib/runtime/aes-gcm.js';
import { createKeyFileBox } from '../../lib/runtime/key-file-box.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logbrook-box-'));
  path = join(folder, 'keys', 'secrets.key');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a key file', () => {
  test('is made with mode 600, by one of many, and is found again', async () => {
    const boxes = Array.from({ length: 8 }, () => createKeyFileBox(path));
    const sealed = await Promise.all(boxes.map((box) => box.seal('secret', 'id')));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const later = createKeyFileBox(path);
    for (const text of sealed) expect(await later.open(text, 'id')).toBe('secret');
  });

  test('that others may read is refused', async () => {
    await createKeyFileBox(path).seal('secret', 'id');
    await chmod(path, 0o640);
    await expect(createKeyFileBox(path).seal('secret', 'id')).rejects.toThrow(/640.*chmod 600/);
  });

  test('of a wrong length is refused', async () => {
    await createKeyFileBox(path).seal('secret', 'id');
    await truncate(path, 16);
    await expect(createKeyFileBox(path).seal('secret', 'id')).rejects.toThrow(/16 bytes, not 32/);
  });
});

describe('what is sealed', () => {
  const key = new Uint8Array(32).fill(7);
  const sealed = aesGcm.seal(key, 'größer', 'id');

  test('opens with its key and context alone, unaltered', () => {
    expect(aesGcm.open(key, sealed, 'id')).toBe('größer');
    expect(() => aesGcm.open(key, sealed, 'other')).toThrow();
    expect(() => aesGcm.open(new Uint8Array(32), sealed, 'id')).toThrow();
    const bytes = Buffer.from(sealed, 'base64');
    for (let i = 0; i < bytes.length; i++) {
      const altered = Buffer.from(bytes);
      altered[i] = (altered[i] ?? 0) ^ 1;
      expect(() => aesGcm.open(key, altered.toString('base64'), 'id')).toThrow();
    }
    expect(() => aesGcm.open(key, '', 'id')).toThrow(/too short/);
  });

  test('differs each time, and shows nothing', () => {
    expect(aesGcm.seal(key, 'größer', 'id')).not.toBe(sealed);
    expect(Buffer.from(sealed, 'base64').toString()).not.toContain('größer');
  });
});
