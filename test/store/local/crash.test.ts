/**
 * Kill -9 in the middle of everything: what was acknowledged is there, offsets are dense, and the
 * directory opens again without a word.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalStores } from '../../../lib/store/local/local-stores.js';
import type { Stores } from '../../../lib/store/stores.js';
import { commit, entry, headOf, wholeLog } from '../../conformance/log-builders.js';
import { bytesOfObject, crashRef } from './crash-log.js';

const script = fileURLToPath(new URL('./commit-forever.ts', import.meta.url));

let dataDir: string;
let children: ChildProcess[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'logbrook-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true });
});

type Appender = {
  readonly pid: number;
  /** Resolves when that many lines have come. */
  acknowledged(count: number): Promise<void>;
  /** Kills without warning, and returns every line that came out. */
  kill(): Promise<string[]>;
};

function startAppender(inFlight: number): Appender {
  const args = ['--import', 'tsx', script, dataDir, String(inFlight)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const gone = Promise.all([once(child, 'exit'), once(reader, 'close')]);
  reader.on('line', (line) => lines.push(line));
  return {
    pid: child.pid ?? 0,
    async acknowledged(count) {
      while (lines.length < count) {
        await Promise.race([once(reader, 'line'), gone]);
        if (child.exitCode !== null) throw new Error(`the appender ended: ${child.exitCode}`);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
      return lines;
    },
  };
}

async function expectAll(stores: Stores, acknowledged: readonly string[]): Promise<number> {
  const log = await wholeLog(stores.index, crashRef);
  for (const line of acknowledged) {
    const [offset, objectKey] = line.split(' ');
    expect(log[Number(offset)]).toBe(objectKey);
  }
  // Also what was committed but not acknowledged any more: its object came first.
  for (const objectKey of log) {
    const bytes = bytesOfObject(objectKey);
    const read = await stores.objects.read(objectKey, 0, bytes.length);
    expect(read.kind === 'bytes' && Buffer.compare(read.bytes, bytes)).toBe(0);
  }
  return log.length;
}

describe('a server that is killed', () => {
  // Fault 52 of docs/faults.md.
  test('has lost nothing that it acknowledged, however often', async () => {
    const acknowledged: string[] = [];
    for (const inFlight of [1, 4, 16, 16, 16]) {
      const appender = startAppender(inFlight);
      await appender.acknowledged(100);
      acknowledged.push(...(await appender.kill()));
      const stores = await createLocalStores({ dataDir });
      const length = await expectAll(stores, acknowledged);
      expect(length).toBeGreaterThanOrEqual(acknowledged.length);
      expect((await headOf(stores.index, crashRef)).nextOffset).toBe(length);
      await stores.close();
    }
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
  });

  test('holds its directory while it lives, and no longer', async () => {
    const appender = startAppender(1);
    await appender.acknowledged(1);
    await expect(createLocalStores({ dataDir })).rejects.toMatchObject({
      name: 'DataDirInUse',
      pid: appender.pid,
      message: expect.stringContaining(dataDir),
    });
    // Who lives on this machine is known to live, whatever the operator thinks.
    await expect(createLocalStores({ dataDir, takeOver: true })).rejects.toThrow(/in use/);
    expect(await readFile(join(dataDir, 'LOCK'), 'utf8')).toContain(`process ${appender.pid} `);
    await appender.acknowledged(10);
    const acknowledged = await appender.kill();

    const stores = await createLocalStores({ dataDir });
    const length = await expectAll(stores, acknowledged);
    const { baseOffset } = await commit(stores.index, crashRef, entry());
    expect(baseOffset).toBe(length);
    await stores.close();
  });
});
