/** lib/cli/verify/history-file.js: every event is on disk after close, and a full disk is told. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHistoryFile } from '../../../lib/cli/verify/history-file.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'logbrook-history-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('what does not fit at once waits for room, and all of it arrives', async () => {
  const path = join(dir, 'h.jsonl');
  const file = await createHistoryFile(path);
  const event = { type: 'unknown', process: 'p'.repeat(1_000) } as const;
  let waited = 0;
  for (let i = 0; i < 500; i++) {
    const room = file.room();
    if (room !== undefined) waited++;
    await room;
    file.write(event);
  }
  await file.close();
  expect(waited).toBeGreaterThan(0);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines).toEqual(Array.from({ length: 500 }, () => JSON.stringify(event)));
});

test('a directory that is not there is told at once', async () => {
  await expect(createHistoryFile(join(dir, 'none', 'h'))).rejects.toThrow(/ENOENT/);
});

test.runIf(process.platform === 'linux')('a full disk is told to whoever writes next', async () => {
  const file = await createHistoryFile('/dev/full');
  file.write({ type: 'unknown', process: 'p' });
  await expect.poll(async () => file.room()?.then(() => 'room', String)).toContain('ENOSPC');
  await expect(file.close()).rejects.toThrow(/ENOSPC/);
});
