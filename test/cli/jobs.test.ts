/** lib/cli/commands/jobs.js and lib/client/job-calls.js */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobReport } from '../../lib/contract/jobs.js';
import { startTestServer, type TestServer } from '../client/in-process-server.js';
import { runCli } from './cli-harness.js';

let server: TestServer;
beforeEach(() => {
  server = startTestServer();
});
afterEach(() => server.close());

const cli = (...args: string[]) => runCli(args, { ...server, stdoutIsTerminal: true });

test('status before the first run, a run, and status after it', async () => {
  await cli('topics', 'create', 'a', '--partitions', '2');
  const before = await cli('jobs', 'status');
  expect(before).toMatchObject({ exitCode: 0, stderr: '' });
  expect(before.stdout).toContain('Maintenance runs every 60 s. It does not run now.');
  expect(before.stdout).toContain('It has not run in this process yet.');
  const run = await cli('jobs', 'run');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.stdout).toMatch(/^Run at 20\S+Z, \d+ ms\n\nWHAT +COUNT\npartitions looked at +2\n/);
  const after = await cli('jobs', 'status');
  expect(after.stdout).toContain(run.stdout);
  const { last } = JSON.parse((await cli('jobs', 'status', '--json')).stdout);
  expect(jobReport.parse(last)).toMatchObject({ partitions: 2 });
  expect(jobReport.parse(JSON.parse((await cli('jobs', 'run', '--json')).stdout))).toBeDefined();
});

const report = {
  ...{ startedAt: 1_790_000_000_000, tookMs: 5, complete: false, partitions: 1, ledByOthers: 0 },
  ...{ segments: 0, bytesCompacted: 0, recordsExpired: 0, pagesDeleted: 0, bucketsDeleted: 0 },
  recordsCompacted: 0,
  ...{ objectsDeleted: 0, bucketsWaiting: 0, topicsSwept: 0, groupsExpired: 0 },
  failures: ['orders/0: disk on fire'],
};

test('a run of which a part failed tells it, and the exit code too', async () => {
  server = { ...server, fetch: async () => Response.json(report) };
  const { exitCode, stdout, stderr } = await cli('jobs', 'run');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('5 ms, not to its end: the next one goes on');
  expect(stdout).toContain('Failed: orders/0: disk on fire');
  expect(stderr).toContain('1 part(s) of the run failed.');
});
