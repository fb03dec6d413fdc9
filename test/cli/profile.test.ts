/** Profiles for several servers, shell completion, and `logbrook bench`. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer } from '../client/in-process-server.js';
import type { Fetch } from '../support/fetch.js';
import { runCli } from './cli-harness.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'logbrook-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const noServer: Fetch = async () => Response.json({ topics: [] });

async function askedUrl(args: readonly string[], env: Record<string, string> = {}) {
  const urls: string[] = [];
  const fetch: Fetch = async (url) => {
    urls.push(url);
    return Response.json({ topics: [] });
  };
  const result = await runCli([...args, 'topics', 'list'], { fetch, env: { HOME: home, ...env } });
  return { ...result, url: urls[0]?.replace('/v1/topics', '') };
}

const profile = (...args: string[]) =>
  runCli(['profile', ...args], {
    fetch: noServer,
    env: { HOME: home },
    stdoutIsTerminal: true,
  });

test('the server is named by flag, environment and file, in that order', async () => {
  expect((await profile('list')).stderr).toContain('logbrook profile add');
  await profile('add', 'here', 'http://here.test:1');
  await profile('add', 'prod', 'https://prod.test/x');
  expect((await askedUrl([])).url).toBe('http://here.test:1');
  expect((await profile('use', 'prod')).stdout).toBe('Using prod: https://prod.test/x.\n');
  expect((await askedUrl([])).url).toBe('https://prod.test/x');
  expect((await askedUrl([], { LOGBROOK_PROFILE: 'here' })).url).toBe('http://here.test:1');
  const url = { LOGBROOK_URL: 'http://env.test' };
  expect((await askedUrl([], url)).url).toBe('http://env.test');
  expect((await askedUrl(['--profile', 'here'], url)).url).toBe('http://here.test:1');
  expect((await askedUrl(['--profile', 'here', '--url', 'http://a.test'])).url).toBe(
    'http://a.test',
  );
  const listed = JSON.parse((await profile('list', '--json')).stdout);
  expect(listed.profiles).toEqual([
    { name: 'here', url: 'http://here.test:1', current: false },
    { name: 'prod', url: 'https://prod.test/x', current: true },
  ]);
  expect((await profile('list')).stdout).toMatch(/\n\* +prod +https/);
  expect((await profile('remove', 'prod')).exitCode).toBe(0);
  expect((await askedUrl([])).url).toBe('http://127.0.0.1:9642');
});

test('what is wrong is told, and nothing is written', async () => {
  expect((await askedUrl(['--profile', 'nope'])).stderr).toMatch(
    /no profile nope.*profile add nope URL/,
  );
  expect((await profile('add', 'x', 'ftp://a')).exitCode).toBe(2);
  expect((await profile('add', '__proto__', 'http://a')).exitCode).toBe(2);
  expect((await profile('use', 'toString')).exitCode).toBe(1);
  expect((await profile('remove', 'x')).exitCode).toBe(1);
  const file = path.join(home, 'broken.json');
  writeFileSync(file, '{"profiles": []');
  const broken = await askedUrl([], { LOGBROOK_CONFIG: file });
  expect(broken).toMatchObject({ exitCode: 1, url: undefined });
  expect(broken.stderr).toContain(file);
});

test('bash completes commands and options', async () => {
  const { stdout } = await runCli(['completion', 'bash'], { fetch: noServer });
  const complete = (...words: string[]) =>
    execFileSync(
      'bash',
      [
        '-c',
        `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _logbrook; echo "\${COMPREPLY[@]}"`,
        '_',
        ...words,
      ],
      {
        encoding: 'utf8',
      },
    ).trim();
  expect(complete('logbrook', 'top')).toBe('topics');
  expect(complete('logbrook', 'topics', 'cr')).toBe('create');
  expect(complete('logbrook', 'groups', 'seek', 'billing', '--to-e')).toBe('--to-earliest');
  expect(complete('logbrook', 'consume', 'topics', '--from')).toBe('--from-beginning');
  expect(complete('logbrook', 'topics', 'list', '--no')).toBe('--no-json');
});

test.each(['zsh', 'fish'])('a script for %s', async (shell) => {
  const { stdout, exitCode } = await runCli(['completion', shell], { fetch: noServer });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('add-partitions');
  expect(stdout).toContain('from-beginning');
});

test('bench: what was produced is consumed', async () => {
  const server = startTestServer();
  await server.client.createTopic('load', 2);
  const args = ['--records', '3000', '--record-bytes', '100', '--json'];
  const produced = JSON.parse((await runCli(['bench', 'produce', 'load', ...args], server)).stdout);
  expect(produced).toMatchObject({ records: 3000, bytes: 300_000 });
  const consumed = await runCli(['bench', 'consume', 'load', '--no-json'], server);
  expect(consumed.stdout).toMatch(
    /^3,000 records in [\d.]+ s: [\d,]+ records\/s, .*\nBatches: \d+; .*p99/,
  );
  const empty = await runCli(['bench', 'consume', 'nope'], server);
  expect(empty.exitCode).toBe(1);
  await server.close();
});
