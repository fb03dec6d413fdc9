/**
 * A real disk without room, by a limit on the size of files: every commit of the failed transaction is
 * refused without effect, the server lives and reads on, and with room again it opens as it was.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createLocalStores } from '../../../lib/store/local/local-stores.js';
import { commit, entry, headOf } from '../../conformance/log-builders.js';
import { crashRef } from './crash-log.js';

const script = fileURLToPath(new URL('./fill-disk.ts', import.meta.url));
const limitKiB = 700;

type Told = { acknowledged: number[]; failures: [string, string][]; readable: number[] };

// Fault 52 of docs/faults.md.
test.skipIf(process.platform === 'win32')('a full disk loses nothing', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'logbrook-'));
  // What exceeds the limit fails as a full disk does, because Node ignores the signal that comes with it.
  const limited = `ulimit -f ${limitKiB * 2} && exec "$0" "$@"`;
  const args = ['-c', limited, process.execPath, '--import', 'tsx', script, dataDir];
  const { stdout } = await promisify(execFile)('/bin/sh', args);
  const { acknowledged, failures, readable }: Told = JSON.parse(stdout);

  expect(failures.length).toBeGreaterThan(2);
  expect(failures.at(-1)).toEqual(['full', 'none']);
  // The write that just did not fit any more is an I/O error to LMDB, only the next finds it full.
  for (const [reason, effect] of failures) {
    expect(['full', 'unavailable']).toContain(reason);
    expect(effect).toBe('none');
  }
  expect(readable).toEqual(acknowledged);
  expect(Math.min(...acknowledged)).toBeGreaterThan(0);
  expect(await readdir(join(dataDir, 'objects'), { recursive: true })).not.toContain('too-large');

  const { index, close } = await createLocalStores({ dataDir });
  for (const [partition, nextOffset] of acknowledged.entries()) {
    const ref = { ...crashRef, partition };
    expect((await headOf(index, ref)).nextOffset).toBe(nextOffset);
    expect((await commit(index, ref, entry())).baseOffset).toBe(nextOffset);
  }
  await close();
  await rm(dataDir, { recursive: true });
});
