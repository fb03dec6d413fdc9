/** docs/coming-from-kafka.md: each line that it shows is run by a shell, in its order, on a new server. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/logbrook-process.js';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/coming-from-kafka.md'), 'utf8');
const lines = [...page.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);

let server: ServerProcess;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'logbrook-docs-'));
  server = await startServerProcess(['--port', '0', '--store', 'memory']);
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

function inShell(line: string): string {
  const logbrook = `logbrook() { ${process.execPath} ${path.join(root, 'dist/logbrook.js')} "$@"; }`;
  return execFileSync('bash', ['-euo', 'pipefail', '-c', `${logbrook}\n${line}`], {
    cwd: home,
    encoding: 'utf8',
    env: { ...process.env, HOME: home, LOGBROOK_URL: server.url },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
}

test('each Kafka command has its counterpart', () => {
  expect(lines.length).toBeGreaterThan(60);
  for (const [i, line] of lines.entries()) {
    expect(line).toMatch(i % 2 === 0 ? /^# (kafka-|kcat )/ : /(^|\| )logbrook /);
  }
});

test('every line works', () => {
  const printed = new Map<string, string>();
  for (const line of lines.filter((one) => !one.startsWith('#'))) printed.set(line, inShell(line));
  const outputOf = (part: string) =>
    [...printed].flatMap(([line, output]) => (line.includes(part) ? [output] : [])).join('');
  expect(outputOf('consume quickstart-events')).toBe(
    'This is my first event\nThis is my second event\n',
  );
  expect(outputOf('topics list')).toMatch(/my_topic_name +20 /);
  expect(outputOf("--template '")).toMatch(/\t\tann\t1\n/);
  expect(outputOf('consume my-topic --group').trim().split('\n')).toHaveLength(7);
  expect(outputOf('groups describe my-group')).toMatch(/my-topic +0 +\d+ +\d+ +0 /);
  expect(outputOf('bench consume')).toMatch(/records\/s/);
}, 180_000);
