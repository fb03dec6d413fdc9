/**
 * The main job as a user does it, with the built program: make a topic, produce a log, consume it; and
 * again after kill -9 and a restart. What comes back is what went in, byte for byte, in order per key.
 * Run on every store that outlives a process.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordOutput } from '../../lib/contract/records.js';
import { accessLog } from '../support/access-log.js';
import { runCommand, type ServerProcess } from '../support/logbrook-process.js';

const lines = accessLog(10_000);
const file = `${lines.join('\n')}\n`;
const sent = byKey(lines.map((line) => [line.split(' ')[0] as string, line]));

/** `start` starts a server on what the one before it left behind. */
export function mainJobSuite(start: () => Promise<ServerProcess>): void {
  let dir: string;
  let server: ServerProcess;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'logbrook-e2e-'));
    writeFileSync(join(dir, 'access.log'), file);
    server = await start();
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a log produced from a file comes back, also after kill -9', async () => {
    await run(server, 'topics', 'create', 'access', '--partitions', '3');
    await run(server, 'produce', 'access', join(dir, 'access.log'), '--key-field', '1');
    expectWhatWasSent(await consumed(server, 'access'));
    await server.kill9();
    server = await start();
    expectWhatWasSent(await consumed(server, 'access'));
  });

  test('a log produced from a pipe comes back as the lines it was', async () => {
    await run(server, 'topics', 'create', 'piped');
    const result = await runCommand(server.url, ['produce', 'piped'], Buffer.from(file));
    expect([result.exitCode, result.stderr]).toEqual([0, expect.anything()]);
    const out = await run(server, 'consume', 'piped', '--from-beginning', '--exit');
    expect(out.equals(Buffer.from(file))).toBe(true);
  });

  test('plain HTTP does the same', async () => {
    const created = JSON.stringify({ name: 'http', partitions: 3 });
    expect(await post(server, '/v1/topics', 'application/json', created)).toBe(201);
    expect(await post(server, '/v1/topics/http/records?keyField=1', 'text/plain', file)).toBe(200);
    const records = await Promise.all([0, 1, 2].map((p) => fetched(server, 'http', p)));
    expectWhatWasSent(records.flat());
  });
}

async function run(server: ServerProcess, ...args: string[]): Promise<Buffer> {
  const result = await runCommand(server.url, args);
  expect([result.exitCode, result.stderr]).toEqual([0, expect.anything()]);
  return result.stdout;
}

async function consumed(server: ServerProcess, topic: string): Promise<RecordOutput[]> {
  return records(await run(server, 'consume', topic, '--from-beginning', '--json', '--exit'));
}

function records(ndjson: Buffer | string): RecordOutput[] {
  const text = ndjson.toString().trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as RecordOutput);
}

async function post(server: ServerProcess, path: string, type: string, body: string) {
  const headers = { 'content-type': type };
  const response = await fetch(server.url + path, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

/** Everything in a partition, page by page, as `curl` would get it. */
async function fetched(server: ServerProcess, topic: string, partition: number) {
  const all: RecordOutput[] = [];
  let offset = 0;
  for (;;) {
    const path = `/v1/topics/${topic}/partitions/${partition}/records?offset=${offset}`;
    const headers = { accept: 'application/x-ndjson' };
    const response = await fetch(server.url + path, { headers });
    const page = records(await response.text());
    if (page.length === 0) return all;
    all.push(...page);
    offset = Number(response.headers.get('logbrook-next-offset'));
  }
}

function byKey(pairs: Iterable<readonly [string, string]>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

function expectWhatWasSent(received: readonly RecordOutput[]): void {
  expect(received).toHaveLength(lines.length);
  const places = new Set(received.map(({ partition, offset }) => `${partition}/${offset}`));
  expect(places.size).toBe(lines.length);
  const inOrder = [...received].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  expect(byKey(inOrder.map(({ key, value }) => [String(key), String(value)]))).toEqual(sent);
}
