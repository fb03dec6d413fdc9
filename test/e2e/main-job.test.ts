/**
 * The main job on the embedded store, as the README tells a newcomer to do it.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand, startServerProcess } from '../support/logbrook-process.js';
import { mainJobSuite } from './main-job.suite.js';

const dataDir = mkdtempSync(join(tmpdir(), 'logbrook-data-'));
const start = () => startServerProcess(['--port', '0', '--data-dir', dataDir]);

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

mainJobSuite(start);

test('a second server on the same directory is refused, and says why', async () => {
  await expect(start()).rejects.toThrow(/in use by process \d+/);
});

test('without a server, a command says what to do', async () => {
  const stopped = await startServerProcess(['--port', '0', '--store', 'memory']);
  await stopped.stop();
  const result = await runCommand(stopped.url, ['topics', 'list']);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(stopped.url);
  expect(result.stderr).toContain('logbrook serve');
});
