/** lib/cli/result-form.js, and that every command with a result follows it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CliIo } from '../../lib/cli/cli-io.js';
import { createProgram } from '../../lib/cli/main.js';
import { wantsJson } from '../../lib/cli/result-form.js';
import { startTestServer, type TestServer } from '../client/in-process-server.js';
import { type CliSetting, runCli } from './cli-harness.js';

test.each([
  [undefined, true, false],
  [undefined, false, true],
  [undefined, undefined, true],
  [true, true, true],
  [true, false, true],
  [false, true, false],
  [false, false, false],
])('asked for JSON: %s, a terminal: %s, then JSON: %s', (json, isTTY, expected) => {
  const options = json === undefined ? {} : { json };
  expect(wantsJson(options, isTTY === undefined ? {} : { isTTY })).toBe(expected);
});

/** Each command with its path, of those that do something. */
function leaves(command: Command, path: readonly string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
}

/** Records are no result; the others have no JSON to choose. */
const records = ['consume', 'produce'];
const withoutJson = ['profile add', 'profile use', 'profile remove', 'completion'];

test('every command with a result has both flags', () => {
  const io = { env: {}, version: '0', stdout: process.stdout, stderr: process.stderr };
  const found = leaves(createProgram(io as unknown as CliIo));
  expect(found.length).toBeGreaterThan(25);
  const having = (flag: string) =>
    found.flatMap(([path, { options }]) => (options.some(({ long }) => long === flag) ? path : []));
  const others = [...records, ...withoutJson];
  const results = found.map(([path]) => path).filter((path) => !others.includes(path));
  expect(having('--no-json')).toEqual(results);
  expect(having('--json').filter((path) => !records.includes(path))).toEqual(results);
});

describe('each prints in a pipe what --json prints, and with --no-json what a terminal shows', () => {
  let server: TestServer;
  let home: string;
  let env: Record<string, string>;
  let keyId: string;
  beforeEach(async () => {
    server = startTestServer();
    home = mkdtempSync(join(tmpdir(), 'logbrook-home-'));
    env = { LOGBROOK_CONFIG: join(home, 'config.json') };
    await server.client.createTopic('a', 2, { configs: { 'retention.ms': '60000' } });
    await server.client.append('a', [{ value: 'x', partition: 0, timestamp: 1_000 }]);
    const offsets = [{ topic: 'a', partition: 0, offset: 0 }];
    for (const group of ['g', 'g1', 'g2', 'g3', 'g4']) {
      await server.client.groups.commit(group, { offsets });
    }
    const scopes = [{ operations: ['consume' as const], topics: [''], groups: [] }];
    ({ keyId } = await server.client.keys.create({ name: 'k', scopes }));
    await runCli(['profile', 'add', 'here', 'http://127.0.0.1:9642'], { ...server, env });
  });
  afterEach(async () => {
    rmSync(home, { recursive: true, force: true });
    await server.close();
  });

  /** Numbers, ids and the widths of columns are not the same in two runs. */
  const shapeOf = (text: string) =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replaceAll(/LB[A-Z2-7]{18}(\.[A-Za-z0-9]{40})?/g, 'KEY')
      .replaceAll(/"secret":"[^"]*"/g, 'SECRET')
      .replaceAll(/\d[\d,.]*/g, '0')
      .replaceAll(/ +/g, ' ');

  const isJson = (text: string) => {
    try {
      return typeof JSON.parse(text) === 'object';
    } catch {
      return false;
    }
  };

  test.each([
    'topics list',
    'topics describe a',
    'topics create t#',
    'topics alter a -c retention.ms=#',
    'topics add-partitions a -p 1#',
    'topics trim a -p 0 -o 1',
    'topics delete t# --if-exists',
    'configs list',
    'configs describe a',
    'offsets a',
    'groups list',
    'groups describe g',
    'groups seek g --to-latest',
    'groups delete g#',
    'keys create k# -o consume',
    'keys list',
    'keys revoke KEY',
    'jobs status',
    'jobs run',
    'profile list',
    'bench produce a --records 10',
    'bench consume a',
  ])('%s', async (command) => {
    let runs = 0;
    const run = async (setting: Partial<CliSetting>, ...flags: string[]) => {
      const args = [
        ...command.replace('#', `${++runs}`).replace('KEY', keyId).split(' '),
        ...flags,
      ];
      const { exitCode, stdout } = await runCli(args, { ...server, env, ...setting });
      expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/\n$/)]);
      return stdout;
    };
    const asked = await run({ stdoutIsTerminal: true }, '--json');
    const piped = await run({});
    const shown = await run({ stdoutIsTerminal: true });
    const forced = await run({}, '--no-json');
    expect([asked, piped, shown, forced].map(isJson)).toEqual([true, true, false, false]);
    expect(shapeOf(piped)).toBe(shapeOf(asked));
    expect(shapeOf(forced)).toBe(shapeOf(shown));
  });

  test('where there is nothing, a pipe gets an empty list, and a person a hint', async () => {
    await server.client.deleteTopic('a');
    const piped = await runCli(['topics', 'list'], server);
    expect(piped).toMatchObject({ exitCode: 0, stdout: '{"topics":[]}\n', stderr: '' });
    const shown = await runCli(['topics', 'list'], { ...server, stdoutIsTerminal: true });
    expect(shown).toMatchObject({ stdout: '', stderr: expect.stringContaining('topics create') });
  });

  test('a new key is alone on stdout with --no-json, for $(...)', async () => {
    const made = await runCli(['keys', 'create', 'k', '-o', 'consume', '--no-json'], server);
    expect(made.stdout).toMatch(/^LB[A-Z2-7]{18}\.[A-Za-z0-9]{40}\n$/);
  });

  test('of both flags the last counts', async () => {
    const last = async (...flags: string[]) =>
      isJson((await runCli(['topics', 'list', ...flags], server)).stdout);
    expect(await last('--json', '--no-json')).toBe(false);
    expect(await last('--no-json', '--json')).toBe(true);
  });

  test('records are printed in a pipe as on a terminal', async () => {
    const args = ['consume', 'a', '--from-beginning', '--exit'];
    const piped = await runCli(args, server);
    const shown = await runCli(args, { ...server, stdoutIsTerminal: true });
    expect([piped.stdout, shown.stdout]).toEqual(['x\n', 'x\n']);
    const produced = await runCli(['produce', 'a'], { ...server, stdin: 'y\n' });
    expect(produced).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^a: 1 record/) });
  });
});
