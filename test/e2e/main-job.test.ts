/**
 * The main job as a user does it, with the built program: make a topic, produce a log, consume it; and
 * again after kill -9 and a restart. What comes back is what went in, byte for byte, in order per key.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordOutput } from '../../lib/contract/records.js';
import { accessLog } from '../support/access-log.js';
import { runCommand, type ServerProcess, startServerProcess } from '../support/logbrook-process.js';

const lines = accessLog(10_000);
const file = `${lines.join('\n')}\n`;
let dir: string;
let server: ServerProcess;

const start = () => startServerProcess(['--port', '0', '--data-dir', join(dir, 'data')]);

beforeAll(async () => {
  execFileSync(process.execPath, ['bin/build.mjs']);
  dir = mkdtempSync(join(tmpdir(), 'logbrook-e2e-'));
  writeFileSync(join(dir, 'access.log'), file);
  server = await start();
});

afterAll(async () => {
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function run(...args: string[]): Promise<Buffer> {
  const result = await runCommand(server.url, args);
  expect(result.stderr).not.toMatch(/ at .*\.js/);
  expect([result.exitCode, result.stderr]).toEqual([0, expect.anything()]);
  return result.stdout;
}

async function consumed(topic: string): Promise<RecordOutput[]> {
  const out = await run('consume', topic, '--from-beginning', '--json', '--exit');
  return out
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordOutput);
}

function byKey(pairs: Iterable<readonly [string, string]>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
}

const sent = byKey(lines.map((line) => [line.split(' ')[0] as string, line]));

function expectWhatWasSent(records: readonly RecordOutput[]): void {
  expect(records).toHaveLength(lines.length);
  const places = new Set(records.map(({ partition, offset }) => `${partition}/${offset}`));
  expect(places.size).toBe(lines.length);
  const inOrder = [...records].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  expect(byKey(inOrder.map(({ key, value }) => [String(key), String(value)]))).toEqual(sent);
}

test('a log produced from a file comes back, also after kill -9', async () => {
  await run('topics', 'create', 'access', '--partitions', '3');
  await run('produce', 'access', join(dir, 'access.log'), '--key-field', '1');
  expectWhatWasSent(await consumed('access'));
  await server.kill9();
  server = await start();
  expectWhatWasSent(await consumed('access'));
});

test('a log produced from a pipe comes back as the lines it was', async () => {
  await run('topics', 'create', 'piped');
  const args = ['produce', 'piped'];
  const result = await runCommand(server.url, args, Buffer.from(file));
  expect(result.exitCode).toBe(0);
  const out = await run('consume', 'piped', '--from-beginning', '--exit');
  expect(out.equals(Buffer.from(file))).toBe(true);
});

test('plain HTTP does the same', async () => {
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(`${server.url}${path}`, { method: 'POST', headers, body });
  const made = await post('/v1/topics', JSON.stringify({ name: 'http', partitions: 3 }), json);
  expect(made.status).toBe(201);
  const path = '/v1/topics/http/records?keyField=1';
  const appended = await post(path, file, { 'content-type': 'text/plain' });
  expect(appended.status).toBe(200);
  const records: RecordOutput[] = [];
  for (const partition of [0, 1, 2]) {
    let offset = 0;
    for (;;) {
      const place = `/v1/topics/http/partitions/${partition}/records?offset=${offset}`;
      const headers = { accept: 'application/x-ndjson' };
      const response = await fetch(`${server.url}${place}`, { headers });
      const text = await response.text();
      if (text === '') break;
      for (const line of text.trimEnd().split('\n')) records.push(JSON.parse(line));
      offset = Number(response.headers.get('logbrook-next-offset'));
    }
  }
  expectWhatWasSent(records);
});

test('a second server on the same directory is refused, and says why', async () => {
  const second = startServerProcess(['--port', '0', '--data-dir', join(dir, 'data')]);
  await expect(second).rejects.toThrow(/in use by process \d+/);
});

test('without a server, a command says what to do', async () => {
  const stopped = await startServerProcess(['--port', '0', '--store', 'memory']);
  await stopped.stop();
  const result = await runCommand(stopped.url, ['topics', 'list']);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(stopped.url);
  expect(result.stderr).toContain('logbrook serve');
});
