/**
 * The life of data on a server as a user runs it: many small appends become segments, the server is killed
 * and comes back hours later, what is too old goes, and the disk is given back; what stays is what went in,
 * byte for byte.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { JobReport } from '../../lib/contract/jobs.js';
import type { TopicDescription } from '../../lib/contract/topics.js';
import { accessLog } from '../support/access-log.js';
import { runCommand, type ServerProcess, startServerProcess } from '../support/logbrook-process.js';

const lines = accessLog(10_000);
const file = Buffer.from(`${lines.join('\n')}\n`);
const dataDir = mkdtempSync(join(tmpdir(), 'logbrook-life-'));
const objectsDir = join(dataDir, 'objects');
let server: ServerProcess | undefined;

afterAll(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The server's clock is ahead by `hours`: nobody can wait for them. */
async function start(hours: number): Promise<ServerProcess> {
  const shift = `const now=Date.now;Date.now=()=>now()+${hours * 3_600_000}`;
  server = await startServerProcess(['--port', '0', '--data-dir', dataDir], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}`,
    LOGBROOK_JOBS_INTERVAL_MS: '0',
    LOGBROOK_COMPACT_AFTER_MS: '0',
    LOGBROOK_GRACE_MS: '0',
  });
  return server;
}

async function run({ url }: ServerProcess, ...args: string[]): Promise<Buffer> {
  const result = await runCommand(url, args);
  expect([result.exitCode, result.stderr]).toEqual([0, expect.anything()]);
  return result.stdout;
}

async function json<T>(on: ServerProcess, ...args: string[]): Promise<T> {
  return JSON.parse((await run(on, ...args, '--json')).toString()) as T;
}

async function append({ url }: ServerProcess, topic: string, some: readonly string[]) {
  const response = await fetch(`${url}/v1/topics/${topic}/records`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: `${some.join('\n')}\n`,
  });
  expect(response.status, await response.text()).toBe(200);
}

const consumed = (on: ServerProcess, topic: string) =>
  run(on, 'consume', topic, '--from-beginning', '--exit');

function sizeOf(dir: string): number {
  if (!existsSync(dir)) return 0;
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

test('small appends become segments, what is old goes, and the disk is given back', async () => {
  const early = await start(0);
  await run(early, 'topics', 'create', 'access', '--partitions', '1');
  await run(early, 'topics', 'create', 'short', '-c', 'retention.ms=60000', '--partitions', '1');
  for (let at = 0; at < lines.length; at += 100) {
    await append(early, 'access', lines.slice(at, at + 100));
  }
  for (let copies = 0; copies < 4; copies++) await append(early, 'short', lines);
  const first = await json<JobReport>(early, 'jobs', 'run');
  expect(first).toMatchObject({ segments: 2, recordsExpired: 0, bucketsDeleted: 0, failures: [] });
  expect(first.bytesCompacted).toBeGreaterThan(5 * file.length * 0.5);
  expect((await consumed(early, 'access')).equals(file)).toBe(true);
  const usedBytes = sizeOf(objectsDir);
  await early.kill9();

  const late = await start(3);
  const reports: JobReport[] = [];
  while (existsSync(join(objectsDir, 'wal')) && reports.length < 5) {
    reports.push(await json<JobReport>(late, 'jobs', 'run'));
  }
  const sum = (field: 'recordsExpired' | 'pagesDeleted' | 'bucketsDeleted' | 'objectsDeleted') =>
    reports.reduce((total, report) => total + report[field], 0);
  expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
  expect(sum('recordsExpired')).toBe(4 * lines.length);
  expect(sum('pagesDeleted')).toBeGreaterThan(0);
  expect(sum('bucketsDeleted')).toBeGreaterThan(0);
  expect(sum('objectsDeleted')).toBeGreaterThan(100);
  const { partitions } = await json<TopicDescription>(late, 'topics', 'describe', 'short');
  expect(partitions[0]).toMatchObject({ logStartOffset: 40_000, highWatermark: 40_000 });

  // Nothing but the segment is left to read from.
  const isFilled = (name: string) => readdirSync(`${objectsDir}/${name}`).length > 0;
  expect(readdirSync(objectsDir).filter(isFilled)).toEqual(['segments']);
  expect(sizeOf(objectsDir)).toBeLessThan(usedBytes / 2);
  expect((await consumed(late, 'access')).equals(file)).toBe(true);
  await append(late, 'access', ['one more']);
  expect((await consumed(late, 'access')).toString().endsWith('\none more\n')).toBe(true);

  await run(late, 'topics', 'delete', 'access');
  expect(await json<JobReport>(late, 'jobs', 'run')).toMatchObject({ topicsSwept: 1 });
  expect(sizeOf(objectsDir)).toBe(0);
});
